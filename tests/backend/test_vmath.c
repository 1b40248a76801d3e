/* test_vmath.c: the elementary functions of backend/vmath, through the rows of the gates that are
 * nothing else: how far they are from the C library's in the next wider type, and that instruction
 * set, place and stride do not change a bit. */
#include "tests/backend/numbers.h"

#include "ops/registry.h"
#include "tests/suites.h"

#include <float.h>

extern Suite *suite_vmath(void);

enum { N = 4096 };

/* A function, where most of its values lie, and what its error may be, in units of the last place
 * (measured over 1.6e6 points; the bound is the next tenth above). */
typedef struct function {
    const char *name;
    double lo, hi, bound_f32, bound_f64;
    double (*wide)(double);
    long double (*widest)(long double);
} function;

static const function functions[] = {
    {"exp", -110, 95, 1.0, 1.0, exp, expl},
    {"exp2", -160, 130, 1.1, 1.1, exp2, exp2l},
    {"expm1", -30, 90, 1.6, 2.0, expm1, expm1l},
    {"tanh", -10, 10, 1.5, 1.5, tanh, tanhl},
    {"cosh", -90, 90, 1.5, 1.5, cosh, coshl},
    {"sinh", -90, 90, 1.7, 1.6, sinh, sinhl},
    {"log", 0, 1000, 0.9, 0.9, log, logl},
    {"log2", 0, 1000, 2.0, 1.9, log2, log2l},
    {"log10", 0, 1000, 2.1, 2.0, log10, log10l},
    {"log1p", -1, 10, 0.9, 0.9, log1p, log1pl},
    {"erf", -6, 6, 1.3, 1.2, erf, erfl},
    {"erfc", -6, 12, 4.0, 4.0, erfc, erfcl},
    {"sin", -1000, 1000, 1.6, 1.0, sin, sinl},
    {"cos", -1000, 1000, 1.6, 1.0, cos, cosl},
    {"tan", -1000, 1000, 0.6, 2.4, tan, tanl},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static const wg_gate *gate_of(const function *f) {
    const wg_gate *g = wgi_gate_find(f->name, strlen(f->name));
    ck_assert_ptr_nonnull(g);
    return g;
}

static void run(const function *f, wg_dtype dtype, int64_t n, const void *x, int64_t stride,
                void *y) {
    gate_of(f)->elementwise->forward[dtype](n, &x, &stride, y, NULL);
}

/* Chooses an instruction set; 0 if the processor lacks it. */
static int choose(int isa) {
    setenv("WG_ISA", wgi_isa_name((wgi_isa)isa), 1);
    wgi_isa_reset();
    return (int)wgi_isa_chosen() == isa;
}
static void leave_choice(void) {
    unsetenv("WG_ISA");
    wgi_isa_reset();
}

/* ---- arguments ------------------------------------------------------------------------------ */

static double uniform(draws *d) { return (double)draw(d, 0, (int64_t)1 << 50) * 0x1p-50; }

/* By turns: any bits, in the function's range, near 0, at the edges. */
static void fill_f64(const function *f, draws *d, double *x) {
    static const double edges[] = {0, -0.0, 1, -1, 5e-324, -5e-324, 0x1p-1022, DBL_MAX, -DBL_MAX,
                                   (double)INFINITY, -(double)INFINITY, (double)NAN, 709.8, -745.2,
                                   1024, -1075, 8e5, -8.00001e5, 1e22, 0.559, 0.85, 0.5, 26.6};
    for (int i = 0; i < N; ++i) {
        uint64_t bits = (uint64_t)draw(d, 0, INT64_MAX - 1) << 1 | (uint64_t)draw(d, 0, 1);
        if (i % 4 == 0) memcpy(&x[i], &bits, sizeof bits);
        else if (i % 4 == 1) x[i] = f->lo + (f->hi - f->lo) * uniform(d);
        else if (i % 4 == 2) x[i] = ldexp(uniform(d) - 0.5, (int)draw(d, -60, 3));
        else x[i] = edges[(size_t)draw(d, 0, (int64_t)(sizeof edges / sizeof *edges) - 1)];
    }
}

static void fill_f32(const function *f, draws *d, float *x) {
    static double wide[N];
    fill_f64(f, d, wide);
    for (int i = 0; i < N; ++i) {
        uint32_t bits = (uint32_t)draw(d, 0, UINT32_MAX);
        x[i] = (float)wide[i];
        if (i % 4 == 0) memcpy(&x[i], &bits, sizeof bits);
    }
}

/* ---- errors --------------------------------------------------------------------------------- */

/* How many units in the last place of a type y is from the exact value; infinite for NaN or an
 * infinity in the wrong place, and for a zero of the wrong sign. */
static double units(double y, long double exact, int digits, int least, double narrow) {
    if (isnan(y) && isnan(exact)) return 0;
    if (isinf(y) || isinf(narrow) || isnan(y) || isnan(exact))
        return y == narrow ? 0 : (double)INFINITY;
    if (exact == 0) return y == 0 && !signbit(y) == !signbit((double)exact) ? 0 : (double)INFINITY;
    int e = ilogbl(exact) < least ? least : ilogbl(exact);
    return fabs((double)(((long double)y - exact) / ldexpl(1, e - digits)));
}

static void hold_f32(const function *f, draws *d) {
    static float x[N], y[N];
    fill_f32(f, d, x);
    run(f, WG_F32, N, x, 1, y);
    for (int i = 0; i < N; ++i) {
        double exact = f->wide((double)x[i]);
        double e = units((double)y[i], (long double)exact, 23, -126, (double)(float)exact);
        ck_assert_msg(e <= f->bound_f32, "%s(%.9g) = %.9g in float32: %.2f units from %.12g",
                      f->name, (double)x[i], (double)y[i], e, exact);
    }
}

static void hold_f64(const function *f, draws *d) {
    static double x[N], y[N];
    fill_f64(f, d, x);
    run(f, WG_F64, N, x, 1, y);
    for (int i = 0; i < N; ++i) {
        long double exact = f->widest((long double)x[i]);
        /* a long double that is a double knows no better than half a unit */
        double slack = LDBL_MANT_DIG > 60 ? 0 : 1;
        double e = units(y[i], exact, 52, -1022, (double)exact);
        ck_assert_msg(e <= f->bound_f64 + slack, "%s(%.17g) = %.17g: %.2f units from %.20Lg",
                      f->name, x[i], y[i], e, exact);
    }
}

START_TEST(test_errors) {
    const function *f = &functions[_i];
    draws d = {11 + (uint64_t)_i, 0};
    for (int round = 0; round < (full_run() ? 400 : 5); ++round) {
        hold_f32(f, &d);
        hold_f64(f, &d);
    }
}
END_TEST

/* ---- bits ----------------------------------------------------------------------------------- */

/* 0 where both are the same bits, or NaN. */
static int differ(wg_dtype dtype, const void *a, const void *b, int64_t n) {
    int count = 0;
    for (int64_t i = 0; i < n; ++i) {
        size_t bytes = wg_dtype_size(dtype), at = (size_t)i * bytes;
        double x = dtype == WG_F32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
        double y = dtype == WG_F32 ? (double)((const float *)b)[i] : ((const double *)b)[i];
        if (isnan(x) && isnan(y)) continue;
        count += memcmp((const char *)a + at, (const char *)b + at, bytes) != 0;
    }
    return count;
}

static void same_bits(const function *f, wg_dtype dtype, const void *x) {
    static double y[N], z[N];
    const size_t bytes = wg_dtype_size(dtype);
    ck_assert(choose(WGI_ISA_BASE));
    run(f, dtype, N, x, 1, y);
    for (int isa = 0; isa < WGI_ISA_COUNT; ++isa) {
        if (!choose(isa)) continue;
        run(f, dtype, N, x, 1, z);
        ck_assert_msg(!differ(dtype, y, z, N), "%s: %s is not base", f->name, wgi_isa_name((wgi_isa)isa));
        for (int64_t at = 0, n = 1; at + n <= N; at += n, n = n % 37 + 1)
            run(f, dtype, n, (const char *)x + at * (int64_t)bytes, 1,
                (char *)z + at * (int64_t)bytes);
        ck_assert_msg(!differ(dtype, y, z, N - 40), "%s: places", f->name);
        run(f, dtype, N / 3, x, 3, z); /* every third */
        for (int64_t i = 0; i < N / 3; ++i)
            ck_assert_msg(!differ(dtype, (char *)y + 3 * i * (int64_t)bytes,
                                  (char *)z + i * (int64_t)bytes, 1), "%s: strides", f->name);
    }
    leave_choice();
}

START_TEST(test_bits) {
    const function *f = &functions[_i];
    static double x[N];
    static float x32[N];
    draws d = {5, 0};
    fill_f64(f, &d, x);
    fill_f32(f, &d, x32);
    same_bits(f, WG_F64, x);
    same_bits(f, WG_F32, x32);
}
END_TEST

/* What is exact stays exact: {function, operand, value}. */
START_TEST(test_exact) {
    static const struct {
        int function;
        double x, y;
    } known[] = {{7, 0.125, -3}, {7, 8, 3},       {7, 0x1p-1074, -1074}, {1, -1074, 0x1p-1074},
                 {1, 10, 1024},  {1, 1023, 0x1p1023}, {8, 1e-3, -3},     {8, 1e3, 3},
                 {8, 1e22, 22},  {0, 0, 1},       {4, 0, 1},             {13, 0, 1}};
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
        double y;
        run(&functions[known[i].function], WG_F64, 1, &known[i].x, 1, &y);
        ck_assert_msg(y == known[i].y, "%s(%g) = %.17g", functions[known[i].function].name,
                      known[i].x, y);
    }
}
END_TEST

/* float32 powers against double ones: the edges of both operands, whole and odd exponents. */
START_TEST(test_powers) {
    static const float edges[] = {0,    -0.0f, 1,       -1,       0.5f,     -0.5f,    2,         -2,
                                  3,    -3,    -7.25f,  1e-40f,   -1e-40f,  FLT_MAX,  -FLT_MAX,
                                  16777215, -16777216, 4194304.5f, 1e-3f, 127, -149, (float)INFINITY,
                                  -(float)INFINITY, (float)NAN};
    enum { E = sizeof edges / sizeof *edges };
    static float x[N], y[N], v[N];
    const int64_t s[2] = {1, 1};
    draws d = {3, 0};
    for (int round = 0; round < (full_run() ? 200 : 5); ++round) {
        for (int i = 0; i < N; ++i) {
            x[i] = i < E * E ? edges[i / E] : (float)(exp(20 * uniform(&d) - 10));
            y[i] = i < E * E ? edges[i % E] : (float)(40 * uniform(&d) - 20);
            if (i >= E * E && i % 3 == 0) x[i] = -x[i], y[i] = rintf(y[i]);
        }
        const void *in[2] = {x, y};
        wgi_gate_find("pow", 3)->elementwise->forward[WG_F32](N, in, s, v, NULL);
        for (int i = 0; i < N; ++i) {
            double exact = pow((double)x[i], (double)y[i]);
            double e = units((double)v[i], (long double)exact, 23, -126, (double)(float)exact);
            ck_assert_msg(e <= 0.6, "%.9g^%.9g = %.9g: %.2f units from %.12g", (double)x[i],
                          (double)y[i], (double)v[i], e, exact);
        }
    }
}
END_TEST

/* A repeated operand, one element, none. */
START_TEST(test_rows) {
    double x = 0.5, y[700];
    run(&functions[0], WG_F64, 700, &x, 0, y);
    for (int i = 1; i < 700; ++i) ck_assert(y[i] == y[0]);
    check_near(y[0], exp(0.5), 1e-15);
    y[0] = 7;
    run(&functions[0], WG_F64, 0, &x, 1, y);
    ck_assert(y[0] == 7);
    run(&functions[0], WG_F64, 1, &x, 5, y);
    check_near(y[0], exp(0.5), 1e-15);
}
END_TEST

Suite *suite_vmath(void) {
    Suite *s = suite_create("vmath");
    TCase *c = tcase_create("vmath");
    tcase_add_loop_test(c, test_errors, 0, FUNCTIONS);
    tcase_add_loop_test(c, test_bits, 0, FUNCTIONS);
    tcase_add_test(c, test_exact);
    tcase_add_test(c, test_powers);
    tcase_add_test(c, test_rows);
    suite_add_tcase(s, c);
    return s;
}
