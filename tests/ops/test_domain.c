/* test_domain.c: what descriptors say of domains (.domain, the notes of docs/gates.md): at poles,
 * kinks, ties and outside, one line a claim, by an expression and its recorded and unrecorded
 * gradients. */
#include "tests/suites.h"

#include "graph/graph.h"
#include "ops/ops.h"

#include <math.h>
#include <stdio.h>

#define INF ((double)INFINITY)
#define NOT ((double)NAN)
#define PI 3.14159265358979323846
#define MASK(text) "cast(" text ", dtype=f64)"
#define NONE "slice(x, axis=0, start=0, stop=0)" /* of no elements */
#define ROW "reshape(x, shape=[1, 2])"
#define COLUMN "reshape(x, shape=[2, 1])"
#define SEQUENCE "reshape(x, shape=[1, 2, 1])"

/* The sum of the expression in x and in its two elements a and b; its gradient. */
typedef struct claim {
    const char *text;
    double x[2], value, dx[2];
} claim;

static const claim claims[] = {
    {"abs(a)", {0}, 0, {0}},
    {"acos(a)", {1}, 0, {-INF}}, {"acos(a)", {-1}, PI, {-INF}}, {"acos(a)", {1.5}, NOT, {NOT}},
    {"acosh(a)", {1}, 0, {INF}}, {"acosh(a)", {0.5}, NOT, {NOT}},
    {"asin(a)", {1}, PI / 2, {INF}}, {"asin(a)", {-1}, -PI / 2, {INF}},
    {"asin(a)", {-2}, NOT, {NOT}},
    {"atan2(a, b)", {0, -2}, PI, {-0.5, 0}}, {"atan2(a, b)", {-0.0, -2}, -PI, {-0.5, 0}},
    {"atan2(a, b)", {0, 0}, 0, {NOT, NOT}},
    {"atanh(a)", {1}, INF, {INF}}, {"atanh(a)", {-1}, -INF, {INF}},
    {"atanh(a)", {3}, NOT, {-0.125}},
    {"cbrt(a)", {0}, 0, {INF}}, {"cbrt(a)", {-0.0}, 0, {INF}},
    {"ceil(a)", {2}, 2, {0}}, {"floor(a)", {2}, 2, {0}}, {"round(a)", {0.5}, 0, {0}},
    {"round(a)", {1.5}, 2, {0}}, {"sign(a)", {0}, 0, {0}}, {"step(a)", {0}, 0, {0}},
    {"clamp(a, lo=-1, hi=1)", {1}, 1, {1}}, {"clamp(a, lo=-1, hi=1)", {-1}, -1, {1}},
    {"digamma(a)", {0}, -INF, {INF}}, {"digamma(a)", {-0.0}, INF, {INF}},
    {"digamma(a)", {-2}, NOT, {INF}},
    {"a / b", {1, 0}, INF, {INF, -INF}}, {"a / b", {0, 0}, NOT, {INF, NOT}},
    {"elu(a, alpha=0.5)", {0}, 0, {0.5}}, {"elu(a, alpha=1)", {0}, 0, {1}},
    {MASK("equal(a, b)"), {1, 1}, 1, {0, 0}}, {MASK("equal(a, b)"), {NOT, NOT}, 0, {0, 0}},
    {MASK("not_equal(a, b)"), {NOT, NOT}, 1, {0, 0}}, {MASK("less(a, b)"), {NOT, 1}, 0, {0, 0}},
    {MASK("less_equal(a, b)"), {1, NOT}, 0, {0, 0}}, {MASK("less(a, b)"), {1, 1}, 0, {0, 0}},
    {MASK("greater(a, b)"), {NOT, 1}, 0, {0, 0}}, {MASK("greater_equal(a, b)"), {1, 1}, 1, {0, 0}},
    {MASK("greater_equal(a, b)"), {NOT, 1}, 0, {0, 0}},
    {"hardsigmoid(a)", {-3}, 0, {0}}, {"hardsigmoid(a)", {3}, 1, {0}},
    {"hardswish(a)", {-3}, 0, {0}}, {"hardswish(a)", {3}, 3, {1}},
    {"hardtanh(a)", {-1}, -1, {0}}, {"hardtanh(a)", {1}, 1, {0}},
    {"relu6(a)", {0}, 0, {0}}, {"relu6(a)", {6}, 6, {0}}, {"relu(a)", {0}, 0, {0}},
    {"leaky_relu(a, slope=0.25)", {0}, 0, {0.25}}, {"prelu(a, b)", {0, 0.25}, 0, {0.25, 0}},
    {"selu(a)", {0}, 0, {1.7580993408473766}}, {"hypot(a, b)", {0, 0}, 0, {0, 0}},
    {"lgamma(a)", {0}, INF, {-INF}}, {"lgamma(a)", {-0.0}, INF, {INF}},
    {"lgamma(a)", {-3}, INF, {NOT}},
    {"log(a)", {0}, -INF, {INF}}, {"log(a)", {-0.0}, -INF, {-INF}}, {"log(a)", {-2}, NOT, {-0.5}},
    {"log2(a)", {-0.0}, -INF, {-INF}}, {"log2(a)", {-1}, NOT, {-1.4426950408889634}},
    {"log10(a)", {0}, -INF, {INF}}, {"log10(a)", {-1}, NOT, {-0.43429448190325183}},
    {"log1p(a)", {-1}, -INF, {INF}}, {"log1p(a)", {-3}, NOT, {-0.5}},
    {MASK("logical_and(a, b)"), {1, 0}, 0, {0, 0}}, {MASK("logical_or(a, b)"), {1, 0}, 1, {0, 0}},
    {MASK("logical_xor(a, b)"), {1, 1}, 0, {0, 0}}, {MASK("logical_not(a)"), {0}, 1, {0}},
    {"maximum(a, b)", {1, 1}, 1, {0.5, 0.5}}, {"maximum(a, b)", {NOT, 1}, NOT, {0.5, 0.5}},
    {"minimum(a, b)", {1, 1}, 1, {0.5, 0.5}}, {"minimum(a, b)", {1, NOT}, NOT, {0.5, 0.5}},
    {"polygamma(a, n=1)", {0}, INF, {-INF}}, {"polygamma(a, n=1)", {-2}, INF, {NOT}},
    {"polygamma(a, n=2)", {0}, -INF, {INF}}, {"polygamma(a, n=2)", {-0.0}, INF, {INF}},
    {"polygamma(a, n=2)", {-1}, NOT, {INF}},
    {"polygamma(a, n=100)", {1}, -9.3326215443944153e157, {NOT}},
    {"a^b", {-2, 3}, -8, {12, NOT}}, {"a^b", {-2, 0.5}, NOT, {NOT, NOT}},
    {"a^b", {0, 2}, 0, {0, 0}}, {"a^b", {0, 0}, 1, {0, 0}}, {"a^b", {0, 1}, 0, {1, 0}},
    {"a^b", {0, 0.5}, 0, {INF, 0}},
    {"reciprocal(a)", {0}, INF, {-INF}}, {"reciprocal(a)", {-0.0}, -INF, {-INF}},
    {"rsqrt(a)", {0}, INF, {-INF}}, {"rsqrt(a)", {-0.0}, -INF, {-INF}},
    {"rsqrt(a)", {-1}, NOT, {NOT}},
    {"sqrt(a)", {0}, 0, {INF}}, {"sqrt(a)", {-0.0}, 0, {-INF}}, {"sqrt(a)", {-1}, NOT, {NOT}},
    {"share(a, b)", {1, 1}, 0.5, {0, 0}}, {"share(a, b)", {NOT, 1}, 0.5, {0, 0}},
    {"winner(a, b)", {NOT, NOT}, 1, {0, 0}}, {"winner(a, b)", {2, 2}, 1, {0, 0}},
    {"tan(a)", {INF}, NOT, {NOT}}, {"sin(a)", {INF}, NOT, {NOT}}, {"cos(a)", {-INF}, NOT, {NOT}},

    {"logdet(reshape(a, shape=[1, 1]))", {-2}, NOT, {-0.5}},
    {"logabsdet(reshape(a, shape=[1, 1]))", {-2}, 0.69314718055994531, {-0.5}},
    {"det(stack(x, 2 * x, axis=0))", {1, 3}, 0, {0, 0}},

    {"gather(x, [0, 0], axis=0)", {3, 4}, 6, {2, 0}},
    {"index_select(x, [1, 1, 1], axis=0)", {3, 4}, 12, {0, 3}},
    {"embedding(" COLUMN ", [1, 1])", {3, 4}, 8, {0, 2}},
    {"scatter_add([0, 0], [1, 1], x, axis=0)^2", {1, 2}, 9, {6, 6}},
    {"index_add([0, 0], [1, 1], x, axis=0)^2", {1, 2}, 9, {6, 6}},
    {"one_hot(a, classes=3)", {1}, 1, {0}},
    {MASK("argmax(x, axis=0)"), {2, 2}, 0, {0, 0}}, {MASK("argmin(x, axis=0)"), {2, 2}, 0, {0, 0}},
    {MASK("argmax(x, axis=0)"), {1, NOT}, 1, {0, 0}},
    {MASK("argmin(x, axis=0)"), {1, NOT}, 1, {0, 0}},
    {MASK("any(" NONE ")"), {1, 1}, 0, {0, 0}}, {MASK("all(" NONE ")"), {1, 1}, 1, {0, 0}},
    {"cosine_similarity(x, [1, 2], axis=0, eps=0.5)", {0, 0}, 0, {0.89442719099991588,
                                                               1.7888543819998318}},
    {"cosine_similarity(x, [1, 2], axis=0, eps=0)", {0, 0}, NOT, {NOT, NOT}},
    {"cosine_similarity(x, [0, 1], axis=0, eps=5)", {3, 4}, 0.16, {0, 0.04}},
    {"cosine_embedding_loss(x, [1, 0], 0, margin=0.6)", {3, 4}, 0, {0, 0}},
    {"layer_norm(x, [1, 1], [3, 4], axis=[0], eps=1)", {2, 2}, 7, {0, 0}},
    {"layer_norm(x, [1, 1], [3, 4], axis=[0], eps=0)", {2, 2}, NOT, {NOT, NOT}},
    {"group_norm(" ROW ", [1, 1], [3, 4], groups=1, eps=0)", {2, 2}, NOT, {NOT, NOT}},
    {"group_norm(" ROW ", [1, 1], [3, 4], groups=1, eps=1)", {2, 2}, 7, {0, 0}},
    {"instance_norm(reshape(x, shape=[1, 2, 1]), [1], [3], eps=1)", {2, 2}, 6, {0, 0}},
    {"instance_norm(reshape(x, shape=[1, 2, 1]), [1], [3], eps=0)", {2, 2}, NOT, {NOT, NOT}},
    {"batch_norm(" COLUMN ", [1], [3], eps=1)", {2, 2}, 6, {0, 0}},
    {"batch_norm(" COLUMN ", [1], [3], eps=0)", {2, 2}, NOT, {NOT, NOT}},
    {"rms_norm(x, [1, 1], axis=[0], eps=1)", {0, 0}, 0, {1, 1}},
    {"rms_norm(x, [1, 1], axis=[0], eps=0)", {0, 0}, NOT, {NOT, NOT}},
    {"local_response_norm(x, k=0)", {0, 0}, NOT, {NOT, NOT}},

    {"l1_loss(a, b)", {1, 1}, 0, {0, 0}}, {"smooth_l1_loss(a, b, beta=0)", {1, 1}, 0, {0, 0}},
    {"kl_div(a, b)", {-1, 0}, 0, {0, -INF}}, {"kl_div(a, b)", {-1, -1}, NOT, {1, NOT}},
    {"bce_with_logits(a, b)", {2, 1.5}, -0.87307198895702735, {-0.61920292202211764, -2}},
    {"nll_loss(reshape(" NONE ", shape=[0, 2]), " NONE ")", {1, 1}, NOT, {0, 0}},
    {"softmax_loss(reshape(" NONE ", shape=[0, 2]), " NONE ")", {1, 1}, NOT, {0, 0}},
    {"svm_loss(reshape(" NONE ", shape=[0, 2]), " NONE ")", {1, 1}, NOT, {0, 0}},
    {"softmax_loss_with(" ROW ", [1], ignore=1)", {1, 1}, NOT, {NOT, NOT}},
    {"svm_loss(" ROW ", [0])", {1, 0}, 0, {0, 0}},
    {"svm_loss_grad(" ROW ", [0], 1)^2", {1, 0}, 0, {0, 0}},
    {"svm_loss_with(" ROW ", [0], margin=0.5)", {0.5, 0}, 0, {0, 0}},
    {"softmax_loss_soft(" ROW ", [[1, 1]])", {0, 0}, 1.3862943611198906, {0, 0}},
    {"triplet_loss([0, 0], x, [2, 0], margin=1)", {1, 0}, 0, {0, 0}},
    {"triplet_loss(x, x, [0, 2], margin=1)", {0, 0}, 0, {0, 0}},
    {"triplet_loss(x, x, [0, 0.5], margin=1)", {0, 0}, 0.5, {0, 1}},

    {"slice(softmax(x, axis=0), axis=0, start=0, stop=1)", {1, NOT}, NOT, {NOT, NOT}},
    {"slice(softmax(x, axis=0), axis=0, start=0, stop=1)", {1, INF}, NOT, {NOT, NOT}},
    {"softmax(x, axis=0)", {-INF, -INF}, NOT, {NOT, NOT}},
    {"slice(log_softmax(x, axis=0), axis=0, start=0, stop=1)", {1, INF}, NOT, {NOT, NOT}},
    {"log_softmax(x, axis=0)", {-INF, -INF}, NOT, {NOT, NOT}},
    {"logsumexp(x)", {-INF, -INF}, -INF, {0, 0}}, {"logsumexp(x)", {INF, 1}, INF, {1, 0}},
    {"logsumexp(x)", {INF, INF}, INF, {1, 1}}, {"logsumexp(" NONE ")", {1, 1}, -INF, {0, 0}},
    {"max(x)", {2, 2}, 2, {0.5, 0.5}}, {"min(x)", {2, 2}, 2, {0.5, 0.5}},
    {"max(x)", {1, NOT}, NOT, {0, 1}}, {"min(x)", {NOT, 1}, NOT, {1, 0}},
    {"mean(" NONE ")", {1, 1}, NOT, {0, 0}}, {"moments(" NONE ")", {1, 1}, NOT, {0, 0}},
    {"var(x, ddof=2)", {1, 2}, NOT, {NOT, NOT}}, {"std(x, ddof=3)", {1, 2}, NOT, {NOT, NOT}},
    {"std(x)", {2, 2}, 0, {0, 0}},
    {"norm(x, ord=1)", {0, 3}, 3, {0, 1}}, {"norm(x, ord=2)", {0, 0}, 0, {0, 0}},
    {"norm(x, ord=inf)", {3, -3}, 3, {0.5, -0.5}},
    {"max_pool2d(reshape(x, shape=[1, 1, 2, 1]), size=[1, 2])", {5, 5}, 5, {1, 0}},
    {"max_pool2d(reshape(x, shape=[1, 1, 2, 1]), size=[1, 2])", {5, NOT}, NOT, {0, 1}},
    {"max_pool2d(reshape(x, shape=[1, 1, 2, 1]), size=[1, 2], pad=[0, 1])", {-5, -6}, -11, {1, 1}},
    {"l2_pool1d(" SEQUENCE ")", {0, 0}, 0, {0, 0}},
    {"l2_pool2d(reshape(x, shape=[1, 1, 2, 1]), size=[1, 2])", {0, 0}, 0, {0, 0}},
    {"max_pool1d(" SEQUENCE ")", {5, 5}, 5, {1, 0}},
    {"adaptive_max_pool1d(" SEQUENCE ", out=1)", {5, 5}, 5, {1, 0}},
    {"adaptive_max_pool1d(" SEQUENCE ", out=1)", {5, NOT}, NOT, {0, 1}},
    {"adaptive_max_pool2d(reshape(x, shape=[1, 1, 2, 1]), out=1)", {5, 5}, 5, {1, 0}},
    {"global_max_pool(" SEQUENCE ")", {5, 5}, 5, {0.5, 0.5}},
    {"global_max_pool(" SEQUENCE ")", {NOT, 5}, NOT, {1, 0}},
    {"maxout(x, pieces=2)", {2, 2}, 2, {0.5, 0.5}}, {"maxout(x, pieces=2)", {1, NOT}, NOT, {0, 1}},
    {"logdet([[0, 1], [1, 0]] * " COLUMN ")", {1, 1}, NOT, {1, 1}},
    {"det([[1, 2], [2, 4]] * " COLUMN ")", {1, 1}, 0, {0, 0}},
    {"triangular_solve([[1, 7], [1, 1]] * x, [1, 1])", {1, 1}, 1, {-1, 0}},
    {"sort(x, axis=0) * [1, 10]", {2, 2}, 22, {1, 10}},
    {"slice(sort(x, axis=0), axis=0, start=0, stop=1)", {NOT, 1}, 1, {0, 1}},
    {"topk(x, k=1, axis=0)", {2, 2}, 2, {1, 0}}, {"topk(x, k=1, axis=0)", {9, NOT}, NOT, {0, 1}},
    {"where(greater(x, 0), x, [5, 5])", {1, NOT}, 6, {1, 0}},
};

static int same(double got, double want) {
    if (isnan(want) || isinf(want)) return isnan(want) ? isnan(got) : got == want;
    return fabs(got - want) <= 1e-13 * (1 + fabs(want));
}

/* The expression's sum; z, a leaf that adds nothing, lets flat ones be differentiated. */
static wg_var record(wg_tape *t, const char *text, const double *numbers, wg_var *x) {
    char all[512];
    const char *names[] = {"x", "z"};
    wg_var vars[2] = {wg_input(t, WG_F64, WG_SHAPE(2), numbers), wg_scalar(t, 0)};
    snprintf(all, sizeof all,
             "a = squeeze(slice(x, axis=0, stop=1)); b = squeeze(slice(x, axis=0, start=1));"
             "sum(%s) + z", text);
    *x = vars[0];
    return wg_parse(t, all, 2, names, vars);
}

START_TEST(test_claim) {
    const claim *c = &claims[_i];
    wg_tape *t = wg_tape_new();
    double backward[2], recorded[2];
    wg_var x, d, y = record(t, c->text, c->x, &x);
    ck_assert_msg(wg_tape_status(t) == WG_OK, "%s: %s", c->text, wg_tape_message(t));
    ck_assert_msg(same(wg_item(y), c->value), "%s: %g, not %g", c->text, wg_item(y), c->value);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_gradients(y, 1, &x, &d), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), backward, sizeof backward), WG_OK);
    ck_assert_int_eq(wg_read(d, recorded, sizeof recorded), WG_OK);
    for (int i = 0; i < 2; ++i) {
        ck_assert_msg(same(backward[i], c->dx[i]), "%s: dx[%d] is %g, not %g", c->text, i,
                      backward[i], c->dx[i]);
        ck_assert_msg(same(recorded[i], c->dx[i]), "%s: dx[%d] is %g recorded, not %g", c->text,
                      i, recorded[i], c->dx[i]);
    }
    wg_tape_free(t);
}
END_TEST

/* Second derivatives where they jump. */
START_TEST(test_second) {
    static const struct {
        const char *text;
        double x[2], want;
    } cases[] = {
        {"celu(a, alpha=0.5)", {0}, 2},
        {"softsign(a)", {0}, 0},
        {"huber_loss(a, b, delta=2)", {3, 1}, 0.5},
        {"huber_loss(a, b, delta=2)", {-1, 1}, 0.5},
        {"smooth_l1_loss(a, b, beta=2)", {3, 1}, 0.25},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        wg_tape *t = wg_tape_new();
        double second[2];
        wg_var x, d, y = record(t, cases[i].text, cases[i].x, &x);
        ck_assert_int_eq(wg_gradients(y, 1, &x, &d), WG_OK);
        d = wg_sum(wg_slice(d, 0, 0, 1, 1));
        ck_assert_int_eq(wg_gradients(d, 1, &x, &d), WG_OK);
        ck_assert_int_eq(wg_read(d, second, sizeof second), WG_OK);
        ck_assert_msg(same(second[0], cases[i].want), "%s: %g", cases[i].text, second[0]);
        wg_tape_free(t);
    }
}
END_TEST

/* What is refused. */
START_TEST(test_outside) {
    static const struct {
        const char *text;
        wg_status status;
    } cases[] = {
        {"celu(a, alpha=0)", WG_ERR_RANGE}, {"clamp(a, lo=1, hi=0)", WG_ERR_RANGE},
        {"softplus(a, beta=0)", WG_ERR_RANGE}, {"polygamma(a, n=101)", WG_ERR_RANGE},
        {MASK("logical_not(b)"), WG_ERR_VALUE}, {MASK("any(x)"), WG_ERR_VALUE},
        {MASK("all(x)"), WG_ERR_VALUE}, {"where(x, 1, 2)", WG_ERR_VALUE},
        {"gather(x, [2], axis=0)", WG_ERR_RANGE}, {"gather(x, [0.5], axis=0)", WG_ERR_VALUE},
        {"index_select(x, [2], axis=0)", WG_ERR_RANGE},
        {"scatter_add(x, [-1], [1], axis=0)", WG_ERR_RANGE},
        {"index_add(x, [2], [1], axis=0)", WG_ERR_RANGE},
        {"embedding(" COLUMN ", [2])", WG_ERR_RANGE}, {"one_hot(b, classes=2)", WG_ERR_RANGE},
        {MASK("argmax(" NONE ", axis=0)"), WG_ERR_VALUE},
        {MASK("argmin(" NONE ", axis=0)"), WG_ERR_VALUE},
        {"max(" NONE ")", WG_ERR_VALUE}, {"min(" NONE ")", WG_ERR_VALUE},
        {"cast(x / 0, dtype=i64)", WG_ERR_VALUE}, {"cast(x * 1e30, dtype=i64)", WG_ERR_VALUE},
        {"cosine_similarity(x, x, axis=0, eps=-1)", WG_ERR_RANGE},
        {"cosine_embedding_loss(x, x, 1, margin=2)", WG_ERR_RANGE},
        {"dropout(x, keep=0)", WG_ERR_RANGE}, {"dropout(x, keep=1.5)", WG_ERR_RANGE},
        {"layer_norm(x, eps=-1)", WG_ERR_RANGE}, {"rms_norm(x, eps=-1)", WG_ERR_RANGE},
        {"group_norm(" ROW ", groups=1, eps=-1)", WG_ERR_RANGE},
        {"instance_norm(" ROW ", eps=-1)", WG_ERR_RANGE},
        {"batch_norm(" COLUMN ", [1], [3], eps=-1)", WG_ERR_RANGE},
        {"local_response_norm(x, k=-1)", WG_ERR_RANGE},
        {"huber_loss(a, b, delta=0)", WG_ERR_RANGE},
        {"smooth_l1_loss(a, b, beta=-1)", WG_ERR_RANGE},
        {"nll_loss(" ROW ", [2])", WG_ERR_RANGE}, {"softmax_loss(" ROW ", [-1])", WG_ERR_RANGE},
        {"softmax_loss_grad(" ROW ", [2], 1)", WG_ERR_RANGE},
        {"softmax_loss_with(" ROW ", [2])", WG_ERR_RANGE},
        {"softmax_loss_with(" ROW ", [1], smoothing=2)", WG_ERR_RANGE},
        {"softmax_loss_soft(" ROW ", [[0, 1]], smoothing=-1)", WG_ERR_RANGE},
        {"svm_loss(" ROW ", [2])", WG_ERR_RANGE}, {"svm_loss_grad(" ROW ", [2], 1)", WG_ERR_RANGE},
        {"svm_loss_with(" ROW ", [2])", WG_ERR_RANGE},
        {"svm_loss_with(" ROW ", [1], margin=-1)", WG_ERR_RANGE},
        {"var(x, ddof=-1)", WG_ERR_RANGE}, {"std(x, ddof=-1)", WG_ERR_RANGE},
        {"norm(x, ord=3)", WG_ERR_RANGE}, {"topk(x, k=3, axis=0)", WG_ERR_RANGE},
        {"topk(x, k=-1, axis=0)", WG_ERR_RANGE}, {"plain_dropout(x, keep=0)", WG_ERR_RANGE},
        {"spatial_dropout(" ROW ", keep=0)", WG_ERR_RANGE},
        {"dropconnect(x, " COLUMN ", keep=0)", WG_ERR_RANGE},
        {"solve([[1, 2], [2, 4]], x)", WG_ERR_VALUE}, {"inverse([[1, 2], [2, 4]])", WG_ERR_VALUE},
        {"triangular_solve([[1, 0], [1, 0]], x)", WG_ERR_VALUE},
        {"cholesky([[1, 2], [2, 4]])", WG_ERR_VALUE},
    };
    static const double numbers[2] = {1, 2};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        wg_tape *t = wg_tape_new();
        wg_var x;
        record(t, cases[i].text, numbers, &x);
        ck_assert_msg(wg_tape_status(t) == cases[i].status, "%s: %s", cases[i].text,
                      wg_tape_message(t));
        wg_tape_free(t);
    }
}
END_TEST

extern Suite *suite_domain(void);
Suite *suite_domain(void) {
    Suite *s = suite_create("domain");
    TCase *c = tcase_create("domain");
    tcase_add_loop_test(c, test_claim, 0, (int)(sizeof claims / sizeof *claims));
    tcase_add_test(c, test_second);
    tcase_add_test(c, test_outside);
    suite_add_tcase(s, c);
    return s;
}
