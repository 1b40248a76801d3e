/* fuse_tiles.c: see fuse_tiles.h */
#include "autograd/fuse_tiles.h"
#include "backend/parallel.h"

#include <string.h>

/* ---- making a program ----------------------------------------------------------------------- */

void wgi_tiles_init(wgi_tiles *p, wg_dtype dtype, int64_t n) {
    p->n = n;
    p->bytes = wg_dtype_size(dtype);
    p->n_slots = p->n_steps = p->n_gathers = p->n_buffers = p->n_free = 0;
    p->room = NULL;
    p->add = wgi_loops_add[dtype].of[wgi_isa_chosen()];
}

static int new_slot(wgi_tiles *p, wgi_tiles_kind kind, int buffer, void *data) {
    wgi_tiles_slot *s = &p->slot[p->n_slots];
    s->kind = kind;
    s->buffer = buffer;
    s->data = data;
    return p->n_slots++;
}

int wgi_tiles_array(wgi_tiles *p, void *data) { return new_slot(p, WGI_TILES_ARRAY, 0, data); }

int wgi_tiles_buffer(wgi_tiles *p) {
    int buffer = p->n_free ? p->free[--p->n_free] : p->n_buffers++;
    return new_slot(p, WGI_TILES_BUFFER, buffer, NULL);
}

void wgi_tiles_drop(wgi_tiles *p, int slot) {
    if (p->slot[slot].kind == WGI_TILES_BUFFER) p->free[p->n_free++] = p->slot[slot].buffer;
}

/* A buffer of its own, since it is filled before the first step: none that was given back. */
static int filled_slot(wgi_tiles *p, void *element) {
    for (int i = 0; i < p->n_slots; ++i)
        if (p->slot[i].kind == WGI_TILES_FILLED && p->slot[i].data == element) return i;
    return new_slot(p, WGI_TILES_FILLED, p->n_buffers++, element);
}

/* Merges the axes of v, broadcast to `shape`, that lie in a line. */
static void gather_init(wgi_tiles_gather *g, const wg_value *v, const wg_value *shape) {
    memset(g, 0, sizeof *g); /* so that two of the same array are equal bytes */
    g->data = v->data;
    for (int axis = 0; axis < shape->rank; ++axis) {
        int at = axis - (shape->rank - v->rank), last = g->rank - 1;
        int64_t dim = shape->dim[axis];
        int64_t stride = at < 0 || v->dim[at] == 1 ? 0 : v->stride[at];
        if (dim == 1) continue;
        if (last >= 0 && g->stride[last] == stride * dim) {
            g->dim[last] *= dim;
            g->stride[last] = stride;
        } else {
            g->dim[g->rank] = dim;
            g->stride[g->rank++] = stride;
        }
    }
}

int wgi_tiles_value(wgi_tiles *p, const wg_value *v, const wg_value *shape) {
    wgi_tiles_gather g;
    if (wg_value_size(v) == p->n && wg_value_dense(v)) return wgi_tiles_array(p, v->data);
    gather_init(&g, v, shape);
    if (g.rank == 0 || (g.rank == 1 && g.stride[0] == 0)) return filled_slot(p, v->data);
    for (int i = 0; i < p->n_gathers; ++i) {
        g.slot = p->gather[i].slot;
        if (memcmp(&g, &p->gather[i], sizeof g) == 0) return g.slot;
    }
    g.slot = new_slot(p, WGI_TILES_GATHERED, p->n_buffers++, v->data);
    p->gather[p->n_gathers++] = g;
    return g.slot;
}

void wgi_tiles_pull(wgi_tiles *p, wgi_row_pull *row, const void *attrs, int out, int g, int y,
                    const int *x) {
    wgi_tiles_step *s = &p->step[p->n_steps++];
    s->pull = row;
    s->attrs = attrs;
    s->out = (int16_t)out;
    s->g = (int16_t)g;
    s->y = (int16_t)y;
    for (int k = 0; k < 3; ++k) s->x[k] = (int16_t)x[k];
}

void wgi_tiles_add(wgi_tiles *p, int out, int a, int b) {
    static const int none[3] = {0, 0, 0};
    wgi_tiles_pull(p, NULL, NULL, out, a, b, none);
}

/* ---- running it ----------------------------------------------------------------------------- */

/* A part has buffers of its own.  A pass of the program does the work of several, so that fewer
 * elements are worth a thread. */
int wgi_tiles_ready(wgi_tiles *p, wgi_arena *scratch) {
    int64_t grain = WGI_GRAIN_ELEMENTS / (1 + p->n_steps / 2), all = p->n * (int64_t)p->bytes;
    p->buffer = all < WGI_TILE_BYTES ? (all + 63) / 64 * 64 : WGI_TILE_BYTES;
    p->parts = wgi_parallel_parts(p->n, grain);
    p->room = wgi_arena_alloc(scratch, (size_t)(p->parts * p->n_buffers * p->buffer));
    return p->room != NULL;
}

/* Copies n elements, `stride` apart, side by side. */
static void gather_row(size_t bytes, int64_t n, const char *from, int64_t stride, char *to) {
    if (stride == 1) {
        memcpy(to, from, (size_t)n * bytes);
    } else if (bytes == 4) {
        for (int64_t i = 0; i < n; ++i) memcpy(to + 4 * i, from + 4 * i * stride, 4);
    } else {
        for (int64_t i = 0; i < n; ++i) memcpy(to + 8 * i, from + 8 * i * stride, 8);
    }
}

/* Elements [begin, begin + n) of the row-major order, row by row. */
static void gather(const wgi_tiles_gather *g, size_t bytes, int64_t begin, int64_t n, char *to) {
    int last = g->rank - 1;
    int64_t at[WG_MAX_RANK], from = 0, left = begin;
    for (int k = last; k >= 0; --k) {
        at[k] = left % g->dim[k];
        left /= g->dim[k];
        from += at[k] * g->stride[k];
    }
    while (n > 0) {
        int64_t run = g->dim[last] - at[last] < n ? g->dim[last] - at[last] : n;
        gather_row(bytes, run, g->data + from * (int64_t)bytes, g->stride[last], to);
        to += run * (int64_t)bytes;
        n -= run;
        from -= at[last] * g->stride[last]; /* the row's begin */
        at[last] = 0;
        for (int k = last - 1; k >= 0; --k) {
            from += g->stride[k];
            if (++at[k] < g->dim[k]) break;
            from -= g->dim[k] * g->stride[k];
            at[k] = 0;
        }
    }
}

static void run_step(const wgi_tiles *p, const wgi_tiles_step *s, int64_t n, char *const *at) {
    static const int64_t ones[5] = {1, 1, 1, 1, 1};
    const void *x[3] = {at[s->x[0]], at[s->x[1]], at[s->x[2]]};
    if (s->pull) s->pull(n, at[s->g], at[s->y], x, ones, at[s->out], s->attrs);
    else p->add(n, (const void *[]){at[s->g], at[s->y]}, at[s->out], NULL);
}

/* Elements [begin, end) with the buffers at `room`. */
static void run_range(const wgi_tiles *p, int64_t begin, int64_t end, char *room) {
    const int64_t tile = p->buffer / (int64_t)p->bytes;
    const int64_t most = end - begin < tile ? end - begin : tile;
    char *at[WGI_TILES_SLOTS];
    for (int i = 0; i < p->n_slots; ++i) {
        const wgi_tiles_slot *s = &p->slot[i];
        at[i] = s->kind == WGI_TILES_ARRAY ? s->data + begin * (int64_t)p->bytes
                                           : room + s->buffer * p->buffer;
        if (s->kind == WGI_TILES_FILLED) gather_row(p->bytes, most, s->data, 0, at[i]);
    }
    for (int64_t b = begin; b < end; b += tile) {
        int64_t n = end - b < tile ? end - b : tile;
        for (int i = 0; i < p->n_gathers; ++i)
            gather(&p->gather[i], p->bytes, b, n, at[p->gather[i].slot]);
        for (int i = 0; i < p->n_steps; ++i) run_step(p, &p->step[i], n, at);
        for (int i = 0; i < p->n_slots; ++i)
            if (p->slot[i].kind == WGI_TILES_ARRAY) at[i] += n * (int64_t)p->bytes;
    }
}

/* Where part i begins: at a multiple of 16 elements. */
static int64_t part_begin(const wgi_tiles *p, int64_t i) {
    int64_t units = (p->n + 15) / 16, begin = units * i / p->parts * 16;
    return begin < p->n ? begin : p->n;
}

static void run_parts(int64_t first, int64_t last, void *arg) {
    const wgi_tiles *p = arg;
    for (int64_t i = first; i < last; ++i)
        run_range(p, part_begin(p, i), part_begin(p, i + 1),
                  p->room + i * p->n_buffers * p->buffer);
}

void wgi_tiles_run(wgi_tiles *p) { wgi_parallel_for(p->parts, 1, run_parts, p); }
