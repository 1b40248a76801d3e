/* conv.c: which kernel a convolution goes to. */
#include "backend/conv.h"

#if defined(WG_HAVE_DNNL)
#include "backend/dnnl.h"
#include "backend/isa.h"
#endif

#if defined(WG_HAVE_DNNL)

/* ---- the choice ----------------------------------------------------------------------------- */

enum {
    WHOLE_PANELS = 32, /* channels in a group from which on a rule below was the faster */
    LONG_LINE = 16     /* pixels, likewise */
};

static int has_wide_groups(const wgi_conv2d *s) {
    return s->c / s->groups >= WHOLE_PANELS && s->o / s->groups >= WHOLE_PANELS;
}

/* Of the gradients to the weights oneDNN's are the slower where the portable kernel walks along
 * whole lines with the longest vectors. */
static int weighs_by_lines(const wgi_conv2d *s) {
    return wgi_isa_chosen() == WGI_ISA_AVX512 && has_wide_groups(s) && s->c / s->groups % 16 == 0 &&
           s->kh * s->kw > 1 && s->stride[1] == 1 && s->ow >= LONG_LINE;
}

/* With stride 1 the gradient to the input is a convolution, too: of g with the weights turned by
 * half a circle, in and out exchanged.  oneDNN's forward kernels are better than its others, and
 * they alone can add. */
static int turn_geometry(const wgi_conv2d *s, wgi_conv2d *t) {
    const int64_t kernel[2] = {s->kh, s->kw}, in[2] = {s->h, s->w}, out[2] = {s->oh, s->ow};
    if (!(has_wide_groups(s) || s->add) || s->kh * s->kw == 1) return 0;
    *t = *s;
    t->h = s->oh, t->w = s->ow, t->c = s->o;
    t->oh = s->h, t->ow = s->w, t->o = s->c;
    for (int i = 0; i < 2; ++i) {
        const int64_t reach = s->dilation[i] * (kernel[i] - 1);
        t->before[i] = reach - s->before[i];
        t->after[i] = in[i] - out[i] + reach - t->before[i];
        if (s->stride[i] != 1 || t->before[i] < 0 || t->after[i] < 0) return 0;
    }
    return 1;
}

/* to[j][i] = w[i][j] for i < rows, j < cols, in blocks, so that both sides stay in cache. */
static void turn_block(int64_t rows, int64_t cols, const float *w, int64_t ldw, float *to,
                       int64_t ldt) {
    for (int64_t i0 = 0; i0 < rows; i0 += 16) {
        const int64_t end = i0 + 16 < rows ? i0 + 16 : rows;
        for (int64_t j = 0; j < cols; ++j)
            for (int64_t i = i0; i < end; ++i) to[j * ldt + i] = w[i * ldw + j];
    }
}

/* w (o, kh, kw, c / groups) to (c, kh, kw, o / groups), kh and kw reversed. */
static void turn_weights(const wgi_conv2d *s, const float *w, float *to) {
    const int64_t cg = s->c / s->groups, og = s->o / s->groups, taps = s->kh * s->kw;
    for (int64_t i = 0; i < s->groups * taps; ++i) {
        const int64_t group = i / taps, tap = i % taps;
        turn_block(og, cg, w + (group * og * taps + tap) * cg, taps * cg,
                   to + (group * cg * taps + taps - 1 - tap) * og, taps * og);
    }
}

/* Bytes of turned weights, rounded up to 64. */
static size_t turned_bytes(const wgi_conv2d *s) {
    const int64_t n = s->c * s->kh * s->kw * (s->o / s->groups);
    return ((size_t)n * sizeof(float) + 63) / 64 * 64;
}

static size_t library_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass) {
    wgi_conv2d t;
    size_t bytes = s->add ? 0 : wgi_dnnl_conv2d_scratch(s, pass);
    if (pass == WGI_CONV2D_GRAD_INPUT && turn_geometry(s, &t)) {
        const size_t turned = wgi_dnnl_conv2d_scratch(&t, WGI_CONV2D_FORWARD) + turned_bytes(s);
        if (turned > bytes) bytes = turned;
    }
    return bytes;
}

static int done_turned(const wgi_conv2d *s, const float *g, const float *w, float *dx,
                       void *scratch) {
    wgi_conv2d t;
    if (!turn_geometry(s, &t) || !wgi_dnnl_conv2d_scratch(&t, WGI_CONV2D_FORWARD)) return 0;
    float *turned = scratch;
    turn_weights(s, w, turned);
    return wgi_dnnl_conv2d(&t, WGI_CONV2D_FORWARD, (float *)g, turned, NULL, dx,
                           (char *)scratch + turned_bytes(s));
}

#endif

int wgi_conv2d_adds(const wgi_conv2d *s, size_t element) {
#if defined(WG_HAVE_DNNL)
    wgi_conv2d adding = *s, t;
    adding.add = 1;
    if (element == sizeof(float))
        return turn_geometry(&adding, &t) && wgi_dnnl_conv2d_scratch(&t, WGI_CONV2D_FORWARD) > 0;
#endif
    (void)s, (void)element;
    return 1;
}

/* oneDNN may decline at the last moment, so there is always room for the portable kernel. */
size_t wgi_conv2d_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element) {
    size_t bytes = wgi_conv2d_portable_scratch(s, pass, element);
#if defined(WG_HAVE_DNNL)
    if (element == sizeof(float)) {
        const size_t library = library_scratch(s, pass);
        if (library > bytes) bytes = library;
    }
#endif
    return bytes;
}

/* 1 when a library did it.  The pass says which of the arrays are only read. */
static int done_by_library(const wgi_conv2d *s, wgi_conv2d_pass pass, const float *x,
                           const float *w, const float *b, const float *y, void *scratch) {
#if defined(WG_HAVE_DNNL)
    if (pass == WGI_CONV2D_GRAD_WEIGHT && weighs_by_lines(s)) return 0;
    if (pass == WGI_CONV2D_GRAD_INPUT && done_turned(s, y, w, (float *)x, scratch)) return 1;
    if (s->add) return 0;
    return wgi_dnnl_conv2d(s, pass, (float *)x, (float *)w, (float *)b, (float *)y, scratch);
#else
    (void)s, (void)pass, (void)x, (void)w, (void)b, (void)y, (void)scratch;
    return 0;
#endif
}

void wgi_conv2d_forward_f32(const wgi_conv2d *s, const float *x, const float *w, const float *b,
                            float *y, void *scratch) {
    if (!done_by_library(s, WGI_CONV2D_FORWARD, x, w, b, y, scratch))
        wgi_conv2d_forward_portable_f32(s, x, w, b, y, scratch);
}

void wgi_conv2d_grad_input_f32(const wgi_conv2d *s, const float *g, const float *w, float *dx,
                               void *scratch) {
    if (!done_by_library(s, WGI_CONV2D_GRAD_INPUT, dx, w, NULL, g, scratch))
        wgi_conv2d_grad_input_portable_f32(s, g, w, dx, scratch);
}

void wgi_conv2d_grad_weight_f32(const wgi_conv2d *s, const float *x, const float *g, float *dw,
                                float *db, void *scratch) {
    if (!done_by_library(s, WGI_CONV2D_GRAD_WEIGHT, x, dw, db, g, scratch))
        wgi_conv2d_grad_weight_portable_f32(s, x, g, dw, db, scratch);
}

void wgi_conv2d_forward_f64(const wgi_conv2d *s, const double *x, const double *w, const double *b,
                            double *y, void *scratch) {
    wgi_conv2d_forward_portable_f64(s, x, w, b, y, scratch);
}

void wgi_conv2d_grad_input_f64(const wgi_conv2d *s, const double *g, const double *w, double *dx,
                               void *scratch) {
    wgi_conv2d_grad_input_portable_f64(s, g, w, dx, scratch);
}

void wgi_conv2d_grad_weight_f64(const wgi_conv2d *s, const double *x, const double *g, double *dw,
                                double *db, void *scratch) {
    wgi_conv2d_grad_weight_portable_f64(s, x, g, dw, db, scratch);
}
