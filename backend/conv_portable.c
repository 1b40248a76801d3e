/* conv_portable.c: the convolution without a library, for both types. */
#include "backend/conv.h"
#include "backend/parallel.h"
#include "backend/tile.h"

#include <string.h>

enum {
    TAPS = 32,       /* pointers to so many taps at a time are kept on the stack */
    COPIED = 192,    /* elements of a window that is copied to the stack, */
    SHORT_ROW = 16,  /* which happens when it has fewer channels than this */
    LINES = 128 << 10,   /* bytes of x and g that sums over lines take at a time */
    WINDOWS = 512 << 10, /* bytes of copied windows, for the gradient of the weights */
    FEWEST = 64,         /* but no fewer windows than this */
    /* What makes a thread worth waking, in elements copied and in products. */
    COPY_GRAIN = WGI_GRAIN_ELEMENTS,
    WORK_GRAIN = WGI_GRAIN_PRODUCTS
};

/* n elements, rounded up to 64 bytes. */
static int64_t rounded(int64_t n, size_t element) {
    const int64_t line = 64 / (int64_t)element;
    return (n + line - 1) / line * line;
}

/* n columns in whole panels of the widest tile. */
static int64_t in_panels(int64_t n, size_t element) {
    const int64_t widest = WGI_TILE_BYTES / (int64_t)element;
    return (n + widest - 1) / widest * widest;
}

static int is_depthwise(const wgi_conv2d *s) {
    return s->groups == s->c && s->groups == s->o;
}

/* How many windows are copied at a time; the same for all instruction sets. */
static int64_t window_block(const wgi_conv2d *s, size_t element) {
    const int64_t pixels = s->n * s->oh * s->ow;
    const int64_t across = in_panels(s->kh * s->kw * (s->c / s->groups), element);
    int64_t block = WINDOWS / (across * (int64_t)element);
    if (block < FEWEST) block = FEWEST;
    return block < pixels ? block : pixels;
}

size_t wgi_conv2d_portable_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element) {
    const int64_t taps = s->kh * s->kw;
    if (s->c == 0 || s->o == 0 || taps == 0) return 0;
    const int64_t cg = s->c / s->groups, og = s->o / s->groups;
    const int64_t zeros = rounded(pass == WGI_CONV2D_GRAD_INPUT ? og : cg, element);
    int64_t n;
    if (is_depthwise(s)) n = 2 * taps * s->c;
    else if (pass == WGI_CONV2D_FORWARD) n = taps * cg * in_panels(og, element);
    else if (pass == WGI_CONV2D_GRAD_INPUT) n = taps * og * in_panels(cg, element);
    else n = window_block(s, element) * in_panels(taps * cg, element);
    return (size_t)(zeros + n) * element;
}

int64_t wgi_conv2d_extent(int64_t in, int64_t size, int64_t stride, int64_t dilation,
                          int64_t before, int64_t after) {
    const int64_t reach = size > 0 ? dilation * (size - 1) + 1 : 0;
    const int64_t room = in + before + after - reach;
    return room < 0 ? 0 : room / stride + 1;
}

#define REAL float
#define OF(name) name##_f32
#define PORTABLE(name) name##_portable_f32
#include "backend/conv_part.c"
#include "backend/conv_weight_part.c"
#include "backend/conv_lines_part.c"
#include "backend/conv_depthwise_part.c"
#include "backend/conv_entry_part.c"
#undef REAL
#undef OF
#undef PORTABLE

#define REAL double
#define OF(name) name##_f64
#define PORTABLE(name) name##_portable_f64
#include "backend/conv_part.c"
#include "backend/conv_weight_part.c"
#include "backend/conv_lines_part.c"
#include "backend/conv_depthwise_part.c"
#include "backend/conv_entry_part.c"
#undef REAL
#undef OF
#undef PORTABLE
