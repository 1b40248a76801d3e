/* The sweep over scalar nodes, runs of which go through registers: held, bit for bit, against the
 * same sums in plain loops, over chunks of the tape and between gates with rules. */
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

static double grad(wg_var x) { return wg_item(wg_grad(x)); }

static uint64_t draw(uint64_t *state) { /* a linear congruence (Knuth's MMIX) */
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A node of the reference: operands (-1: none), value, partial derivatives, cotangent. */
typedef struct reference {
    wg_var var;
    int x[2];
    double value, partial[2], cotangent;
} reference;

static void leaf(reference *n, double value) {
    n->var = wg_scalar(t, value);
    n->value = value;
    n->x[0] = n->x[1] = -1;
}

static void two(reference *n, wg_var v, int x, int y, double dx, double dy) {
    n->var = v;
    n->x[0] = x;
    n->x[1] = y;
    n->value = wg_item(v);
    n->partial[0] = dx;
    n->partial[1] = dy;
}

/* Operands are the node before, one of the last few, or any: what goes through a register, through
 * memory shortly before it is read, and through memory far away. */
static int operand(uint64_t *state, int i) {
    int reach = draw(state) % 3 == 0 ? i : 4, back = draw(state) % 2 == 0;
    return back ? i - 1 : i - 1 - (int)(draw(state) % (uint64_t)(reach < i ? reach : i));
}

static void node(reference *all, int i, uint64_t *state) {
    reference *n = &all[i];
    int x = i ? operand(state, i) : 0, y = i ? operand(state, i) : 0;
    double a = all[x].value, b = all[y].value;
    int kind = i == 0 || draw(state) % 8 == 0 ? 0 : fabs(a) > 4 ? 1 : 2 + (int)(draw(state) % 5);
    if (kind == 0) leaf(n, (double)(draw(state) % 1000) / 500 - 1);
    if (kind == 1) two(n, wg_sin(all[x].var), x, -1, cos(a), 0);
    if (kind == 2) two(n, wg_add(all[x].var, all[y].var), x, y, 1, 1);
    if (kind == 3) two(n, wg_sub(all[x].var, all[y].var), x, y, 1, -1);
    if (kind == 4) two(n, wg_mul(all[x].var, all[y].var), x, y, b, a);
    if (kind == 5) two(n, wg_sqrt(all[x].var), x, -1, 0.5 / sqrt(a), 0); /* NaN, infinity */
    if (kind == 6) two(n, wg_relu(all[x].var), x, -1, a > 0, 0);         /* zeros */
    if (isnan(n->value)) leaf(n, 0);
}

START_TEST(test_as_plain_loops) {
    enum { N = 200000 }; /* four chunks */
    reference *all = calloc(N, sizeof *all);
    uint64_t state = (uint64_t)_i;
    ck_assert_ptr_nonnull(all);
    for (int i = 0; i < N; ++i) node(all, i, &state);
    int root = N - 1;
    ck_assert_int_eq(wg_backward(all[root].var), WG_OK);
    all[root].cotangent = 1;
    for (int i = root; i >= 0; --i)
        for (int k = 0; k < 2; ++k) {
            double c = all[i].cotangent;
            if (all[i].x[k] >= 0) all[all[i].x[k]].cotangent += c == 0 ? 0 : c * all[i].partial[k];
        }
    for (int i = 0; i < N; ++i) {
        double g = grad(all[i].var), c = all[i].cotangent;
        ck_assert_msg(g == c || (isnan(g) && isnan(c)), "node %d: %.17g, expected %.17g", i, g, c);
    }
    free(all);
}
END_TEST

/* A gate with a rule at the end and the beginning of each chunk, and elsewhere: the register is
 * left and taken up again.  Each doubles y. */
START_TEST(test_between_rules) {
    wg_var x = wg_scalar(t, 1), y = x;
    double factor = 1;
    while (y.index < (3u << 16)) {
        uint32_t at = y.index & 0xffff;
        int rule = at > 0xfff8 || at < 6 || at == 1000;
        y = rule ? wg_sum(wg_broadcast_to(y, WG_SHAPE(2))) : wg_neg(y);
        factor *= rule ? 2 : -1;
    }
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(wg_item(y) == factor);
    ck_assert(grad(x) == factor);
    ck_assert(factor > 1e6 || factor < -1e6);
}
END_TEST

/* A second sweep starts inner nodes from zero and adds to leaves. */
START_TEST(test_again) {
    wg_var x = wg_scalar(t, 3), y = wg_square(x), z = wg_mul(y, y);
    for (int n = 1; n <= 3; ++n) {
        ck_assert_int_eq(wg_backward(z), WG_OK);
        ck_assert(grad(y) == 18 && grad(x) == n * 108);
    }
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(grad(y) == 1 && grad(x) == 3 * 108 + 6);
}
END_TEST

extern Suite *suite_scalar_sweep(void);
Suite *suite_scalar_sweep(void) {
    Suite *s = suite_create("scalar_sweep");
    TCase *c = tcase_create("scalar_sweep");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_as_plain_loops, 0, 4);
    tcase_add_test(c, test_between_rules);
    tcase_add_test(c, test_again);
    suite_add_tcase(s, c);
    return s;
}
