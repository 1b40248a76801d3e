/* copy.c: values copied and added: strided arrays of one shape, on threads. */
#include "autograd/tape.h"
#include "autograd/walk.h"
#include "backend/loops.h"
#include "backend/parallel.h"

#include <string.h>

/* ---- copies --------------------------------------------------------------------------------- */

#define COPY(TYPE)                                                                                 \
    for (int64_t i = 0; i < n; ++i)                                                                \
        ((TYPE *)(void *)to)[i * st] = ((const TYPE *)(const void *)from)[i * sf];
static void copy_strided(int64_t bytes, int64_t n, const char *from, int64_t sf, char *to,
                         int64_t st) {
    if (bytes == 4) {
        COPY(uint32_t)
    } else if (bytes == 8) {
        COPY(uint64_t)
    } else {
        COPY(uint8_t)
    }
}

/* Arrays: to, from; arg: the bytes of an element. */
static void copy_row(int64_t n, char *const *data, const int64_t *s, void *arg) {
    const int64_t bytes = *(const int64_t *)arg;
    if (s[0] == 1 && s[1] == 1) memmove(data[0], data[1], (size_t)(n * bytes));
    else copy_strided(bytes, n, data[1], s[1], data[0], s[0]);
}

/* A transposition: the innermost axis of `to` strides through `from`, whose memory runs along
 * another axis `across`.  Tiles of WIDE x HIGH go through a buffer, read in lines of `from` and
 * written in lines of `to`, so that each line of memory is touched once. */
enum { HIGH = 16, WIDE = 64 };

typedef struct turn {
    wgi_walk w;
    int across;
    int64_t blocks; /* of WIDE along `across`, of each plane */
} turn;

#define TURN(TYPE)                                                                                 \
    TYPE tile[HIGH][WIDE + 1];                                                                     \
    for (int64_t i = 0; i < high; ++i)                                                             \
        for (int64_t j = 0; j < wide; ++j)                                                         \
            tile[i][j] = ((const TYPE *)(const void *)from)[i * step + j];                         \
    for (int64_t j = 0; j < wide; ++j)                                                             \
        for (int64_t i = 0; i < high; ++i) ((TYPE *)(void *)to)[j * row + i] = tile[i][j];
/* to[j row + i] = from[i step + j], i < high, j < wide */
static void turn_tile(int64_t bytes, int64_t high, int64_t wide, const char *from, int64_t step,
                      char *to, int64_t row) {
    if (bytes == 4) {
        TURN(uint32_t)
    } else if (bytes == 8) {
        TURN(uint64_t)
    } else {
        TURN(uint8_t)
    }
}

/* Blocks [begin, end) counted over all planes: the other axes are walked by index. */
static void turn_blocks(int64_t begin, int64_t end, void *arg) {
    const turn *t = arg;
    const wgi_walk *w = &t->w;
    const int last = w->rank - 1;
    const int64_t bytes = w->bytes[0];
    for (int64_t b = begin; b < end; ++b) {
        int64_t first = b % t->blocks * WIDE, plane = b / t->blocks;
        int64_t wide = w->dim[t->across] - first < WIDE ? w->dim[t->across] - first : WIDE;
        int64_t to = first * w->stride[0][t->across], from = first;
        for (int axis = last - 1; axis >= 0; --axis) {
            if (axis == t->across) continue;
            to += plane % w->dim[axis] * w->stride[0][axis];
            from += plane % w->dim[axis] * w->stride[1][axis];
            plane /= w->dim[axis];
        }
        for (int64_t i = 0; i < w->dim[last]; i += HIGH)
            turn_tile(bytes, w->dim[last] - i < HIGH ? w->dim[last] - i : HIGH, wide,
                      w->data[1] + (from + i * w->stride[1][last]) * bytes, w->stride[1][last],
                      w->data[0] + (to + i) * bytes, w->stride[0][t->across]);
    }
}

/* The axis along which `from` runs while `to` runs along the last; -1 if this is no transposition
 * worth its tiles. */
static int turned_axis(const wgi_walk *w) {
    int last = w->rank - 1;
    if (w->stride[0][last] != 1 || w->stride[1][last] == 1 || w->dim[last] < HIGH / 2) return -1;
    for (int axis = 0; axis < last; ++axis)
        if (w->stride[1][axis] == 1 && w->dim[axis] >= HIGH / 2) return axis;
    return -1;
}

void wgi_value_copy(const wg_value *from, const wg_value *to) {
    turn t;
    int64_t size = wg_value_size(from);
    memset(&t, 0, sizeof t);
    if (size == 0) return;
    wgi_walk_add(&t.w, from, to);
    wgi_walk_add(&t.w, from, from);
    wgi_walk trial = t.w;
    wgi_walk_merge(&trial, from);
    t.across = turned_axis(&trial);
    if (t.across < 0) {
        wgi_walk_run(&t.w, from, copy_row, &t.w.bytes[0]);
        return;
    }
    t.w = trial;
    t.blocks = (trial.dim[t.across] + WIDE - 1) / WIDE;
    int64_t blocks = size / trial.dim[t.across] / trial.dim[trial.rank - 1] * t.blocks;
    wgi_parallel_for(blocks, 1 + WGI_GRAIN_ELEMENTS / (size / blocks), turn_blocks, &t);
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* Arrays: sum, a, b; arg: the float type.  A sum that is no row of its own has its elements one by
 * one, which is a row each. */
static void add_row(int64_t n, char *const *data, const int64_t *s, void *arg) {
    const wg_dtype dtype = *(const wg_dtype *)arg;
    const int64_t bytes = (int64_t)wg_dtype_size(dtype), rows = s[0] == 1 ? 1 : n;
    for (int64_t i = 0; i < rows; ++i) {
        const void *in[2] = {data[1] + i * s[1] * bytes, data[2] + i * s[2] * bytes};
        wgi_loop_row(&wgi_loops_add[dtype], s[0] == 1 ? n : 1, in, s + 1,
                     data[0] + i * s[0] * bytes, NULL);
    }
}

void wgi_value_add(const wg_value *a, const wg_value *b, const wg_value *sum) {
    wgi_walk w;
    wg_dtype dtype = sum->dtype;
    w.n = 0;
    wgi_walk_add(&w, sum, sum);
    wgi_walk_add(&w, sum, a);
    wgi_walk_add(&w, sum, b);
    wgi_walk_run(&w, sum, add_row, &dtype);
}
