/* test_extremes.c: gates of squares at numbers whose squares are none, and other places where digits
 * are lost.
 *
 * A gate that is homogeneous of degree d, f(s x) = s^d f(x), has f'(s x) = s^(d-1) f'(x); for s a
 * power of two both hold to the last digits, however large or small s is. */
#include "tests/ops/hold.h"
#include "tests/ops/points.h"

extern Suite *suite_extremes(void);

enum { ROWS = 3, COLUMNS = 4, N = ROWS * COLUMNS };

static const wg_axes rows_axis = {1, {-1}}, first_axis = {1, {0}};
static const double base[N] = {1.5, -0.25, 0.75, 2, -1, 0.5, 3, -2.25, 0.125, 1.75, -0.5, 1};
static const double other[N] = {0.5, 1, -0.75, 1.25, 2, -1.5, 0.25, 1, -1, 0.625, 3, 0.375};

typedef struct built {
    const char *name;
    wg_var (*make)(wg_var x, wg_var y); /* of y, which is not scaled, some make no use */
    int degree, scales_rows;            /* each row may have its own s; else the columns */
} built;

static wg_var of_norm(wg_var x, wg_var y) {
    (void)y;
    return wg_norm_over(x, 2, rows_axis, 1);
}
static wg_var of_std(wg_var x, wg_var y) {
    (void)y;
    return wg_std_over(x, rows_axis, 0, 1);
}
static wg_var of_layer_norm(wg_var x, wg_var y) {
    (void)y;
    return wg_layer_norm(x, WG_NONE, WG_NONE, rows_axis, 0);
}
static wg_var of_rms_norm(wg_var x, wg_var y) {
    (void)y;
    return wg_rms_norm(x, WG_NONE, rows_axis, 0);
}
static wg_var of_group_norm(wg_var x, wg_var y) {
    (void)y;
    return wg_group_norm(x, WG_NONE, WG_NONE, 1, 0);
}
static wg_var of_instance_norm(wg_var x, wg_var y) { /* (N, 1, C): the rows are the places */
    (void)y;
    wg_var image = wg_reshape(wg_transpose(x), WG_SHAPE(1, COLUMNS, ROWS));
    return wg_instance_norm(image, WG_NONE, WG_NONE, 0);
}
static wg_var of_cosine(wg_var x, wg_var y) { return wg_cosine_similarity(x, y, -1, 0); }
static wg_var of_cosine_loss(wg_var x, wg_var y) {
    static const unsigned char alike[ROWS] = {1, 1, 1};
    wg_var mask = wg_const(x.tape, WG_BOOL, WG_SHAPE(ROWS), alike);
    return wg_cosine_embedding_loss(x, y, mask, 0, 0, WG_REDUCTION_NONE);
}
static wg_var of_triplet(wg_var x, wg_var y) {
    wg_var zero = wg_scale(x, 0);
    (void)y;
    return wg_triplet_loss(x, zero, wg_scale(x, 0.5), 0, 0, WG_REDUCTION_NONE);
}

static const built gates[] = {
    {"norm", of_norm, 1, 1},           {"std", of_std, 1, 1},
    {"layer_norm", of_layer_norm, 0, 1},  {"rms_norm", of_rms_norm, 0, 1},
    {"group_norm", of_group_norm, 0, 1},  {"instance_norm", of_instance_norm, 0, 1},
    {"cosine_similarity", of_cosine, 0, 1}, {"cosine_embedding_loss", of_cosine_loss, 0, 1},
    {"triplet_loss", of_triplet, 1, 1},
};

/* Value, gradient by the sweep and by the rule, of the rows scaled by s[]. */
typedef struct result {
    double y[N], dx[N], rule[N];
    size_t n;
} result;

static result evaluate(const built *b, wg_dtype dtype, const double *s) {
    double x[N], c[N];
    result r;
    wg_tape *t = wg_tape_new();
    for (int i = 0; i < N; ++i) {
        x[i] = base[i] * s[i / COLUMNS];
        c[i] = 0.25 * (i % 7) - 0.625;
    }
    wg_var v = put(t, dtype, WG_SHAPE(ROWS, COLUMNS), N, x, 1), g;
    wg_var y = b->make(v, put(t, dtype, WG_SHAPE(ROWS, COLUMNS), N, other, 0));
    r.n = (size_t)wg_shape_size(wg_shape_of(y));
    wg_var cotangent = put(t, dtype, wg_shape_of(y), r.n, c, 0);
    ck_assert_msg(wg_tape_status(t) == WG_OK, "%s: %s", b->name, wg_tape_message(t));
    ck_assert_int_eq(wg_vjp(y, cotangent, 1, &v, &g), WG_OK);
    ck_assert(take(y, r.n, r.y) && take(g, N, r.rule));
    for (size_t i = 0; i < r.n; ++i) /* the sum of c y could overflow */
        ck_assert(isfinite(r.y[i]));
    double small[N];
    for (size_t i = 0; i < r.n; ++i) small[i] = c[i] * ldexp(1, dtype == WG_F32 ? -20 : -40);
    wg_var root = wg_sum(wg_mul(put(t, dtype, wg_shape_of(y), r.n, small, 0), y));
    ck_assert_int_eq(wg_backward(root), WG_OK);
    ck_assert(take(wg_grad(v), N, r.dx));
    for (int i = 0; i < N; ++i) r.dx[i] *= ldexp(1, dtype == WG_F32 ? 20 : 40);
    wg_tape_free(t);
    return r;
}

static void hold(const built *b, wg_dtype dtype, const double *s) {
    static const double ones[ROWS] = {1, 1, 1};
    double eps = dtype == WG_F32 ? 2e-5 : 1e-13;
    result plain = evaluate(b, dtype, ones), scaled = evaluate(b, dtype, s);
    ck_assert_uint_eq(plain.n, scaled.n);
    for (size_t i = 0; i < plain.n; ++i) {
        double row = s[plain.n == ROWS ? i : i / COLUMNS];
        if (b->make == of_instance_norm) row = s[i % ROWS];
        double y = scaled.y[i] / (b->degree ? row : 1);
        ck_assert_msg(fabs(y - plain.y[i]) <= eps, "%s: y[%zu] = %g, not %g", b->name, i, y,
                      plain.y[i]);
    }
    for (int i = 0; i < N; ++i) {
        double factor = b->degree ? 1 : s[i / COLUMNS];
        double dx = scaled.dx[i] * factor, rule = scaled.rule[i] * factor;
        ck_assert_msg(fabs(dx - plain.dx[i]) <= eps, "%s: dx[%d] = %g, not %g", b->name, i, dx,
                      plain.dx[i]);
        ck_assert_msg(fabs(rule - plain.dx[i]) <= eps, "%s: rule's dx[%d] = %g, not %g", b->name,
                      i, rule, plain.dx[i]);
    }
}

START_TEST(test_scales) {
    for (size_t i = 0; i < sizeof gates / sizeof *gates; ++i) {
        double big = ldexp(1, 940), small = ldexp(1, -940);
        double s[][ROWS] = {{big, big, big}, {small, small, small}, {big, 1, small}};
        for (int k = 0; k < 3; ++k) hold(&gates[i], WG_F64, s[k]);
        big = ldexp(1, 80), small = ldexp(1, -80);
        double s32[][ROWS] = {{big, big, big}, {small, small, small}, {big, 1, small}};
        for (int k = 0; k < 3; ++k) hold(&gates[i], WG_F32, s32[k]);
    }
}
END_TEST

/* (x - mean)/std over the rows of a column, whatever the column's scale. */
START_TEST(test_batch_norm_scales) {
    static const double one[3] = {1, 1, 1}, zero[3] = {0, 0, 0};
    double s[3] = {ldexp(1, 990), 1, ldexp(1, -990)}, x[6], y[6];
    for (int i = 0; i < 6; ++i) x[i] = (i < 3 ? 3 : 1) * s[i % 3];
    wg_tape *t = wg_tape_new();
    wg_var gamma = put(t, WG_F64, WG_SHAPE(3), 3, one, 1);
    wg_var v = wg_batch_norm(put(t, WG_F64, WG_SHAPE(2, 3), 6, x, 1), gamma,
                             put(t, WG_F64, WG_SHAPE(3), 3, zero, 1), WG_NONE, WG_NONE, 0);
    ck_assert(take(v, 6, y));
    for (int i = 0; i < 6; ++i) check_near(y[i], i < 3 ? 1 : -1, 1e-15);
    wg_tape_free(t);
}
END_TEST

/* Deviations far below the offset keep the digits that the elements have: two passes. */
START_TEST(test_offset) {
    double x[4] = {1e8 + 1, 1e8 + 2, 1e8 + 3, 1e8 + 6}, y[1], dx[4];
    wg_tape *t = wg_tape_new();
    wg_var v = put(t, WG_F64, WG_SHAPE(4), 4, x, 1);
    wg_var std = wg_std_over(v, first_axis, 0, 0);
    ck_assert(take(std, 1, y));
    check_near(y[0], sqrt(3.5), 1e-15);
    ck_assert_int_eq(wg_backward(std), WG_OK);
    ck_assert(take(wg_grad(v), 4, dx));
    for (int i = 0; i < 4; ++i) check_near(dx[i], (x[i] - 1e8 - 3) / (4 * sqrt(3.5)), 1e-15);
    wg_tape_free(t);
}
END_TEST

/* The softmax of logsumexp's gradient sums to 1 to the last digit at any level; ends as ever. */
START_TEST(test_logsumexp_levels) {
    static const double levels[] = {0, 1e4, -1e4, 1e6, -1e9, 1e300};
    wg_tape *t = wg_tape_new();
    for (size_t i = 0; i < sizeof levels / sizeof *levels; ++i) {
        double x[2] = {levels[i], levels[i]}, d[2], e[2];
        wg_var v = put(t, WG_F64, WG_SHAPE(2), 2, x, 1), y = wg_logsumexp(v), g;
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_int_eq(wg_gradients(y, 1, &v, &g), WG_OK);
        ck_assert(take(wg_grad(v), 2, d) && take(g, 2, e));
        for (int k = 0; k < 2; ++k) ck_assert(d[k] == 0.5 && e[k] == 0.5);
    }
    double x[][2] = {{-INF, -INF}, {INF, INF}, {INF, 0}, {-INF, 0}};
    double want[][2] = {{0, 0}, {1, 1}, {1, 0}, {0, 1}}, d[2];
    for (int i = 0; i < 4; ++i) {
        wg_var v = put(t, WG_F64, WG_SHAPE(2), 2, x[i], 1);
        ck_assert_int_eq(wg_backward(wg_logsumexp(v)), WG_OK);
        ck_assert(take(wg_grad(v), 2, d) && d[0] == want[i][0] && d[1] == want[i][1]);
    }
    wg_tape_free(t);
}
END_TEST

/* d^2/(2 beta) is a number where d^2 is none. */
START_TEST(test_smooth_l1_of_large) {
    wg_tape *t = wg_tape_new();
    wg_var d = wg_scalar(t, 1e200);
    wg_var l = wg_smooth_l1_loss(d, wg_scalar(t, 0), 1e300, WG_REDUCTION_SUM);
    check_near(wg_item(l) / 5e99, 1, 1e-15);
    ck_assert_int_eq(wg_backward(l), WG_OK);
    check_near(wg_item(wg_grad(d)) / 1e-100, 1, 1e-15);
    wg_tape_free(t);
}
END_TEST

/* polygamma: at negative half integers, where the cotangent of the reflection is 0; psi_2(-1/2) =
 * psi_2(1/2) + 2 2!/(-1/2)^3 / 2 = -14 zeta(3) + 16; next to 0; where x^-s underflows and the value
 * does not.  psi_6(-3/2) to 17 digits is from mpmath. */
START_TEST(test_polygamma_corners) {
    wg_tape *t = wg_tape_new();
    check_near(wg_item(wg_polygamma(wg_scalar(t, -0.5), 2)), 16 - 14 * 1.2020569031595942, 2e-14);
    check_near(wg_item(wg_polygamma(wg_scalar(t, -1.5), 6)), -1.3180061075500352, 2e-13);
    ck_assert(wg_item(wg_digamma(wg_scalar(t, -5e-324))) == INF);
    ck_assert(wg_item(wg_polygamma(wg_scalar(t, -5e-324), 1)) == INF);
    ck_assert(wg_item(wg_polygamma(wg_scalar(t, -5e-324), 2)) == INF);
    double tiny = wg_item(wg_polygamma(wg_scalar(t, 1e200), 1)) * 1e200;
    check_near(tiny, 1, 1e-14);
    tiny = wg_item(wg_polygamma(wg_scalar(t, 1e100), 3)) * 1e300;
    check_near(tiny, 2, 1e-13);
    wg_tape_free(t);
}
END_TEST

static const point powers[] = {
    TWO(wg_pow, INF, -1, 0, 0, 0),   TWO(wg_pow, INF, -0.5, 0, 0, 0),
    TWO(wg_pow, INF, 0.5, INF, 0, INF),  TWO(wg_pow, 0, 0, 1, 0, 0),
    TWO(wg_pow, 0, 2, 0, 0, 0),      TWO(wg_pow, 0, 1, 0, 1, 0),
    TWO(wg_pow, 0, -1, INF, -INF, -INF), TWO(wg_pow, -2, 3, -8, 12, NOT),
    TWO(wg_pow, -2, -2, 0.25, 0.25, NOT), TWO(wg_pow, -2, 0.5, NOT, NOT, NOT),
};

START_TEST(test_powers) { hold_point(&powers[_i], 1e-15, 1e-6); }
END_TEST

Suite *suite_extremes(void) {
    Suite *s = suite_create("extremes");
    TCase *c = tcase_create("extremes");
    tcase_add_test(c, test_scales);
    tcase_add_test(c, test_batch_norm_scales);
    tcase_add_test(c, test_offset);
    tcase_add_test(c, test_logsumexp_levels);
    tcase_add_test(c, test_smooth_l1_of_large);
    tcase_add_test(c, test_polygamma_corners);
    tcase_add_loop_test(c, test_powers, 0, (int)(sizeof powers / sizeof *powers));
    suite_add_tcase(s, c);
    return s;
}
