/* probe.c: see probe.h */
#include "tests/ops/probe.h"

#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void probe_read(wg_var x, int64_t n, double *out) {
    wg_shape shape = wg_shape_of(x);
    ck_assert_msg(shape.rank >= 0, "poison: %s", wg_tape_message(x.tape));
    ck_assert_int_eq(wg_shape_size(shape), n);
    const void *data = wg_data(x);
    for (int64_t i = 0; i < n; ++i) switch (wg_dtype_of(x)) {
        case WG_F32: out[i] = (double)((const float *)data)[i]; break;
        case WG_F64: out[i] = ((const double *)data)[i]; break;
        case WG_I64: out[i] = (double)((const int64_t *)data)[i]; break;
        case WG_BOOL: out[i] = ((const unsigned char *)data)[i]; break;
        }
}

void probe_shape(wg_var x, wg_shape shape) {
    wg_shape have = wg_shape_of(x);
    ck_assert_msg(have.rank >= 0, "poison: %s", wg_tape_message(x.tape));
    ck_assert_int_eq(have.rank, shape.rank);
    for (int i = 0; i < shape.rank; ++i) ck_assert_int_eq(have.dim[i], shape.dim[i]);
}

void probe_equal(wg_var x, int64_t n, const double *expected) {
    static double have[PROBE_MAX];
    ck_assert_int_le(n, PROBE_MAX);
    probe_read(x, n, have);
    for (int64_t i = 0; i < n; ++i)
        ck_assert_msg(have[i] == expected[i] || (isnan(have[i]) && isnan(expected[i])),
                      "element %lld is %.17g, expected %.17g", (long long)i, have[i], expected[i]);
}

void probe_fails(wg_var v, wg_status status, const char *part) {
    ck_assert_uint_eq(v.index, 0);
    ck_assert_msg(wg_tape_status(v.tape) == status, "status %s: %s",
                  wg_status_name(wg_tape_status(v.tape)), wg_tape_message(v.tape));
    ck_assert_msg(strstr(wg_tape_message(v.tape), part) != NULL, "'%s' is not in '%s'", part,
                  wg_tape_message(v.tape));
    wg_tape_rewind(v.tape);
}

/* ---- random numbers ------------------------------------------------------------------------- */

static uint64_t state = 1;

double probe_random(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

double probe_whole(void) { return floor(probe_random() * 19) - 9; }

wg_var probe_leaf(wg_tape *t, wg_dtype dtype, wg_shape shape) {
    int64_t n = wg_shape_size(shape);
    void *data = malloc((size_t)n * 8 + 1);
    for (int64_t i = 0; i < n; ++i) {
        if (dtype == WG_F32) ((float *)data)[i] = (float)probe_whole();
        else if (dtype == WG_F64) ((double *)data)[i] = probe_whole();
        else if (dtype == WG_I64) ((int64_t *)data)[i] = (int64_t)probe_whole();
        else ((unsigned char *)data)[i] = probe_random() < 0.5;
    }
    wg_var x = dtype <= WG_F64 ? wg_input(t, dtype, shape, data) : wg_const(t, dtype, shape, data);
    free(data);
    return x;
}

/* ---- gradients ------------------------------------------------------------------------------ */

enum { LEAVES = 4, ELEMENTS = 256 };

typedef struct point {
    probe_build *build;
    size_t n;
    const wg_shape *shapes;
    double x[LEAVES][ELEMENTS]; /* where */
    double weight[ELEMENTS];    /* of the output's elements */
    double turn[LEAVES][ELEMENTS];
} point;

static void leaves(const point *p, wg_tape *t, wg_var *x) {
    for (size_t i = 0; i < p->n; ++i) x[i] = wg_input(t, WG_F64, p->shapes[i], p->x[i]);
}

/* <build(x), weight> */
static wg_var weighed(const point *p, wg_tape *t, const wg_var *x) {
    wg_var y = p->build(x);
    ck_assert_msg(wg_shape_of(y).rank >= 0, "poison: %s", wg_tape_message(t));
    ck_assert_int_le(wg_shape_size(wg_shape_of(y)), ELEMENTS);
    return wg_sum(wg_mul(y, wg_const(t, WG_F64, wg_shape_of(y), p->weight)));
}

/* sum over i of <d weighed / d x_i, turn_i> */
static wg_var turned(const point *p, wg_tape *t, const wg_var *x) {
    wg_var g[LEAVES], sum = wg_number(t, 0);
    ck_assert_int_eq(wg_gradients(weighed(p, t, x), p->n, x, g), WG_OK);
    for (size_t i = 0; i < p->n; ++i)
        sum = wg_add(sum, wg_sum(wg_mul(g[i], wg_const(t, WG_F64, p->shapes[i], p->turn[i]))));
    return sum;
}

typedef wg_var scalar_of(const point *p, wg_tape *t, const wg_var *x);

static double value_at(point *p, scalar_of *f, size_t i, int64_t k, double at) {
    double old = p->x[i][k];
    wg_tape *t = wg_tape_new();
    wg_var x[LEAVES];
    p->x[i][k] = at;
    leaves(p, t, x);
    double v = wg_item(f(p, t, x));
    p->x[i][k] = old;
    wg_tape_free(t);
    return v;
}

/* The gradient of f by both engines against central differences. */
static void check(point *p, scalar_of *f) {
    static double back[LEAVES][ELEMENTS], taped[ELEMENTS];
    const double h = 1e-5;
    wg_tape *t = wg_tape_new();
    wg_var x[LEAVES], g[LEAVES];
    leaves(p, t, x);
    wg_var y = f(p, t, x);
    ck_assert_msg(wg_backward(y) == WG_OK, "%s", wg_tape_message(t));
    ck_assert_msg(wg_gradients(y, p->n, x, g) == WG_OK, "%s", wg_tape_message(t));
    for (size_t i = 0; i < p->n; ++i) {
        int64_t n = wg_shape_size(p->shapes[i]);
        probe_read(wg_grad(x[i]), n, back[i]);
        probe_read(g[i], n, taped);
        for (int64_t k = 0; k < n; ++k) {
            double up = value_at(p, f, i, k, p->x[i][k] + h);
            double down = value_at(p, f, i, k, p->x[i][k] - h);
            double slope = (up - down) / (2 * h), size = fabs(slope) + 1;
            check_near(back[i][k], slope, 1e-7 * size);
            check_near(taped[k], slope, 1e-7 * size);
        }
    }
    wg_tape_free(t);
}

void probe_gradients(probe_build *build, size_t n, const wg_shape *shapes, double lo, double hi) {
    static point p;
    p.build = build;
    p.n = n;
    p.shapes = shapes;
    for (int64_t k = 0; k < ELEMENTS; ++k) {
        p.weight[k] = 2 * probe_random() - 1;
        for (size_t i = 0; i < n; ++i) {
            p.x[i][k] = lo + (hi - lo) * probe_random();
            p.turn[i][k] = 2 * probe_random() - 1;
        }
    }
    check(&p, weighed);
    check(&p, turned);
}
