/* test_specials.c: elementwise gates of the registry where floats are at their strangest: zeros of
 * either sign, infinities, NaN, numbers near the ends of the range, ties and whole numbers, for
 * two operands in all pairs.  The scalar path, the row kernels (dense, strided, broadcast, each
 * instruction set) and the rule, recorded and not, must agree on value and partials, float32 with
 * float64 as far as it reaches. */
#define _POSIX_C_SOURCE 200112L /* setenv */
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include "backend/isa.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double points[] = {
    0,      -0.0,   INFINITY, -INFINITY, NAN,    1e300, -1e300, 1e-300, -1e-300, 0x1p-1074, 1e30,
    -1e30,  1e-30,  -1e-30,   1,         -1,     2,     -2,     0.5,    -0.5,    3,         -3,
    6,      0.25,   1.5,      -1.5,      2.5,    -2.5,  20,     -20,    88,      -88,       89,
    -104,   709,    -709,     710,       -746,   1e4,   -1e4,   0.75,   -0.75,   7.5,       -7.5,
    1e-8,   -1e-8,  1e6,      -1e6};
enum { POINTS = sizeof points / sizeof *points, MOST = POINTS * POINTS };

/* One gate with one set of attributes, its operands at n points. */
static struct {
    const wg_gate *gate;
    const void *attrs;
    size_t arity, n;
    double x[2][MOST];                 /* operands */
    double y[MOST], partial[2][MOST];  /* by the scalar path */
    char text[600];                    /* the first disagreement */
    int disagreements;
} at;

static void complain(const char *path, const char *what, size_t i, double got, double want) {
    if (at.disagreements++) return;
    snprintf(at.text, sizeof at.text, "%s(%g, %g) %s, %s: %.17g, the scalar path has %.17g",
             at.gate->name, at.x[0][i], at.arity > 1 ? at.x[1][i] : 0, path, what, got, want);
}

/* Bits, but for what the last few may differ in; NaN is NaN. */
static int alike(double got, double want, double tol, double least) {
    if (isnan(got) || isnan(want)) return isnan(got) && isnan(want);
    if (isinf(got) || isinf(want)) return got == want;
    return fabs(got - want) <= tol * fabs(want) + least;
}

/* What float32 can tell of a float64 result: too large is infinite. */
static double narrowed(double x) { return (double)(float)x; }

static void settle(const wg_gate *g, const void *attrs) {
    memset(&at, 0, sizeof at);
    at.gate = g;
    at.attrs = attrs;
    at.arity = (size_t)g->arity;
    at.n = g->arity == 1 ? POINTS : MOST;
    for (size_t i = 0; i < at.n; ++i) {
        double x[2] = {points[i % POINTS], points[i / POINTS]}, partial[3] = {0, 0, 0};
        at.x[0][i] = x[0];
        at.x[1][i] = x[1];
        at.y[i] = g->elementwise->scalar(x, attrs, partial);
        at.partial[0][i] = partial[0];
        at.partial[1][i] = partial[1];
    }
}

/* ---- row kernels ----------------------------------------------------------------------------- */

static void encode(wg_dtype dtype, size_t n, const double *x, int64_t stride, void *to) {
    for (size_t i = 0; i < n; ++i)
        if (dtype == WG_F32) ((float *)to)[(int64_t)i * stride] = (float)x[i];
        else ((double *)to)[(int64_t)i * stride] = x[i];
}

static double decode(wg_dtype dtype, const void *from, int64_t i) {
    return dtype == WG_F32 ? (double)((const float *)from)[i] : ((const double *)from)[i];
}

/* float32 holds the operands exactly enough: a point that it has to round is another point. */
static int reaches(wg_dtype dtype, size_t i) {
    for (size_t k = 0; k < at.arity && dtype == WG_F32; ++k) {
        double x = at.x[k][i];
        if (!isnan(x) && narrowed(x) != x) return 0;
    }
    return 1;
}

/* Row kernels over all points with this stride, the cotangent 1. */
static void hold_rows(wg_dtype dtype, int64_t stride, double tol, const char *path) {
    static double room[2][2 * MOST], g[2 * MOST], y[2 * MOST], dx[2 * MOST], ones[MOST];
    const wg_elementwise *e = at.gate->elementwise;
    const void *x[2] = {room[0], room[1]};
    int64_t s[5] = {stride, stride, stride, stride, stride};
    double least = dtype == WG_F32 ? 1e-36 : 0;
    for (size_t i = 0; i < at.n; ++i) ones[i] = 1;
    for (size_t k = 0; k < at.arity; ++k) encode(dtype, at.n, at.x[k], stride, room[k]);
    encode(dtype, at.n, ones, stride, g);
    e->forward[dtype]((int64_t)at.n, x, s, y, at.attrs); /* y is dense */
    for (size_t i = 0; i < at.n; ++i) {
        double got = decode(dtype, y, (int64_t)i), want = at.y[i];
        if (dtype == WG_F32) want = narrowed(want);
        if (reaches(dtype, i) && !alike(got, want, tol, least)) complain(path, "y", i, got, want);
    }
    s[1] = 1; /* g, y, then the operands */
    /* of a partial made from a rounded y, as 1 - y^2, or of terms that cancel, as gelu's at -0.75;
     * rows have functions of their own, good to a few units in the last place */
    double rounding = dtype == WG_F32 ? 0x1p-22 : 0x1p-52;
    for (size_t k = 0; k < at.arity && e->pull[dtype][k]; ++k) {
        e->pull[dtype][k]((int64_t)at.n, g, y, x, s, dx, at.attrs);
        for (size_t i = 0; i < at.n; ++i) {
            double got = decode(dtype, dx, (int64_t)i), want = at.partial[k][i];
            if (dtype == WG_F32) want = narrowed(want);
            if (reaches(dtype, i) && !alike(got, want, tol, least + rounding))
                complain(path, k ? "dy" : "dx", i, got, want);
        }
    }
}

/* ---- on a tape ------------------------------------------------------------------------------- */

static wg_var operand(wg_tape *t, wg_dtype dtype, size_t k) {
    return put(t, dtype, WG_SHAPE((int64_t)at.n), at.n, at.x[k], 1);
}

/* Tensors: value, and gradients by the sweep and by the recorded rule. */
static void hold_tape(wg_dtype dtype, double tol, double rounding, const char *path) {
    static double got[MOST];
    wg_tape *t = wg_tape_new();
    wg_var x[2] = {operand(t, dtype, 0), operand(t, dtype, at.arity - 1)}, d[2];
    wg_var y = wg_record(at.gate, at.arity, x, at.attrs);
    double least = rounding + (dtype == WG_F32 ? 1e-36 : 0);
    ck_assert_msg(y.index != 0, "%s: %s", at.gate->name, wg_tape_message(t));
    if (!(at.gate->flags & WG_GATE_FLAT)) {
        wg_var ones = wg_broadcast_to(wg_cast(wg_scalar(t, 1), dtype), wg_shape_of(y));
        ck_assert_int_eq(wg_vjp(y, ones, at.arity, x, d), WG_OK);
        for (size_t k = 0; k < at.arity; ++k) {
            ck_assert(take(d[k], at.n, got));
            for (size_t i = 0; i < at.n; ++i) {
                double want = at.partial[k][i];
                if (dtype == WG_F32) want = narrowed(want);
                if (reaches(dtype, i) && !alike(got[i], want, tol, least))
                    complain(path, k ? "dy by the rule" : "dx by the rule", i, got[i], want);
            }
        }
    }
    wg_tape_free(t);
}

/* ---- all gates ------------------------------------------------------------------------------- */

static void hold(const wg_gate *g, const void *attrs) {
    settle(g, attrs);
    for (int isa = 0; isa < WGI_ISA_COUNT; ++isa) {
        setenv("WG_ISA", wgi_isa_name((wgi_isa)isa), 1);
        wgi_isa_reset();
        if ((int)wgi_isa_chosen() != isa) continue;
        hold_rows(WG_F64, 1, 1e-15, "in rows of float64");
        hold_rows(WG_F64, 2, 1e-15, "in strided rows of float64");
        hold_rows(WG_F32, 1, 1e-5, "in rows of float32");
        hold_rows(WG_F32, 2, 1e-5, "in strided rows of float32");
        hold_tape(WG_F64, 1e-12, 0, "float64");
        hold_tape(WG_F32, 2e-5, 0x1p-20, "float32");
    }
    unsetenv("WG_ISA");
    wgi_isa_reset();
    ck_assert_msg(at.disagreements == 0, "%d disagreements; %s", at.disagreements, at.text);
}

START_TEST(test_gate) {
    const wg_gate *g = wgi_gates[_i];
    if (!g->elementwise || g->arity > 2) return;
    for (size_t k = 0; g->samples[k].shapes; ++k) {
        hold(g, g->samples[k].attrs);
        if (!g->attr_bytes) break;
    }
}
END_TEST

extern Suite *suite_specials(void);
Suite *suite_specials(void) {
    Suite *s = suite_create("specials");
    TCase *c = tcase_create("gates");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_gate, 0, gate_count());
    suite_add_tcase(s, c);
    return s;
}
