/* The gradient check where several coordinates lie on kinks at once: gates with a rule of the
 * test's own at ties, right and wrong ones that no single coordinate tells apart. */
#include "tests/check/gradcheck_helpers.h"

static const double PI = 3.141592653589793;
extern const wg_gate wg_gate_max;

/* ---- a sum of ramps ------------------------------------------------------------------------- */

/* f(x) = sum_k w_k relu(<a_k, x>), and at a tie relu' = s_k. */
enum { RAMPS = 6, SPACE = 4 };
static struct {
    int n, ramps;
    double a[RAMPS][SPACE], w[RAMPS], s[RAMPS];
} f;

static double height(const double *x, int k) {
    double z = 0;
    for (int i = 0; i < f.n; ++i) z += f.a[k][i] * x[i];
    return z;
}

static wg_status ramps_infer(wg_call *c) {
    c->y.rank = 0;
    return WG_OK;
}

static wg_status ramps_forward(wg_call *c) {
    double y = 0;
    for (int k = 0; k < f.ramps; ++k) y += f.w[k] * fmax(height(c->x[0]->data, k), 0);
    *(double *)c->y.data = y;
    return WG_OK;
}

static uint64_t ramps_signature(const wg_call *c) {
    uint64_t hash = 1;
    for (int k = 0; k < f.ramps; ++k) {
        double z = height(c->x[0]->data, k);
        hash = 4 * hash + (z > 0 ? 1 : z < 0 ? 2 : 3);
    }
    return hash;
}

static void ramps_rule(wg_pull *p) {
    double g[SPACE] = {0};
    const double *x = wg_data(p->x[0]);
    for (int k = 0; k < f.ramps; ++k) {
        double z = height(x, k), s = z > 0 ? 1 : z < 0 ? 0 : f.s[k];
        for (int i = 0; i < f.n; ++i) g[i] += f.w[k] * s * f.a[k][i];
    }
    p->dx[0] = wg_mul(p->g, wg_const(p->g.tape, WG_F64, WG_SHAPE(f.n), g));
}

static const wg_gate ramps = {
    .size = sizeof(wg_gate),
    .name = "ramps",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .infer = ramps_infer,
    .forward = {NULL, ramps_forward},
    .signature = ramps_signature,
    .rule = ramps_rule,
};

/* The verdict at 0, x in one leaf or each number in a leaf of its own. */
static wg_verdict verdict_of_ramps(int leaves) {
    const double zero[SPACE] = {0};
    wg_var x[SPACE], all;
    wg_tape_clear(t);
    wg_gradcheck_report_clear(&r);
    for (int i = 0; i < f.n; ++i) x[i] = wg_input(t, WG_F64, WG_SHAPE(1), zero);
    all = leaves ? wg_concat((size_t)f.n, x, 0) : wg_input(t, WG_F64, WG_SHAPE(f.n), zero);
    wg_status s = wg_gradcheck(wg_record(&ramps, 1, &all, NULL), NULL, &r);
    ck_assert_msg(s == WG_OK || s == WG_ERR_CHECK, "%s", r.error.text);
    return r.verdict;
}

static void ramps_of(int n, int count, const double *a, const double *w, const double *s) {
    f.n = n;
    f.ramps = count;
    for (int k = 0; k < count; ++k) {
        for (int i = 0; i < n; ++i) f.a[k][i] = a[k * n + i];
        f.w[k] = w[k];
        f.s[k] = s[k];
    }
}

/* relu(x + y) + relu(x - y): (0, 1) lies between the derivatives of each coordinate, [0, 2] and
 * [-1, 1], and is no subgradient: along (1, -1) they are 0 and 2, and <g, v> is -1. */
START_TEST(coupled_ramps) {
    const double a[] = {1, 1, 1, -1}, w[] = {1, 1};
    const double right[][2] = {{0, 0}, {1, 0}, {0.5, 0.5}, {0.2, 0.9}, {1, 1}};
    const double wrong[][2] = {{0.5, -0.5}, {-0.2, 0.2}, {1.1, 0.8}, {0.3, 1.1}};
    for (int leaves = 0; leaves < 2; ++leaves) {
        for (size_t i = 0; i < sizeof right / sizeof *right; ++i) {
            ramps_of(2, 2, a, w, right[i]);
            ck_assert_int_eq(verdict_of_ramps(leaves), WG_VERDICT_SUBGRADIENT);
            ck_assert_int_eq(r.corners, 2);
            ck_assert_int_ge(r.corner_directions, 2);
        }
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
            ramps_of(2, 2, a, w, wrong[i]);
            ck_assert_int_eq(verdict_of_ramps(leaves), WG_VERDICT_FAIL);
            ck_assert_str_eq(r.blame.gate, "ramps");
        }
    }
}
END_TEST

/* Neither convex nor concave: along (1, -1) both sides of relu(x) - 2 relu(y) give 1 and 2, and
 * the right gradients give 0 to 3; the last one is that of no piece's neighbour either. */
START_TEST(ramps_up_and_down) {
    const double a[] = {1, 0, 0, 1}, w[] = {1, -2};
    const double s[][2] = {{0, 0}, {1, 1}, {0.5, 0.5}, {1, 0}, {0, 1}, {0.3, 0.6}};
    for (size_t i = 0; i < sizeof s / sizeof *s; ++i) {
        ramps_of(2, 2, a, w, s[i]);
        ck_assert_int_eq(verdict_of_ramps(0), WG_VERDICT_SUBGRADIENT);
    }
    const double bad[] = {1.2, 0.5};
    ramps_of(2, 2, a, w, bad);
    ck_assert_int_eq(verdict_of_ramps(0), WG_VERDICT_FAIL);
}
END_TEST

/* relu(x + y) - relu(x - y) along y is y, a smooth line; 0, what both ramps at rest give, is the
 * gradient of the piece x < -|y|. */
START_TEST(a_piece_that_the_axes_miss) {
    const double a[] = {1, 1, 1, -1}, w[] = {1, -1}, rest[] = {0, 0}, past[] = {-0.1, -0.1};
    ramps_of(2, 2, a, w, rest);
    ck_assert_int_eq(verdict_of_ramps(1), WG_VERDICT_SUBGRADIENT);
    ramps_of(2, 2, a, w, past);
    ck_assert_int_eq(verdict_of_ramps(1), WG_VERDICT_FAIL);
}
END_TEST

static double drawn(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-52 - 1;
}

/* Ramps that all meet at 0, in whole steps, with weights of both signs. */
static void draw_ramps(uint64_t *state) {
    f.n = 2 + (int)(3 * fabs(drawn(state)));
    f.ramps = 2 + (int)(5 * fabs(drawn(state)));
    for (int k = 0; k < f.ramps; ++k) {
        f.w[k] = 2 * drawn(state);
        for (int i = 0; i < f.n; ++i) f.a[k][i] = floor(1.5 * drawn(state) + 0.5);
    }
}

/* Whatever meets at 0: a gradient of a piece, or between those of two, never fails. */
START_TEST(never_fails_a_right_one) {
    uint64_t state = 5;
    int undecided = 0;
    for (int round = 0; round < (full_run() ? 2000 : 100); ++round) {
        double u[2][SPACE], part = round % 2 ? fabs(drawn(&state)) : 0;
        draw_ramps(&state);
        for (int i = 0; i < 2 * SPACE; ++i) u[i / SPACE][i % SPACE] = drawn(&state);
        for (int k = 0; k < f.ramps; ++k)
            f.s[k] = (1 - part) * (height(u[0], k) > 0) + part * (height(u[1], k) > 0);
        wg_verdict v = verdict_of_ramps(round & 1);
        ck_assert_msg(v != WG_VERDICT_FAIL, "round %d: %s", round, r.leaf[0]->message);
        undecided += v != WG_VERDICT_PASS && v != WG_VERDICT_SUBGRADIENT;
    }
    ck_assert_int_eq(undecided, 0);
}
END_TEST

/* In the plane all pieces are found by turning around; by how much g is outside of their hull along
 * v. */
static double beyond(const double *g, double angle) {
    double v[2] = {cos(angle), sin(angle)}, most = -HUGE_VAL;
    for (int k = 0; k < 720; ++k) {
        double u[2] = {cos((k + 0.5) * PI / 360), sin((k + 0.5) * PI / 360)}, p = 0;
        for (int j = 0; j < f.ramps; ++j)
            p += height(u, j) > 0 ? f.w[j] * height(v, j) : 0;
        most = fmax(most, p);
    }
    return g[0] * v[0] + g[1] * v[1] - most;
}

/* Slopes from within each ramp's own [0, 1], together in the hull or not. */
START_TEST(agrees_with_the_hull_in_the_plane) {
    uint64_t state = 9;
    int failed = 0, right = 0;
    for (int round = 0; round < (full_run() ? 1000 : 60); ++round) {
        double g[2] = {0, 0};
        int seen = 0, angles = 0;
        draw_ramps(&state);
        f.n = 2;
        for (int k = 0; k < f.ramps; ++k) {
            f.s[k] = fabs(drawn(&state));
            for (int i = 0; i < 2; ++i) g[i] += f.w[k] * f.s[k] * f.a[k][i];
        }
        for (int k = 0; k < 360; ++k) {
            double b = beyond(g, k * PI / 180);
            angles += b > 1e-4;
            seen += b > -1e-4;
        }
        wg_verdict v = verdict_of_ramps(0);
        if (seen == 0) ck_assert_int_ne(v, WG_VERDICT_FAIL);
        if (angles > 24) ck_assert_msg(v == WG_VERDICT_FAIL, "round %d, %d degrees", round, angles);
        failed += v == WG_VERDICT_FAIL;
        right += seen == 0;
    }
    ck_assert_int_gt(failed, 5);
    ck_assert_int_gt(right, 5);
}
END_TEST

/* ---- the largest of several ----------------------------------------------------------------- */

/* max over an axis whose rule hands out the given shares of the cotangent. */
static double shares[64];
static void shared_rule(wg_pull *p) {
    wg_var c = wg_const(p->g.tape, WG_F64, wg_shape_of(p->x[0]), shares);
    wg_shape kept = wg_shape_of(p->x[0]);
    kept.dim[kept.rank - 1] = 1;
    p->dx[0] = wg_mul(wg_reshape(p->g, kept), c);
}

static wg_verdict verdict_of_max(wg_shape shape, const double *x) {
    static wg_gate gate;
    wg_var v = wg_name(wg_input(t, WG_F64, shape, x), "x");
    struct {
        wg_axes axes;
        int keepdims;
    } attrs = {{1, {shape.rank - 1}}, 0};
    gate = wg_gate_max;
    gate.rule = shared_rule;
    gate.tangent = NULL;
    wg_gradcheck_report_clear(&r);
    wg_status s = wg_gradcheck(weighted_sum(wg_record(&gate, 1, &v, &attrs)), NULL, &r);
    ck_assert_msg(s == WG_OK || s == WG_ERR_CHECK, "%s", r.error.text);
    return r.verdict;
}

START_TEST(shares_of_a_four_way_tie) {
    const double x[4] = {2, 2, 2, 2};
    const double right[][4] = {
        {1, 0, 0, 0}, {0, 0, 0, 1}, {0.25, 0.25, 0.25, 0.25}, {0.5, 0, 0.5, 0},
        {0.7, 0.1, 0.1, 0.1}};
    const double wrong[][4] = {
        {1, 1, 1, 1}, {0, 0, 0, 0}, {1, 1, 0, 0}, {0.5, 0.5, 0.5, 0.5}, {2, -1, 0, 0},
        {0.25, 0.25, 0.25, 0.24}, {0.9, 0, 0, 0}, {0.25, 0.25, 0.25, 0.25 + 1e-5}};
    for (size_t i = 0; i < sizeof right / sizeof *right; ++i) {
        memcpy(shares, right[i], sizeof right[i]);
        ck_assert_int_eq(verdict_of_max(WG_SHAPE(1, 4), x), WG_VERDICT_SUBGRADIENT);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        memcpy(shares, wrong[i], sizeof wrong[i]);
        ck_assert_msg(verdict_of_max(WG_SHAPE(1, 4), x) == WG_VERDICT_FAIL, "wrong shares %zu", i);
        ck_assert_str_eq(r.blame.gate, "max");
    }
}
END_TEST

/* Sixteen ties of four, with weights of both signs: one of them is handed out twice. */
START_TEST(one_tie_among_many) {
    double x[64];
    for (int i = 0; i < 64; ++i) {
        x[i] = floor(i / 4.0) / 8;
        shares[i] = i % 4 == 1;
    }
    ck_assert_int_eq(verdict_of_max(WG_SHAPE(16, 4), x), WG_VERDICT_SUBGRADIENT);
    ck_assert_int_eq(r.corners, 64);
    for (int i = 0; i < 4; ++i) shares[36 + i] = 0.5;
    ck_assert_int_eq(verdict_of_max(WG_SHAPE(16, 4), x), WG_VERDICT_FAIL);
    ck_assert_int_ge(r.leaf[0]->worst, 36);
    ck_assert_int_lt(r.leaf[0]->worst, 40);
    ck_assert_ptr_nonnull(strstr(r.leaf[0]->message, "moved with x at "));
}
END_TEST

/* ---- two leaves ----------------------------------------------------------------------------- */

/* maximum whose partial derivatives at a tie are `tied`. */
static double tied[2];
extern const wg_gate wg_gate_maximum;

static double tied_scalar(const double *x, const void *attrs, double *partial) {
    double y = wg_gate_maximum.elementwise->scalar(x, attrs, partial);
    if (x[0] == x[1]) partial[0] = tied[0], partial[1] = tied[1];
    return y;
}

static wg_verdict verdict_of_tied(double first, double second, double factor) {
    static wg_gate gate;
    static wg_elementwise mathematics;
    tied[0] = first;
    tied[1] = second;
    gate = wg_gate_maximum;
    mathematics = *gate.elementwise;
    mathematics.scalar = tied_scalar;
    gate.elementwise = &mathematics;
    gate.rule = NULL;
    wg_var x[2] = {wg_name(wg_scalar(t, 0.7), "x"), wg_name(wg_scalar(t, 0.7), "y")};
    wg_var y = wg_record(&gate, 2, x, NULL);
    wg_gradcheck_report_clear(&r);
    (void)wg_gradcheck(wg_scale(wg_exp(y), factor), NULL, &r);
    return r.verdict;
}

START_TEST(shares_of_maximum) {
    for (double factor = 1; factor >= -3; factor -= 4) {
        ck_assert_int_eq(verdict_of_tied(0.5, 0.5, factor), WG_VERDICT_SUBGRADIENT);
        ck_assert_int_eq(verdict_of_tied(1, 0, factor), WG_VERDICT_SUBGRADIENT);
        ck_assert_int_eq(verdict_of_tied(0.2, 0.8, factor), WG_VERDICT_SUBGRADIENT);
        ck_assert_int_eq(verdict_of_tied(2, -1, factor), WG_VERDICT_FAIL);
        ck_assert_int_eq(verdict_of_tied(0, 0, factor), WG_VERDICT_FAIL);
        ck_assert_int_eq(verdict_of_tied(1, 1, factor), WG_VERDICT_FAIL);
        for (size_t i = 0; i < 2; ++i) /* both leaves have a part in it */
            ck_assert_int_eq(r.leaf[i]->verdict, WG_VERDICT_FAIL);
        ck_assert_ptr_nonnull(strstr(r.leaf[0]->message, "moved with y at 0"));
        ck_assert_str_eq(r.blame.gate, "maximum");
    }
}
END_TEST

/* ---- the registry's own gates --------------------------------------------------------------- */

/* At ties of all kinds, weights of both signs behind them, nothing right fails. */
START_TEST(gates_at_ties) {
    const double same[6] = {1, 1, 1, 1, 1, 1}, zero[6] = {0};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), same);
    wg_var o = wg_input(t, WG_F64, WG_SHAPE(6), zero);
    wg_var m = wg_input(t, WG_F64, WG_SHAPE(3, 2), zero);
    wg_var roots[] = {
        weighted_sum(wg_sort(wg_reshape(x, WG_SHAPE(6)), 0)),
        weighted_sum(wg_max_over(x, WG_AXES(1), 0)),
        weighted_sum(wg_min_over(x, WG_AXES(0), 0)),
        weighted_sum(wg_relu(o)),
        weighted_sum(wg_abs(o)),
        weighted_sum(wg_relu(wg_matmul(m, x))),
        weighted_sum(wg_maximum(wg_relu(o), wg_scale(wg_relu(wg_neg(o)), 2))),
        wg_sub(wg_max(x), wg_scale(wg_min(x), 3)),
        weighted_sum(wg_clamp(o, 0, 1)),
    };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; ++i) {
        ck_assert_msg(wg_gradcheck(roots[i], NULL, &r) == WG_OK, "%zu: %s %s", i,
                      wg_verdict_name(r.verdict), r.n ? r.leaf[0]->message : r.error.text);
        wg_gradcheck_report_clear(&r);
    }
}
END_TEST

extern Suite *suite_gradcheck_corners(void);
Suite *suite_gradcheck_corners(void) {
    const TTest *const together[] = {
        coupled_ramps, ramps_up_and_down, a_piece_that_the_axes_miss, never_fails_a_right_one,
        agrees_with_the_hull_in_the_plane, shares_of_a_four_way_tie, one_tie_among_many,
        shares_of_maximum, gates_at_ties};
    Suite *s = suite_create("gradcheck_corners");
    TCase *c = tcase_create("together");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 120);
    for (size_t i = 0; i < sizeof together / sizeof *together; ++i)
        tcase_add_test(c, together[i]);
    suite_add_tcase(s, c);
    return s;
}
