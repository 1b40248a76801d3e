/* Elementwise gates pulled together: what a group holds, where order, custody or memory could go
 * wrong.  test_fuse_graphs.c draws graphs. */
#include "tests/oom.h"
#include "tests/suites.h"
#include "wengert.h"

#include "autograd/fuse.h"
#include "ops/registry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) {
    wg_tape_free(t);
    use_threads(1);
}

/* ---- groups --------------------------------------------------------------------------------- */

static const float six[6] = {1, -2, 3, -4, 5, -6};

static wg_var input(void) { return wg_input(t, WG_F32, WG_SHAPE(2, 3), six); }

static wgi_fuse_group group_from(wg_var v, uint32_t low) {
    wgi_fuse_group g;
    ck_assert(wgi_fuse_fits(t, v.index));
    wgi_fuse_collect(t, v.index, low, &g);
    return g;
}
static wgi_fuse_group group_of(wg_var v) { return group_from(v, 1); }

START_TEST(test_chain) {
    wg_var x = input(), a = wg_tanh(x), b = wg_mul(a, x), c = wg_add(b, a);
    wgi_fuse_group g = group_of(c);
    ck_assert_int_eq(g.n, 3);
    ck_assert(g.member[0] == c.index && g.member[1] == b.index && g.member[2] == a.index);
    ck_assert_int_eq(group_from(c, b.index).n, 2); /* a is not being swept */
    wg_var y = x;
    for (int i = 0; i < 40; ++i) y = wg_tanh(y);
    ck_assert_int_eq(group_of(y).n, WGI_FUSE_MEMBERS);
}
END_TEST

/* What another kind of gate below the first uses is not complete yet. */
START_TEST(test_used_in_between) {
    wg_var x = input(), a = wg_tanh(x), s = wg_softmax(a, -1), b = wg_mul(a, x), c = wg_add(b, s);
    ck_assert_int_eq(group_of(c).n, 2); /* c and b; a waits for s */
    wg_var u = wg_tanh(x), v = wg_softmax(x, -1), w = wg_add(u, v);
    ck_assert_int_eq(group_of(w).n, 1); /* u would add to x before v does */
    wg_var frozen = wg_detach(x), p = wg_tanh(x), q = wg_softmax(frozen, -1), r = wg_mul(p, q);
    ck_assert_int_eq(group_of(r).n, 2); /* q hands on nothing */
    wg_var f = wg_tanh(x), h = wg_exp(f), k = wg_softmax(h, -1), m = wg_mul(h, f), n = wg_add(m, k);
    ck_assert_int_eq(group_of(n).n, 2); /* h waits for k, and f for h */
}
END_TEST

START_TEST(test_other_shapes) {
    wg_var x = input(), row = wg_input(t, WG_F32, WG_SHAPE(3), six), e = wg_exp(row);
    ck_assert_int_eq(group_of(wg_add(wg_tanh(x), e)).n, 2); /* e is of another shape */
    wg_var wide = wg_cast(wg_tanh(x), WG_F64);
    ck_assert(!wgi_fuse_fits(t, wide.index));
    wg_var none = wg_tanh(wg_input(t, WG_F32, WG_SHAPE(0, 3), NULL));
    ck_assert(!wgi_fuse_fits(t, none.index));
    ck_assert(!wgi_fuse_fits(t, wg_sign(x).index)); /* flat */
    ck_assert(!wgi_fuse_fits(t, wg_exp(wg_scalar(t, 1)).index));
    ck_assert(!wgi_fuse_fits(t, x.index));
    wg_no_grad_begin(t);
    ck_assert(!wgi_fuse_fits(t, wg_tanh(x).index));
    wg_no_grad_end(t);
}
END_TEST

/* ---- gradients ------------------------------------------------------------------------------ */

static void hold_grad(wg_var v, const float *want) {
    float got[6];
    ck_assert_msg(wg_read(wg_grad(v), got, sizeof got) == WG_OK, "%s", wg_tape_message(t));
    for (int i = 0; i < 6; ++i)
        ck_assert_msg(got[i] == want[i], "%d: %g, not %g", i, (double)got[i], (double)want[i]);
}

/* y = 2 (x + x) x: dy/dx = 8 x, through members that are used twice. */
START_TEST(test_kept_and_let_go) {
    float eight[6], four[6], two[6] = {2, 2, 2, 2, 2, 2}, twice[6];
    for (int i = 0; i < 6; ++i) {
        eight[i] = 8 * six[i];
        four[i] = 2 * six[i];
        twice[i] = 16 * six[i];
    }
    wg_var x = input(), a = wg_add(x, x), b = wg_mul(a, x), c = wg_scale(b, 2), y = wg_sum(c);
    ck_assert_int_eq(group_of(c).n, 3);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    hold_grad(x, eight);
    hold_grad(a, four);
    hold_grad(b, two);
    ck_assert_int_eq(wg_backward(y), WG_OK); /* leaves add up, inner values start anew */
    hold_grad(x, twice);
    hold_grad(a, four);
    wg_clear_grads(t);
    wg_tape_keep_grads(t, 0);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    hold_grad(x, eight);
    ck_assert_uint_eq(wg_grad(a).index, 0);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "wg_tape_keep_grads"));
}
END_TEST

/* A cotangent of 0 stays 0 under a derivative that is infinite. */
START_TEST(test_strong_zero) {
    float zeros[6] = {0, 0, 0, 0, 0, 0}, none[6] = {0, 0, 0, 0, 0, 0};
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 3), zeros);
    wg_var y = wg_mul(wg_sqrt(x), wg_const(t, WG_F32, WG_SHAPE(2, 3), none));
    ck_assert_int_eq(group_of(y).n, 2);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    hold_grad(x, none);
}
END_TEST

static wg_var tripled(wg_var g, void *user) {
    ++*(int *)user;
    return wg_scale(g, 3);
}

START_TEST(test_hook) {
    float want[6];
    int calls = 0;
    for (int i = 0; i < 6; ++i) want[i] = 6 * six[i] + 1;
    wg_var x = input(), h = wg_hook(wg_square(x), tripled, &calls);
    wg_var y = wg_add(wg_neg(wg_neg(h)), x);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    ck_assert_int_eq(calls, 1);
    hold_grad(x, want);
}
END_TEST

/* The root's own cotangent, one number: it is kept where it is read. */
START_TEST(test_roots) {
    float one = 3, g = 0;
    wg_var x = wg_input(t, WG_F32, WG_RANK0, &one), y = wg_square(x), z = wg_square(y);
    ck_assert_int_eq(wg_backward(z), WG_OK);
    ck_assert(wg_read(wg_grad(z), &g, sizeof g) == WG_OK && g == 1);
    ck_assert(wg_read(wg_grad(y), &g, sizeof g) == WG_OK && g == 18);
    ck_assert(wg_read(wg_grad(x), &g, sizeof g) == WG_OK && g == 108);
    wg_var a = input(), b = wg_tanh(a);
    wg_var c = wg_broadcast_to(wg_const(t, WG_F32, WG_RANK0, &one), WG_SHAPE(2, 3));
    float threes[6] = {3, 3, 3, 3, 3, 3};
    ck_assert_int_eq(wg_backward_from(b, c), WG_OK);
    hold_grad(b, threes);
}
END_TEST

/* A watched sweep goes gate by gate, and finds the one that made the infinity. */
START_TEST(test_watched) {
    float zeros[6] = {0, 1, 1, 1, 1, 1};
    wg_tape_debug(t, WG_DEBUG_INF);
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 3), zeros), y = wg_sum(wg_scale(wg_sqrt(x), 2));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_ptr_nonnull(strstr(wg_tape_debug_message(t), "sqrt"));
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

enum { LARGE = 1 << 20 };
static size_t asked;

static void *counted(size_t bytes, size_t align, void *user) {
    (void)user;
    asked += bytes;
    return aligned_alloc(align, bytes);
}
static void given_back(void *block, void *user) {
    (void)user;
    free(block);
}

/* Neither the sum's cotangent nor those between the gates are ever laid out. */
START_TEST(test_no_array_in_between) {
    static const wg_allocator a = {counted, given_back, NULL};
    wg_set_allocator(&a);
    wg_tape *u = wg_tape_new();
    wg_params *p = wg_params_new();
    wg_param *w = wg_param_new(p, "w", WG_F32, WG_SHAPE(LARGE));
    ck_assert_ptr_nonnull(wg_param_data(w));
    wg_tape_keep_grads(u, 0);
    wg_var x = wg_use(u, w), y = wg_sum(wg_mul(wg_tanh(wg_shift(x, 1)), x));
    asked = 0;
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_uint_lt(asked, LARGE);
    wg_tape_free(u);
    wg_params_free(p);
    wg_set_allocator(NULL);
}
END_TEST

static wg_status fused_sweeps(void) {
    wg_tape *u = wg_tape_new();
    float a[6] = {1, 2, 3, 4, 5, 6};
    wg_var x = wg_input(u, WG_F32, WG_SHAPE(2, 3), a), row = wg_input(u, WG_F32, WG_SHAPE(3), a);
    wg_var y = wg_mul(wg_add(wg_tanh(x), row), wg_transpose(wg_reshape(x, WG_SHAPE(3, 2))));
    wg_status s = wg_backward(wg_sum(wg_mul(y, wg_number(u, 2))));
    if (u && s == WG_OK) {
        wg_tape_keep_grads(u, 0);
        s = wg_backward(wg_sum(wg_square(y)));
    }
    if (u && s == WG_OK) s = wg_tape_status(u);
    wg_tape_free(u);
    return u ? s : WG_ERR_MEMORY;
}

START_TEST(test_without_memory) {
    wgi_arena_sparingly(1);
    ck_assert_int_gt(run_out_of_memory("fused sweeps", fused_sweeps), 20);
    wgi_arena_sparingly(0);
}
END_TEST

extern Suite *suite_fuse(void);
Suite *suite_fuse(void) {
    Suite *s = suite_create("fuse");
    TCase *c = tcase_create("fuse");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_chain);
    tcase_add_test(c, test_used_in_between);
    tcase_add_test(c, test_other_shapes);
    tcase_add_test(c, test_kept_and_let_go);
    tcase_add_test(c, test_strong_zero);
    tcase_add_test(c, test_hook);
    tcase_add_test(c, test_roots);
    tcase_add_test(c, test_watched);
    tcase_add_test(c, test_no_array_in_between);
    tcase_add_test(c, test_without_memory);
    suite_add_tcase(s, c);
    return s;
}
