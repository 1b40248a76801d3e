/* pool.c: see pool.h; the loops are in pool_part.c. */
#include "backend/pool.h"

#include "backend/parallel.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 256, IMAGES_GRAIN = WGI_GRAIN_ELEMENTS };

/* The part of a window that lies on the image; empty where row >= row_end or col >= col_end. */
typedef struct window {
    int64_t row, row_end, col, col_end;
} window;

static void clip(int64_t begin, int64_t size, int64_t limit, int64_t *from, int64_t *to) {
    *from = begin < 0 ? 0 : begin;
    *to = begin + size < limit ? begin + size : limit;
    if (*to < *from) *to = *from;
}

/* The window of output pixel `pixel`, counted through all images. */
static window window_at(const wgi_pool2d *s, int64_t pixel) {
    const int64_t p = pixel / s->ow % s->oh, q = pixel % s->ow;
    window at;
    clip(p * s->stride[0] - s->before[0], s->size[0], s->h, &at.row, &at.row_end);
    clip(q * s->stride[1] - s->before[1], s->size[1], s->w, &at.col, &at.col_end);
    return at;
}

/* So many images are worth a thread. */
static int64_t images_grain(const wgi_pool2d *s) {
    return 1 + IMAGES_GRAIN / (s->oh * s->ow * s->size[0] * s->size[1] * s->c + 1);
}

#define REAL float
#define OF(name) name##_f32
#include "backend/pool_part.c"
#undef REAL
#undef OF

#define REAL double
#define OF(name) name##_f64
#include "backend/pool_part.c"
#undef REAL
#undef OF
