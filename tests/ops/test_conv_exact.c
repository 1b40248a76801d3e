/* test_conv_exact.c: the family of convolutions against the loops that define them, on whole
 * numbers, where every sum is exact in any order: values and all gradients are equal, in float32
 * (whatever library computes it) and float64, over drawn geometries.  What has no geometry is
 * refused. */
#include "tests/suites.h"
#include "wengert.h"

#include <stdio.h>
#include <string.h>

extern Suite *suite_ops_conv_exact(void);

enum { LARGEST = 1 << 16, ROOM = 320 };
typedef enum { CONV1D, CONV2D, CONV3D, TRANSPOSE1D, TRANSPOSE2D, UNFOLD, FOLD, N_GATES } gate;
static const char *const names[] = {"conv1d", "conv2d", "conv3d", "conv_transpose1d",
                                    "conv_transpose2d", "unfold", "fold"};
static const int axes_of[] = {1, 2, 3, 1, 2, 2, 2};

/* A convolution from an image of `wide` places an axis and c channels to one of `narrow` and o; the
 * transposed gates run it backwards.  Axes that a gate lacks have one place and a kernel of one. */
typedef struct geometry {
    gate gate;
    int64_t n, wide[3], narrow[3], k[3], stride[3], pad[3], dilation[3], output_pad[3], before[3];
    int64_t groups, cg, og; /* channels of a group */
    int padding, bias;
} geometry;

static int backwards(gate g) { return g == TRANSPOSE1D || g == TRANSPOSE2D || g == FOLD; }
static int windowed(gate g) { return g == UNFOLD || g == FOLD; }

/* ---- drawing -------------------------------------------------------------------------------- */

static uint64_t state;

/* A whole number in [lo, hi] (splitmix64). */
static int64_t draw(int64_t lo, int64_t hi) {
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return lo + (int64_t)((z ^ z >> 31) % (uint64_t)(hi - lo + 1));
}

/* An extent: now and then 0. */
static int64_t draw_extent(int64_t most) { return draw(0, 15) ? draw(1, most) : 0; }

static geometry draw_geometry(gate kind) {
    geometry g = {.gate = kind, .n = draw_extent(3), .groups = draw(0, 2) ? 1 : draw(2, 3)};
    g.cg = draw(0, 2) ? draw_extent(4) : 1;
    g.og = draw_extent(3);
    g.bias = (int)draw(0, 1);
    g.padding = backwards(kind) || windowed(kind) ? WG_PADDING_ZERO : (int)draw(0, 2);
    for (int i = 0; i < 3; ++i) {
        int real = i >= 3 - axes_of[kind];
        int64_t size = real ? draw_extent(axes_of[kind] == 3 ? 5 : 8) : 1;
        g.wide[i] = g.narrow[i] = size;
        g.k[i] = real ? draw(1, 3) : 1;
        g.stride[i] = real ? draw(1, 3) : 1;
        g.dilation[i] = real && !draw(0, 2) ? draw(2, 3) : 1;
        g.pad[i] = real && g.padding != WG_PADDING_SAME && draw(0, 1) ? draw(1, 3) : 0;
        g.output_pad[i] = real && !windowed(kind) && draw(0, 1) ? draw(0, 2) : 0;
    }
    if (windowed(kind)) g.groups = 1;
    if (kind == CONV2D && !draw(0, 7)) /* as a library has its fastest kernels for */
        g.groups = 1, g.cg = 16 * draw(1, 2), g.og = 8 * draw(1, 4);
    return g;
}

/* Sets the extents that follow from the others; 0 if there are none. */
static int complete_axis(geometry *g, int i) {
    int64_t reach = g->dilation[i] * (g->k[i] - 1) + 1, s = g->stride[i], p = g->pad[i];
    int64_t in = g->wide[i], lack, larger = s > g->dilation[i] ? s : g->dilation[i];
    g->before[i] = p;
    if (g->gate == TRANSPOSE1D || g->gate == TRANSPOSE2D) {
        g->wide[i] = (g->narrow[i] - 1) * s - 2 * p + reach + g->output_pad[i];
        return g->narrow[i] > 0 && g->wide[i] >= 0 && g->output_pad[i] < larger;
    }
    if (g->padding == WG_PADDING_SAME) {
        g->narrow[i] = (in + s - 1) / s;
        lack = (g->narrow[i] - 1) * s + reach - in;
        g->before[i] = lack > 0 ? lack / 2 : 0;
        return 1;
    }
    g->narrow[i] = in + 2 * p >= reach ? (in + 2 * p - reach) / s + 1 : 0;
    return in + 2 * p >= reach && (g->padding != WG_PADDING_REFLECT || p == 0 || p < in);
}

static int complete(geometry *g) {
    int legal = 1;
    for (int i = 0; i < 3; ++i) legal &= complete_axis(g, i);
    return legal;
}

/* ---- the loops ------------------------------------------------------------------------------ */

/* A product of the form: places in the wide image, the kernel, the narrow image. */
typedef void product(int64_t wide, int64_t kernel, int64_t narrow, void *arg);

/* Where tap u of the kernel at place p lies along an axis, -1 outside. */
static int64_t place(const geometry *g, int axis, int64_t p, int64_t u) {
    int64_t n = g->wide[axis];
    int64_t at = p * g->stride[axis] + u * g->dilation[axis] - g->before[axis];
    if (at >= 0 && at < n) return at;
    if (g->padding != WG_PADDING_REFLECT) return -1;
    return at < 0 ? -at : 2 * (n - 1) - at;
}

static int64_t join(const int64_t *extent, const int64_t *at) {
    return (at[0] * extent[1] + at[1]) * extent[2] + at[2];
}

/* Steps at through all places of the extents, the last axis first; 0 at the end. */
static int step(const int64_t *extent, int64_t *at) {
    for (int i = 2; i >= 0; --i) {
        if (++at[i] < extent[i]) return 1;
        at[i] = 0;
    }
    return 0;
}

static int64_t count(const int64_t *extent) { return extent[0] * extent[1] * extent[2]; }

/* All products of one tap at one place of one image. */
static void each_channel(const geometry *g, int64_t wide, int64_t tap, int64_t narrow, product *f,
                         void *arg) {
    int64_t c = g->groups * g->cg, o = g->groups * g->og, taps = count(g->k);
    if (windowed(g->gate)) {
        for (int64_t j = 0; j < c; ++j) f(wide * c + j, 0, (narrow * taps + tap) * c + j, arg);
        return;
    }
    for (int64_t m = 0; m < o; ++m)
        for (int64_t j = 0; j < g->cg; ++j)
            f(wide * c + m / g->og * g->cg + j, (m * taps + tap) * g->cg + j, narrow * o + m, arg);
}

static void each_product(const geometry *g, product *f, void *arg) {
    for (int64_t n = 0; n < g->n && count(g->narrow) > 0; ++n) {
        int64_t p[3] = {0, 0, 0};
        do {
            int64_t u[3] = {0, 0, 0};
            do {
                int64_t at[3], inside = 1;
                for (int i = 0; i < 3; ++i) inside &= (at[i] = place(g, i, p[i], u[i])) >= 0;
                if (inside)
                    each_channel(g, n * count(g->wide) + join(g->wide, at), join(g->k, u),
                                 n * count(g->narrow) + join(g->narrow, p), f, arg);
            } while (step(g->k, u));
        } while (step(g->narrow, p));
    }
}

/* ---- one case ------------------------------------------------------------------------------- */

/* Operands x, w, b, the result y, cotangents g and dx, dw, db; sizes n of x, w, b, y. */
typedef struct numbers {
    int64_t n[4];
    int flip; /* x is the narrow image */
    double x[LARGEST], w[LARGEST], b[64], y[LARGEST], g[LARGEST];
    double dx[LARGEST], dw[LARGEST], db[64];
} numbers;
static numbers v;

static void add_product(int64_t wide, int64_t kernel, int64_t narrow, void *arg) {
    numbers *m = arg;
    int64_t x = m->flip ? narrow : wide, y = m->flip ? wide : narrow;
    m->y[y] += m->x[x] * m->w[kernel];
    m->dx[x] += m->g[y] * m->w[kernel];
    m->dw[kernel] += m->g[y] * m->x[x];
}

static void fill(int64_t n, double *x) {
    ck_assert_int_le(n, LARGEST);
    for (int64_t i = 0; i < n; ++i) x[i] = (double)draw(-4, 4);
}

/* Draws the operands and computes what is expected. */
static void expect(const geometry *g) {
    int64_t c = g->groups * g->cg, o = g->groups * g->og, taps = count(g->k);
    int64_t wide = g->n * count(g->wide) * c;
    int64_t narrow = g->n * count(g->narrow) * (windowed(g->gate) ? taps * c : o);
    int64_t last = backwards(g->gate) ? c : o;
    v.flip = backwards(g->gate);
    v.n[0] = v.flip ? narrow : wide;
    v.n[1] = windowed(g->gate) ? 0 : o * taps * g->cg;
    v.n[2] = windowed(g->gate) || !g->bias ? 0 : last;
    v.n[3] = v.flip ? wide : narrow;
    fill(v.n[0], v.x), fill(v.n[1], v.w), fill(v.n[2], v.b), fill(v.n[3], v.g);
    if (windowed(g->gate)) v.w[0] = 1;
    memset(v.dx, 0, (size_t)v.n[0] * sizeof *v.dx);
    memset(v.dw, 0, (size_t)(v.n[1] + 1) * sizeof *v.dw);
    memset(v.db, 0, sizeof v.db);
    for (int64_t i = 0; i < v.n[3]; ++i) {
        v.y[i] = v.n[2] ? v.b[i % last] : 0;
        if (v.n[2]) v.db[i % last] += v.g[i];
    }
    each_product(g, add_product, &v);
}

/* (n, places along the gate's axes, c). */
static wg_shape image(const geometry *g, const int64_t *places, int64_t n, int64_t c) {
    wg_shape s = {axes_of[g->gate] + 2, {n}};
    for (int i = 1; i < s.rank - 1; ++i) s.dim[i] = places[3 - (s.rank - 2) + i - 1];
    s.dim[s.rank - 1] = c;
    return s;
}

static wg_var leaf(wg_tape *t, wg_dtype dtype, wg_shape s, const double *x) {
    static float f[LARGEST];
    for (int64_t i = 0; dtype == WG_F32 && i < wg_shape_size(s); ++i) f[i] = (float)x[i];
    return wg_input(t, dtype, s, dtype == WG_F32 ? (const void *)f : (const void *)x);
}

static wg_var convolve(const geometry *g, wg_var x, wg_var w, wg_var b) {
    wg_conv1d_options one = {.stride = g->stride[2], .pad = g->pad[2], .dilation = g->dilation[2],
                             .groups = g->groups, .padding = g->padding};
    wg_conv2d_options two = {.groups = g->groups, .padding = g->padding};
    wg_conv3d_options three = {.groups = g->groups, .padding = g->padding};
    memcpy(two.stride, g->stride + 1, sizeof two.stride);
    memcpy(two.pad, g->pad + 1, sizeof two.pad);
    memcpy(two.dilation, g->dilation + 1, sizeof two.dilation);
    memcpy(three.stride, g->stride, sizeof three.stride);
    memcpy(three.pad, g->pad, sizeof three.pad);
    memcpy(three.dilation, g->dilation, sizeof three.dilation);
    return g->gate == CONV1D   ? wg_conv1d(x, w, b, &one)
           : g->gate == CONV2D ? wg_conv2d(x, w, b, &two)
                               : wg_conv3d(x, w, b, &three);
}

static wg_var transpose(const geometry *g, wg_var x, wg_var w, wg_var b) {
    wg_conv_transpose1d_options one = {.stride = g->stride[2], .pad = g->pad[2],
                                       .output_pad = g->output_pad[2],
                                       .dilation = g->dilation[2], .groups = g->groups};
    wg_conv_transpose2d_options two = {.groups = g->groups};
    memcpy(two.stride, g->stride + 1, sizeof two.stride);
    memcpy(two.pad, g->pad + 1, sizeof two.pad);
    memcpy(two.output_pad, g->output_pad + 1, sizeof two.output_pad);
    memcpy(two.dilation, g->dilation + 1, sizeof two.dilation);
    return g->gate == TRANSPOSE1D ? wg_conv_transpose1d(x, w, b, &one)
                                  : wg_conv_transpose2d(x, w, b, &two);
}

static wg_var rearrange(const geometry *g, wg_var x) {
    wg_unfold_options o = {.size = sizeof o};
    memcpy(o.kernel, g->k + 1, sizeof o.kernel);
    memcpy(o.stride, g->stride + 1, sizeof o.stride);
    memcpy(o.pad, g->pad + 1, sizeof o.pad);
    memcpy(o.dilation, g->dilation + 1, sizeof o.dilation);
    return g->gate == UNFOLD ? wg_unfold(x, &o) : wg_fold(x, g->wide[1], g->wide[2], &o);
}

/* Records the gate on leaves xs[0 .. 2], of which w and b may be absent. */
static wg_var record(wg_tape *t, wg_dtype dtype, const geometry *g, wg_var *xs) {
    int64_t c = g->groups * g->cg, o = g->groups * g->og;
    wg_shape rows = WG_SHAPE(g->n, count(g->narrow), count(g->k) * c);
    wg_shape x = g->gate == FOLD         ? rows
                 : backwards(g->gate) ? image(g, g->narrow, g->n, o)
                                      : image(g, g->wide, g->n, c);
    xs[0] = leaf(t, dtype, x, v.x);
    xs[1] = xs[2] = WG_NONE;
    if (windowed(g->gate)) return rearrange(g, xs[0]);
    xs[1] = leaf(t, dtype, image(g, g->k, o, g->cg), v.w);
    if (g->bias) xs[2] = leaf(t, dtype, WG_SHAPE(backwards(g->gate) ? c : o), v.b);
    return backwards(g->gate) ? transpose(g, xs[0], xs[1], xs[2])
                              : convolve(g, xs[0], xs[1], xs[2]);
}

static const char *describe(const geometry *g) {
    static char text[ROOM];
    size_t used = (size_t)snprintf(text, sizeof text, "%s: n %d, groups %d of %d, %d, padding %d",
                                   names[g->gate], (int)g->n, (int)g->groups, (int)g->cg,
                                   (int)g->og, g->padding);
    for (int i = 3 - axes_of[g->gate]; i < 3; ++i)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "; %d to %d by %d, stride %d, pad %d, %d, dilation %d",
                                 (int)g->wide[i], (int)g->narrow[i], (int)g->k[i],
                                 (int)g->stride[i], (int)g->pad[i], (int)g->output_pad[i],
                                 (int)g->dilation[i]);
    return text;
}

static void same(const geometry *g, const char *what, wg_var x, int64_t n, const double *expected) {
    static double d[LARGEST];
    static float f[LARGEST];
    int single = wg_dtype_of(x) == WG_F32;
    ck_assert_msg(wg_shape_size(wg_shape_of(x)) == n, "%s of %s: %s", what, describe(g),
                  wg_tape_message(x.tape));
    size_t bytes = (size_t)n * (single ? sizeof *f : sizeof *d);
    ck_assert_int_eq(wg_read(x, single ? (void *)f : (void *)d, bytes), WG_OK);
    for (int64_t i = 0; i < n; ++i) {
        double have = single ? (double)f[i] : d[i];
        ck_assert_msg(have == expected[i], "%s of %s: element %d is %.17g, not %.17g", what,
                      describe(g), (int)i, have, expected[i]);
    }
}

static void check_case(const geometry *g, wg_dtype dtype) {
    static const char *const of[] = {"gradient of x", "gradient of w", "gradient of b"};
    const double *expected[] = {v.dx, v.dw, v.db};
    wg_tape *t = wg_tape_new();
    wg_var xs[3], have[3], wanted[3];
    wg_var y = record(t, dtype, g, xs);
    ck_assert_msg(y.index != 0, "%s: %s", describe(g), wg_tape_message(t));
    wg_shape s = g->gate == UNFOLD
                     ? WG_SHAPE(g->n, count(g->narrow), count(g->k) * g->groups * g->cg)
                 : backwards(g->gate) ? image(g, g->wide, g->n, g->groups * g->cg)
                                      : image(g, g->narrow, g->n, g->groups * g->og);
    wg_shape have_s = wg_shape_of(y);
    ck_assert_int_eq(have_s.rank, s.rank);
    for (int i = 0; i < s.rank; ++i)
        ck_assert_msg(have_s.dim[i] == s.dim[i], "%s: shape", describe(g));
    same(g, "value", y, v.n[3], v.y);
    size_t n = 0;
    int which[3];
    for (int i = 0; i < 3; ++i)
        if (xs[i].tape) which[n] = i, wanted[n++] = xs[i];
    ck_assert_int_eq(wg_vjp(y, leaf(t, dtype, s, v.g), n, wanted, have), WG_OK);
    for (size_t i = 0; i < n; ++i)
        same(g, of[which[i]], have[i], v.n[which[i]], expected[which[i]]);
    wg_tape_free(t);
}

static void check_refusal(const geometry *g) {
    wg_tape *t = wg_tape_new();
    wg_var xs[3];
    memset(v.x, 0, sizeof v.x), memset(v.w, 0, sizeof v.w), memset(v.b, 0, sizeof v.b);
    wg_var y = record(t, WG_F64, g, xs);
    ck_assert_msg(y.index == 0, "%s: not refused", describe(g));
    wg_status s = wg_tape_status(t);
    ck_assert_msg(s == WG_ERR_SHAPE || s == WG_ERR_RANGE, "%s: %s", describe(g),
                  wg_tape_message(t));
    char name[32];
    snprintf(name, sizeof name, "%s: ", names[g->gate]);
    ck_assert_msg(strstr(wg_tape_message(t), name), "the message names another gate: %s",
                  wg_tape_message(t));
    wg_tape_free(t);
}

/* Rounds of drawn geometries for gate _i; those without one are extra. */
START_TEST(test_drawn) {
    int rounds = full_run() ? 700 : 60, refused = 0, threads = wg_threads();
    state = 1000003 * (uint64_t)(_i + 1);
    for (int round = 0; round < rounds;) {
        geometry g = draw_geometry((gate)_i);
        if (complete(&g)) {
            use_threads(1 + round % 3);
            expect(&g);
            check_case(&g, WG_F64);
            check_case(&g, WG_F32);
            ++round;
        } else if (refused < rounds) {
            check_refusal(&g);
            ++refused;
        }
    }
    use_threads(threads);
}
END_TEST

Suite *suite_ops_conv_exact(void) {
    Suite *s = suite_create("ops_conv_exact");
    TCase *c = tcase_create("ops_conv_exact");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_drawn, 0, N_GATES);
    suite_add_tcase(s, c);
    return s;
}
