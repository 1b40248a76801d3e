/* Elementwise gates pulled together, held against the same gates pulled one by one, bit by bit, on
 * graphs drawn by seed. */
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

extern Suite *suite_fuse_graphs(void);
Suite *suite_fuse_graphs(void) {
    Suite *s = suite_create("fuse_graphs");
    TCase *c = tcase_create("fuse_graphs");
    tcase_set_timeout(c, 600);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_graphs);
    suite_add_tcase(s, c);
    return s;
}
