/* pool.c: see pool.h; the loops are in pool_rows_part.c, once for every instruction set. */
#include "backend/pool.h"

#include "backend/isa.h"
#include "backend/parallel.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = 256, /* channels that are kept on the stack */
    FEW = 4,     /* a window of so many rows and columns is small */
    IMAGES_GRAIN = WGI_GRAIN_ELEMENTS
};
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

/* One call.  Arrays are of the call's type. */
typedef struct pool {
    const wgi_pool2d *s;
    const void *in;
    void *out;
    int64_t *winners;
    const int64_t *given; /* winners of an earlier call */
    const void *x, *y;    /* input and output of an earlier call */
} pool;

/* Bodies of loops over images, for one type and instruction set. */
typedef void loop_body(int64_t begin, int64_t end, void *arg);
typedef struct pool_loops {
    loop_body *max_images, *max_spread, *max_scatter, *max_gather, *avg_images, *avg_scatter;
} pool_loops;

#define REAL float
#define PLACE int32_t
#define IN(name) name##_base_f32
#define LANES 4
#include "backend/pool_rows_part.c"
#undef IN
#undef LANES
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define IN(name) name##_avx2_f32
#define LANES 8
#include "backend/pool_rows_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
WGI_TARGET_AVX512
#define IN(name) name##_avx512_f32
#define LANES 16
#include "backend/pool_rows_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
#endif
#undef REAL
#undef PLACE

#define REAL double
#define PLACE int64_t
#define IN(name) name##_base_f64
#define LANES 2
#include "backend/pool_rows_part.c"
#undef IN
#undef LANES
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define IN(name) name##_avx2_f64
#define LANES 4
#include "backend/pool_rows_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
WGI_TARGET_AVX512
#define IN(name) name##_avx512_f64
#define LANES 8
#include "backend/pool_rows_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
#endif
#undef REAL
#undef PLACE

static const pool_loops *const loops_f32[] = WGI_BY_ISA(&loops, f32);
static const pool_loops *const loops_f64[] = WGI_BY_ISA(&loops, f64);

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
