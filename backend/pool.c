/* pool.c: see pool.h; the loops are in pool_part.c. */
#include "backend/pool.h"

#include "backend/parallel.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 256, IMAGES_GRAIN = WGI_GRAIN_ELEMENTS };
/* Between these a sum of squares has neither overflowed nor lost anything below the smallest
 * normal number. */
#define SAFE_LOW 1e-270
#define SAFE_HIGH 1e300

/* The part of a window that lies on the image; empty where row >= row_end or col >= col_end. */
typedef struct window {
    int64_t row, row_end, col, col_end;
} window;

void wgi_pool2d_span(const wgi_pool2d *s, int axis, int64_t p, int64_t margin, int64_t *from,
                     int64_t *to) {
    const int64_t in = axis ? s->w : s->h, out = axis ? s->ow : s->oh;
    if (s->adaptive) {
        *from = p * in / out;
        *to = ((p + 1) * in + out - 1) / out;
        return;
    }
    const int64_t begin = p * s->stride[axis] - s->before[axis], end = begin + s->size[axis];
    *from = begin < -margin ? -margin : begin;
    *to = end < in + margin ? end : in + margin;
    if (*to < *from) *to = *from;
}

/* The window of output pixel `pixel`, counted through all images. */
static window window_at(const wgi_pool2d *s, int64_t pixel) {
    window at;
    wgi_pool2d_span(s, 0, pixel / s->ow % s->oh, 0, &at.row, &at.row_end);
    wgi_pool2d_span(s, 1, pixel % s->ow, 0, &at.col, &at.col_end);
    return at;
}

/* What the average over that window, as far as it lies on the image, divides by. */
static int64_t divisor_at(const wgi_pool2d *s, int64_t pixel, window at) {
    if (s->divisor) return s->divisor;
    if (s->counted[0] || s->counted[1]) {
        wgi_pool2d_span(s, 0, pixel / s->ow % s->oh, s->counted[0], &at.row, &at.row_end);
        wgi_pool2d_span(s, 1, pixel % s->ow, s->counted[1], &at.col, &at.col_end);
    }
    return (at.row_end - at.row) * (at.col_end - at.col);
}

/* So many images are worth a thread.  In floating point: of no images they may be of any size. */
static int64_t images_grain(const wgi_pool2d *s) {
    const double outputs = (double)s->oh * (double)s->ow;
    double work = outputs * (double)s->size[0] * (double)s->size[1];
    if (s->adaptive) work = (double)s->h * (double)s->w + outputs;
    return 1 + (int64_t)(IMAGES_GRAIN / (work * (double)s->c + 1));
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
