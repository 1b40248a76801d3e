/* test_exact.c: reductions, scans, copies and indices against naive loops over thousands of random
 * shapes and views, bit for bit, and their reverse passes where they are linear. */
#include "tests/ops/exact.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

/* ---- reductions and scans -------------------------------------------------------------------- */

typedef enum { SUM, MEAN, PROD, MAX, MIN } reduction;

static const struct {
    const char *name;
    wg_var (*gate)(wg_var x, wg_axes axes, int keepdims);
    double of_none;
} reductions_of[] = {{"sum", wg_sum_over, 0},
                     {"mean", wg_mean_over, 0},
                     {"prod", wg_prod_over, 1},
                     {"max", wg_max_over, -INFINITY},
                     {"min", wg_min_over, INFINITY}};

static double combine(reduction kind, double a, double b) {
    return kind == PROD ? a * b : kind == MAX ? fmax(a, b) : kind == MIN ? fmin(a, b) : a + b;
}

/* Some axes of x, at least one where there is one; rank 0: all of them. */
static wg_axes some_axes(wg_shape shape, unsigned *mask) {
    wg_axes axes = {0, {0}};
    *mask = 0;
    for (int k = 0; k < shape.rank; ++k) {
        if (exact_draw(2) && !(k + 1 == shape.rank && axes.n == 0)) continue;
        axes.axis[axes.n++] = exact_draw(2) ? k : k - shape.rank;
        *mask |= 1u << k;
    }
    return axes;
}

/* The shape without the axes of the mask, or with extent 1 there. */
static wg_shape left(wg_shape shape, unsigned mask, int keepdims) {
    wg_shape s = {0, {0}};
    for (int k = 0; k < shape.rank; ++k)
        if (!(mask >> k & 1)) s.dim[s.rank++] = shape.dim[k];
        else if (keepdims) s.dim[s.rank++] = 1;
    return s;
}

static void reduce(void) {
    reduction kind = (reduction)exact_draw(5);
    array x =
        kind == PROD ? exact_viewed(exact_new_leaf(exact_any_shape(0), 1)) : exact_operand(0);
    unsigned mask;
    int keepdims = (int)exact_draw(2);
    wg_axes axes = some_axes(x.shape, &mask);
    wg_shape kept = left(x.shape, mask, 1), shape = left(x.shape, mask, keepdims);
    if (x.n == 0 && wg_shape_size(kept) > 0 && kind >= MAX) return; /* an error */
    array y = exact_made(shape, reductions_of[kind].gate(x.v, axes, keepdims));
    for (size_t i = 0; i < y.n; ++i) y.x[i] = reductions_of[kind].of_none;
    EACH(i, x.shape) {
        int64_t to[WG_MAX_RANK];
        for (int k = 0; k < kept.rank; ++k) to[k] = mask >> k & 1 ? 0 : i[k];
        double *at = &y.x[exact_offset(kept, to)];
        *at = combine(kind, *at, x.x[exact_offset(x.shape, i)]);
    }
    double count = y.n ? (double)(x.n / y.n) : 1;
    if (kind == MEAN) /* the mean is what floats make of the quotient */
        for (size_t i = 0; i < y.n; ++i)
            y.x[i] = wg_dtype_of(x.v) == WG_F32 ? (double)(float)(y.x[i] / count) : y.x[i] / count;
    if (kind == SUM) exact_hold("sum", y);
    else exact_same(reductions_of[kind].name, y);
}

static void cumulate(void) {
    array x = exact_operand(1);
    if (x.shape.rank == 0) return;
    int axis = (int)exact_draw(x.shape.rank);
    array y = exact_made(x.shape, wg_cumsum(x.v, exact_draw(2) ? axis : axis - x.shape.rank));
    EACH(i, x.shape) {
        int64_t from[WG_MAX_RANK];
        memcpy(from, i, sizeof from);
        for (from[axis] = 0; from[axis] <= i[axis]; ++from[axis])
            y.x[exact_offset(y.shape, i)] += x.x[exact_offset(x.shape, from)];
    }
    exact_hold("cumsum", y);
}

/* ---- copies ---------------------------------------------------------------------------------- */

static void copy(void) { /* a reshape of a view that is none itself */
    array x = exact_operand(0), y = x;
    y.shape = WG_SHAPE((int64_t)x.n);
    y.v = wg_reshape(x.v, y.shape);
    exact_hold("reshape", y);
}

/* Where place `at` beyond the n elements is taken from; -1: a zero. */
static int64_t mirrored(int64_t at, int64_t n, int mode) {
    if (at >= 0 && at < n) return at;
    if (mode == WG_PAD_ZERO) return -1;
    if (mode == WG_PAD_REPLICATE) return at < 0 ? 0 : n - 1;
    return at < 0 ? -at : 2 * (n - 1) - at;
}

static void pad(void) {
    array x = exact_operand(0);
    int mode = (int)exact_draw(3);
    wg_shape before = {x.shape.rank, {0}}, after = before, shape = x.shape;
    for (int k = 0; k < shape.rank; ++k) {
        int64_t n = x.shape.dim[k], most = mode == WG_PAD_REFLECT ? n : 3;
        if (mode == WG_PAD_REPLICATE && n == 0) most = 1;
        before.dim[k] = most > 0 ? exact_draw(most) : 0;
        after.dim[k] = most > 0 ? exact_draw(most) : 0;
        shape.dim[k] += before.dim[k] + after.dim[k];
    }
    if (wg_shape_size(shape) > LARGEST) return;
    int plain = mode == WG_PAD_ZERO && exact_draw(2);
    array y = exact_made(shape, plain ? wg_zero_pad(x.v, before, after)
                                      : wg_pad(x.v, before, after, mode));
    EACH(i, shape) {
        int64_t from[WG_MAX_RANK];
        int inside = 1;
        for (int k = 0; k < shape.rank; ++k) {
            from[k] = mirrored(i[k] - before.dim[k], x.shape.dim[k], mode);
            inside &= from[k] >= 0;
        }
        y.x[exact_offset(shape, i)] = inside ? x.x[exact_offset(x.shape, from)] : 0;
    }
    exact_hold("pad", y);
}

static void join(void) {
    array part[3];
    wg_var v[3];
    size_t n = 1 + (size_t)exact_draw(3);
    part[0] = exact_operand(1);
    if (part[0].shape.rank == 0) return;
    int axis = (int)exact_draw(part[0].shape.rank);
    wg_shape shape = part[0].shape;
    for (size_t k = 1; k < n; ++k) {
        wg_shape s = shape;
        s.dim[axis] = exact_draw(4);
        part[k] = exact_of_shape(s);
    }
    shape.dim[axis] = 0;
    for (size_t k = 0; k < n; ++k) {
        v[k] = part[k].v;
        shape.dim[axis] += part[k].shape.dim[axis];
    }
    array y = exact_made(shape, wg_concat(n, v, exact_draw(2) ? axis : axis - shape.rank));
    int64_t begin = 0;
    for (size_t k = 0; k < n; begin += part[k++].shape.dim[axis])
        EACH(i, part[k].shape) {
            int64_t to[WG_MAX_RANK];
            memcpy(to, i, sizeof to);
            to[axis] += begin;
            y.x[exact_offset(shape, to)] = part[k].x[exact_offset(part[k].shape, i)];
        }
    exact_hold("concat", y);
}

static void stack(void) {
    array part[3];
    wg_var v[3];
    size_t n = 1 + (size_t)exact_draw(3);
    part[0] = exact_operand(0);
    for (size_t k = 1; k < n; ++k) part[k] = exact_of_shape(part[0].shape);
    for (size_t k = 0; k < n; ++k) v[k] = part[k].v;
    wg_shape one = part[0].shape, shape = {one.rank + 1, {0}};
    int axis = (int)exact_draw(shape.rank);
    for (int k = 0; k < shape.rank; ++k)
        shape.dim[k] = k == axis ? (int64_t)n : one.dim[k > axis ? k - 1 : k];
    if (wg_shape_size(shape) > LARGEST) return;
    array y = exact_made(shape, wg_stack(n, v, exact_draw(2) ? axis : axis - shape.rank));
    EACH(i, shape) {
        int64_t from[WG_MAX_RANK];
        for (int k = 0; k < one.rank; ++k) from[k] = i[k >= axis ? k + 1 : k];
        y.x[exact_offset(shape, i)] = part[i[axis]].x[exact_offset(one, from)];
    }
    exact_hold("stack", y);
}

/* roll, repeat and tile: y[i] = x[from(i)] along one axis. */
static void along_an_axis(void) {
    array x = exact_operand(1), y;
    if (x.shape.rank == 0) return;
    int axis = (int)exact_draw(x.shape.rank), kind = (int)exact_draw(3);
    int64_t n = x.shape.dim[axis], by = kind == 0 ? exact_draw(11) - 5 : exact_draw(4);
    wg_shape shape = x.shape, reps = {x.shape.rank, {1, 1, 1, 1, 1, 1, 1, 1}};
    if (kind > 0) shape.dim[axis] = n * by;
    reps.dim[axis] = by;
    if (wg_shape_size(shape) > LARGEST) return;
    y = exact_made(shape, kind == 0   ? wg_roll(x.v, by, axis)
                    : kind == 1 ? wg_repeat(x.v, by, axis)
                                : wg_tile(x.v, reps));
    EACH(i, shape) {
        int64_t from[WG_MAX_RANK];
        memcpy(from, i, sizeof from);
        from[axis] = kind == 0   ? ((i[axis] - by) % n + n) % n
                     : kind == 1 ? i[axis] / by
                                 : i[axis] % n;
        y.x[exact_offset(shape, i)] = x.x[exact_offset(x.shape, from)];
    }
    exact_hold(kind == 0 ? "roll" : kind == 1 ? "repeat" : "tile", y);
}

/* ---- indices --------------------------------------------------------------------------------- */

/* gather, and scatter_add as its adjoint: y[.., index[i], ..] += src[i]. */
static void gather(int scatter) {
    array x = exact_operand(1), index, y;
    if (x.shape.rank == 0) return;
    int axis = (int)exact_draw(x.shape.rank);
    wg_shape s = x.shape;
    for (int k = 0; k < s.rank; ++k)
        s.dim[k] = k == axis ? exact_draw(6) : exact_draw(s.dim[k] + 1);
    if (x.shape.dim[axis] == 0) s.dim[axis] = 0;
    if (wg_shape_size(s) > LARGEST) return;
    index = exact_indices(s, x.shape.dim[axis] ? x.shape.dim[axis] : 1);
    array src = scatter ? exact_of_shape(s) : x;
    y = scatter ? exact_made(x.shape, wg_scatter_add(x.v, index.v, src.v, axis))
                : exact_made(s, wg_gather(x.v, index.v, axis));
    for (size_t i = 0; scatter && i < x.n; ++i) y.x[i] = x.x[i];
    EACH(i, s) {
        int64_t at[WG_MAX_RANK];
        memcpy(at, i, sizeof at);
        at[axis] = (int64_t)index.x[exact_offset(s, i)];
        if (scatter) y.x[exact_offset(x.shape, at)] += src.x[exact_offset(s, i)];
        else y.x[exact_offset(s, i)] = x.x[exact_offset(x.shape, at)];
    }
    exact_hold(scatter ? "scatter_add" : "gather", y);
}

static void gathered(void) { gather(0); }
static void scattered(void) { gather(1); }

/* index_select, and index_add as its adjoint: whole slices. */
static void select(int add) {
    array x = exact_operand(1), y;
    if (x.shape.rank == 0) return;
    int axis = (int)exact_draw(x.shape.rank);
    int more = (int)exact_draw(3) - 1; /* the index has rank 0 to 2 */
    wg_shape is = {1 + more, {exact_draw(4), exact_draw(3)}}, s = {x.shape.rank + more, {0}};
    if (x.shape.dim[axis] == 0 && is.rank == 0) return;
    if (x.shape.dim[axis] == 0) is.dim[0] = 0;
    for (int k = 0; k < s.rank; ++k)
        s.dim[k] = k < axis             ? x.shape.dim[k]
                   : k <= axis + more ? is.dim[k - axis]
                                        : x.shape.dim[k - more];
    if (wg_shape_size(s) > LARGEST) return;
    array index = exact_indices(is, x.shape.dim[axis] ? x.shape.dim[axis] : 1);
    array src = add ? exact_of_shape(s) : x;
    y = add ? exact_made(x.shape, wg_index_add(x.v, index.v, src.v, axis))
            : exact_made(s, wg_index_select(x.v, index.v, axis));
    for (size_t i = 0; add && i < x.n; ++i) y.x[i] = x.x[i];
    EACH(i, s) {
        int64_t at[WG_MAX_RANK];
        for (int k = 0; k < x.shape.rank; ++k) at[k] = k > axis ? i[k + more] : i[k];
        at[axis] = (int64_t)index.x[exact_offset(is, i + axis)];
        if (add) y.x[exact_offset(x.shape, at)] += src.x[exact_offset(s, i)];
        else y.x[exact_offset(s, i)] = x.x[exact_offset(x.shape, at)];
    }
    exact_hold(add ? "index_add" : "index_select", y);
}

static void selected(void) { select(0); }
static void added(void) { select(1); }

static void view(void) { exact_hold("view", exact_operand(0)); }

/* ---- rounds ---------------------------------------------------------------------------------- */

static void (*const kinds[])(void) = {reduce, reduce, reduce, cumulate,      copy,     pad,
                                      join,   stack,  view,   along_an_axis, gathered, scattered,
                                      selected, added};
enum { KINDS = sizeof kinds / sizeof *kinds, QUICK = 50, FULL = 500 };

START_TEST(test_exact) {
    unsigned long rounds = full_run() ? FULL : QUICK;
    for (unsigned long k = 0; k < rounds; ++k) {
        exact_begin((unsigned long)_i * FULL + k + 1);
        kinds[_i]();
    }
    ck_assert_msg(exact_compared() >= 2 * rounds / 3, "%lu of %lu rounds compared anything",
                  exact_compared(), rounds);
    exact_end();
}
END_TEST

extern Suite *suite_exact(void);
Suite *suite_exact(void) {
    Suite *s = suite_create("exact");
    TCase *c = tcase_create("integers");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_exact, 0, KINDS);
    suite_add_tcase(s, c);
    return s;
}
