/* test_fuse.c: elementwise gates pulled together, held against the same gates pulled one by one,
 * bit by bit, on graphs drawn by seed and on those where order, custody or memory could go
 * wrong. */
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

/* ---- graphs drawn by seed ------------------------------------------------------------------- */

enum { VALUES = 48, MOST = 6000 };

typedef struct drawing {
    uint64_t random;
    wg_dtype dtype;
    int64_t rows, cols;
    int n;
    wg_var v[VALUES];
} drawing;

static size_t draw(drawing *d, size_t n) {
    d->random = d->random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(d->random >> 33) % n;
}

static wg_var leaf(drawing *d, wg_shape shape) {
    static double wide[MOST];
    static float narrow[MOST];
    int64_t n = wg_shape_size(shape);
    ck_assert(n <= MOST);
    for (int64_t i = 0; i < n; ++i) {
        wide[i] = ((double)draw(d, 2001) - 1000) / 500;
        narrow[i] = (float)wide[i];
    }
    const void *data = d->dtype == WG_F32 ? (const void *)narrow : (const void *)wide;
    return wg_input(t, d->dtype, shape, data);
}

static wg_var any(drawing *d) { return d->v[draw(d, (size_t)d->n)]; }

/* An operand of a gate: mostly the last values, of any of the shapes that broadcast together. */
static wg_var operand(drawing *d) {
    size_t p = draw(d, 100);
    if (p < 60) return d->v[d->n - 1 - (int)draw(d, d->n < 6 ? (size_t)d->n : 6)];
    if (p < 68) return wg_number(t, 0.75);
    if (p < 72 && d->dtype == WG_F64) return wg_scalar(t, -0.5);
    return any(d);
}

/* x in the shape (rows, cols). */
static wg_var whole(drawing *d, wg_var x) { return wg_broadcast_to(x, WG_SHAPE(d->rows, d->cols)); }

/* A value that is no elementwise gate's: views, sums, products. */
static wg_var between(drawing *d) {
    wg_var x = any(d);
    switch (draw(d, 7)) {
    case 0: return wg_transpose(wg_reshape(whole(d, x), WG_SHAPE(d->cols, d->rows)));
    case 1: return wg_sum_over(whole(d, x), WG_AXES(0), 0);
    case 2: return wg_mean_over(whole(d, x), WG_AXES(1), 1);
    case 3: return wg_flip(whole(d, x), WG_AXES(1));
    case 4: return wg_detach(x);
    case 5: return wg_softmax(whole(d, x), -1);
    default: return wg_sum(x);
    }
}

static wg_var some_gate(drawing *d) {
    wg_var x = operand(d), y = operand(d);
    switch (draw(d, 12)) {
    case 0: return wg_add(x, y);
    case 1: return wg_mul(x, y);
    case 2: return wg_sub(x, y);
    case 3: return wg_maximum(x, y);
    case 4: return wg_relu(x);
    case 5: return wg_mul(x, x);
    case 6: return wg_scale(x, 0.5);
    case 7: return wg_sigmoid(x);
    default: break;
    }
    for (;;) { /* any of the registry's */
        size_t count = 0;
        while (wgi_gates[count]) ++count;
        const wg_gate *gate = wgi_gates[draw(d, count)];
        wg_var xs[3] = {wg_tanh(x), y, operand(d)};
        if (!gate->elementwise || gate->arity > 3) continue;
        return wg_record(gate, (size_t)gate->arity, xs, gate->samples[0].attrs);
    }
}

static void keep(drawing *d, wg_var v) {
    if (v.index && d->n < VALUES && wg_dtype_of(v) == d->dtype) d->v[d->n++] = v;
}

static wg_var grow(drawing *d, uint64_t seed) {
    static const int64_t extent[][2] = {{3, 5}, {1, 1}, {17, 1}, {64, 64}, {55, 109}, {1, 9}};
    memset(d, 0, sizeof *d);
    d->random = seed * 7919 + 1;
    for (int i = 0; i < 5; ++i) draw(d, 2);
    d->dtype = draw(d, 3) ? WG_F32 : WG_F64;
    size_t which = draw(d, 6);
    d->rows = extent[which][0];
    d->cols = extent[which][1];
    keep(d, leaf(d, WG_SHAPE(d->rows, d->cols)));
    keep(d, leaf(d, WG_SHAPE(d->rows, d->cols)));
    keep(d, leaf(d, WG_SHAPE(d->cols)));
    keep(d, leaf(d, WG_SHAPE(d->rows, 1)));
    keep(d, leaf(d, WG_SHAPE(d->rows, d->cols)));
    while (d->n < VALUES) keep(d, draw(d, 100) < 85 ? some_gate(d) : between(d));
    wg_var root = wg_sum(d->v[d->n - 1]);
    for (int i = 0; i < 6; ++i) root = wg_add(root, wg_sum(wg_scale(any(d), 1.0 / (1 + i))));
    return root;
}

/* The gradients of all values, one behind the other; those that are not there have none. */
static size_t gradients(const drawing *d, int n, double *to) {
    size_t used = 0;
    for (int i = 0; i < n; ++i) {
        wg_var g = wg_grad(d->v[i]);
        ck_assert_uint_ne(g.index, 0);
        int64_t size = wg_shape_size(wg_shape_of(g));
        const char *data = wg_data(g);
        for (int64_t k = 0; k < size; ++k)
            to[used++] = d->dtype == WG_F32 ? (double)((const float *)(const void *)data)[k]
                                            : ((const double *)(const void *)data)[k];
    }
    return used;
}

/* The sweep of root, fused or not; from is the number of values whose gradients are compared. */
static size_t swept(const drawing *d, wg_var root, int unfused, int n, double *to) {
    wg_clear_grads(t);
    t->unfused = unfused;
    wg_status s = wg_backward(root);
    ck_assert_msg(s == WG_OK, "%s", wg_tape_message(t));
    return gradients(d, n, to);
}

/* Equal bits; a NaN is equal to any. */
static void hold_same(uint64_t seed, const char *what, size_t n, const double *a, const double *b) {
    for (size_t i = 0; i < n; ++i) {
        int same = memcmp(&a[i], &b[i], sizeof *a) == 0 || (isnan(a[i]) && isnan(b[i]));
        ck_assert_msg(same, "seed %llu, %s: number %zu is %.17g, plainly %.17g",
                      (unsigned long long)seed, what, i, a[i], b[i]);
    }
}

/* Groups of at least two in the graph: a test of graphs without any would show nothing. */
static int groups(const drawing *d) {
    int found = 0;
    for (int i = 0; i < d->n; ++i) {
        wgi_fuse_group g;
        if (!wgi_fuse_fits(t, d->v[i].index)) continue;
        wgi_fuse_collect(t, d->v[i].index, 1, &g);
        ck_assert(g.n >= 1 && g.member[0] == d->v[i].index);
        found += g.n > 1;
    }
    return found;
}

static int hold_seed(uint64_t seed) {
    static double plain[VALUES * MOST], fused[VALUES * MOST];
    drawing d;
    wg_tape_rewind(t);
    wg_var root = grow(&d, seed);
    int found = groups(&d);
    ck_assert_msg(root.index != 0, "seed %llu: %s", (unsigned long long)seed, wg_tape_message(t));
    size_t n = swept(&d, root, 1, d.n, plain);
    ck_assert_uint_eq(swept(&d, root, 0, d.n, fused), n);
    hold_same(seed, "kept", n, fused, plain);
    use_threads(2);
    swept(&d, root, 0, d.n, fused);
    use_threads(1);
    hold_same(seed, "two threads", n, fused, plain);
    wg_tape_keep_grads(t, 0);
    n = swept(&d, root, 1, 5, plain); /* of the leaves */
    swept(&d, root, 0, 5, fused);
    hold_same(seed, "let go", n, fused, plain);
    wg_tape_keep_grads(t, 1);
    return found;
}

START_TEST(test_graphs) {
    const char *one = getenv("WG_SEED");
    uint64_t n = full_run() ? 500 : 40;
    int found = 0;
    if (one) {
        hold_seed(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= n; ++seed) found += hold_seed(seed);
    ck_assert_int_gt(found, (int)n * 4);
}
END_TEST

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
    tcase_set_timeout(c, 600);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_graphs);
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
