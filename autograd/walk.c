/* walk.c: see walk.h. */
#include "autograd/walk.h"

#include "backend/parallel.h"

#include <string.h>

enum {
    GRAIN = WGI_GRAIN_ELEMENTS,
    PACK = 1024, /* elements of rows that come together */
    SHORT = PACK / 4
};

/* ---- the plan ------------------------------------------------------------------------------- */

void wgi_walk_add(wgi_walk *w, const wg_value *to, const wg_value *v) {
    int64_t *s = w->stride[w->n];
    for (int axis = 0; axis < to->rank; ++axis) {
        int at = axis - (to->rank - v->rank);
        s[axis] = at < 0 || v->dim[at] == 1 ? 0 : v->stride[at];
    }
    w->data[w->n] = v->data;
    w->bytes[w->n] = (int64_t)wg_dtype_size(v->dtype);
    ++w->n;
}

/* 1 if axis + 1 continues axis in every array. */
static int in_line(const wgi_walk *w, int outer, int inner) {
    for (int k = 0; k < w->n; ++k)
        if (w->stride[k][outer] != w->stride[k][inner] * w->dim[inner]) return 0;
    return 1;
}

static void merge_axis(wgi_walk *w, int axis, int rank) {
    w->dim[axis - 1] *= w->dim[axis];
    for (int k = 0; k < w->n; ++k) w->stride[k][axis - 1] = w->stride[k][axis];
    for (int j = axis; j + 1 < rank; ++j) {
        w->dim[j] = w->dim[j + 1];
        for (int k = 0; k < w->n; ++k) w->stride[k][j] = w->stride[k][j + 1];
    }
}

void wgi_walk_merge(wgi_walk *w, const wg_value *shape) {
    int rank = 0;
    for (int axis = 0; axis < shape->rank; ++axis) { /* axes of one element go */
        if (shape->dim[axis] == 1) continue;
        w->dim[rank] = shape->dim[axis];
        for (int k = 0; k < w->n; ++k) w->stride[k][rank] = w->stride[k][axis];
        ++rank;
    }
    for (int axis = rank - 1; axis > 0; --axis)
        if (in_line(w, axis - 1, axis)) merge_axis(w, axis, rank--);
    if (rank == 0) {
        w->dim[0] = 1;
        for (int k = 0; k < w->n; ++k) w->stride[k][0] = 0;
        rank = 1;
    }
    w->rank = rank;
}

/* ---- rows ----------------------------------------------------------------------------------- */

typedef struct walk_job {
    const wgi_walk *w;
    wgi_walk_body *body;
    void *arg;
} walk_job;

/* Where row r begins in each array, the axes before `rank` counted. */
static void row_start(const wgi_walk *w, int rank, int64_t r, char **at) {
    for (int k = 0; k < w->n; ++k) at[k] = w->data[k];
    for (int axis = rank - 1; axis >= 0; --axis) {
        int64_t i = r % w->dim[axis];
        r /= w->dim[axis];
        for (int k = 0; k < w->n; ++k) at[k] += i * w->stride[k][axis] * w->bytes[k];
    }
}

/* Rows [begin, end) when the rows are the work. */
static void walk_rows(int64_t begin, int64_t end, void *arg) {
    const walk_job *j = arg;
    const wgi_walk *w = j->w;
    int64_t s[WGI_WALK_ARRAYS];
    char *at[WGI_WALK_ARRAYS] = {NULL};
    for (int k = 0; k < w->n; ++k) s[k] = w->stride[k][w->rank - 1];
    for (int64_t r = begin; r < end; ++r) {
        row_start(w, w->rank - 1, r, at);
        j->body(w->dim[w->rank - 1], at, s, j->arg);
    }
}

/* Elements [begin, end) of the one long row. */
static void walk_elements(int64_t begin, int64_t end, void *arg) {
    const walk_job *j = arg;
    const wgi_walk *w = j->w;
    int64_t s[WGI_WALK_ARRAYS];
    char *at[WGI_WALK_ARRAYS] = {NULL};
    for (int k = 0; k < w->n; ++k) {
        s[k] = w->stride[k][0];
        at[k] = w->data[k] + begin * s[k] * w->bytes[k];
    }
    j->body(end - begin, at, s, j->arg);
}

/* ---- short rows ----------------------------------------------------------------------------- */

/* What is read of the last two axes: rows x columns elements, packed.  A row that is a line and one
 * that repeats an element have loops of their own, which become vectors. */
#define PACK_ROWS(TYPE)                                                                            \
    for (int64_t r = 0; r < rows; ++r) {                                                           \
        TYPE *y = (TYPE *)(void *)to + r * columns;                                                \
        const TYPE *x = (const TYPE *)(const void *)from + r * down;                               \
        if (right == 0)                                                                            \
            for (int64_t i = 0; i < columns; ++i) y[i] = x[0];                                     \
        else if (right == 1)                                                                       \
            for (int64_t i = 0; i < columns; ++i) y[i] = x[i];                                     \
        else                                                                                       \
            for (int64_t i = 0; i < columns; ++i) y[i] = x[i * right];                             \
    }
static void pack(int64_t bytes, int64_t rows, int64_t columns, const char *restrict from,
                 int64_t down, int64_t right, char *restrict to) {
    if (bytes == 4) {
        PACK_ROWS(uint32_t)
    } else if (bytes == 8) {
        PACK_ROWS(uint64_t)
    } else {
        PACK_ROWS(uint8_t)
    }
}
#undef PACK_ROWS

/* Rows [first, last) of one plane of the last two axes, `most` at a time.  An array that lies in
 * one line is shown as it is; one that repeats a row (a bias) is packed once. */
static void walk_plane(const walk_job *j, char *const *plane, int64_t first, int64_t last,
                       int64_t most) {
    static const int64_t ones[WGI_WALK_ARRAYS] = {1, 1, 1, 1, 1, 1};
    const wgi_walk *w = j->w;
    const int inner = w->rank - 1, outer = inner - 1;
    const int64_t columns = w->dim[inner];
    uint64_t room[WGI_WALK_ARRAYS - 1][PACK];
    for (int64_t r = first; r < last; r += most) {
        int64_t rows = last - r < most ? last - r : most;
        char *at[WGI_WALK_ARRAYS] = {NULL};
        for (int k = 0; k < w->n; ++k) {
            int64_t down = w->stride[k][outer], right = w->stride[k][inner];
            at[k] = plane[k] + r * down * w->bytes[k];
            if (right == 1 && down == columns) continue;
            if (down != 0 || r == first)
                pack(w->bytes[k], rows, columns, at[k], down, right, (char *)room[k - 1]);
            at[k] = (char *)room[k - 1];
        }
        j->body(rows * columns, at, ones, j->arg);
    }
}

/* Rows [begin, end), which are short: plane by plane. */
static void walk_short_rows(int64_t begin, int64_t end, void *arg) {
    const walk_job *j = arg;
    const wgi_walk *w = j->w;
    int64_t rows = w->dim[w->rank - 2], most = PACK / w->dim[w->rank - 1];
    while (begin < end) {
        int64_t first = begin % rows, last = first + (end - begin);
        char *plane[WGI_WALK_ARRAYS] = {NULL};
        if (last > rows) last = rows;
        row_start(w, w->rank - 2, begin / rows, plane);
        walk_plane(j, plane, first, last, most);
        begin += last - first;
    }
}

/* 1 if rows are short, several follow each other and are written in one line. */
static int rows_are_short(const wgi_walk *w) {
    int inner = w->rank - 1;
    return w->rank >= 2 && w->dim[inner] <= SHORT && w->stride[0][inner] == 1 &&
           w->stride[0][inner - 1] == w->dim[inner];
}

void wgi_walk_run(wgi_walk *w, const wg_value *shape, wgi_walk_body *body, void *arg) {
    if (wg_value_size(shape) == 0) return;
    wgi_walk_merge(w, shape);
    walk_job job = {w, body, arg};
    int64_t row = w->dim[w->rank - 1], rows = 1;
    for (int axis = 0; axis + 1 < w->rank; ++axis) rows *= w->dim[axis];
    if (rows == 1)
        wgi_parallel_for(row, GRAIN, walk_elements, &job);
    else
        wgi_parallel_for(rows, 1 + GRAIN / row, rows_are_short(w) ? walk_short_rows : walk_rows,
                         &job);
}
