/* exact.c: see exact.h */
#include "tests/ops/exact.h"

#include "tests/suites.h"

#include <math.h>
#include <string.h>

enum { ROOM = 1 << 18, LEAVES = 8 };

static wg_tape *t;
static uint64_t state;
static wg_dtype dtype;
static double room[ROOM];
static size_t used;
static array leaf[LEAVES]; /* of this round */
static size_t n_leaves;
static unsigned long round_number;

void exact_begin(unsigned long number) {
    if (!t) ck_assert_ptr_nonnull(t = wg_tape_new());
    wg_tape_rewind(t);
    state = round_number = number;
    used = n_leaves = 0;
    dtype = exact_draw(2) ? WG_F32 : WG_F64;
}

void exact_end(void) {
    wg_tape_free(t);
    t = NULL;
}

int64_t exact_draw(int64_t n) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

/* ---- indices --------------------------------------------------------------------------------- */

size_t exact_offset(wg_shape s, const int64_t *i) {
    size_t at = 0;
    for (int k = 0; k < s.rank; ++k) at = at * (size_t)s.dim[k] + (size_t)i[k];
    return at;
}

int exact_step(wg_shape s, int64_t *i) {
    for (int k = s.rank - 1; k >= 0; --k) {
        if (++i[k] < s.dim[k]) return 1;
        i[k] = 0;
    }
    return 0;
}

array exact_made(wg_shape shape, wg_var v) {
    array a = {shape, (size_t)wg_shape_size(shape), room + used, v};
    used += a.n;
    ck_assert_uint_le(used, ROOM);
    memset(a.x, 0, a.n * sizeof *a.x);
    return a;
}

/* ---- operands -------------------------------------------------------------------------------- */

wg_shape exact_any_shape(int least) {
    wg_shape s = {least + (int)exact_draw(5 - least), {0}};
    for (int k = 0; k < s.rank; ++k) s.dim[k] = exact_draw(4) ? exact_draw(4) + 1 : 1;
    if (s.rank && exact_draw(100) < 8) s.dim[exact_draw(s.rank)] = 0;
    return s;
}

array exact_new_leaf(wg_shape shape, int signs) {
    array a = exact_made(shape, WG_NONE);
    for (size_t i = 0; i < a.n; ++i)
        a.x[i] = signs ? (double)(2 * exact_draw(2) - 1) : (double)exact_draw(9) - 4;
    a.v = put(t, dtype, shape, a.n, a.x, 1);
    ck_assert_uint_lt(n_leaves, LEAVES);
    leaf[n_leaves++] = a;
    return a;
}

static array turned(array x) {
    wg_axes axes = {x.shape.rank, {0, 1, 2, 3, 4, 5, 6, 7}};
    wg_shape shape = x.shape;
    for (int k = x.shape.rank - 1; k > 0; --k) {
        int j = (int)exact_draw(k + 1), swap = axes.axis[k];
        axes.axis[k] = axes.axis[j];
        axes.axis[j] = swap;
    }
    for (int k = 0; k < shape.rank; ++k) shape.dim[k] = x.shape.dim[axes.axis[k]];
    array y = exact_made(shape, wg_permute(x.v, axes));
    EACH(i, shape) {
        int64_t from[WG_MAX_RANK];
        for (int k = 0; k < shape.rank; ++k) from[axes.axis[k]] = i[k];
        y.x[exact_offset(shape, i)] = x.x[exact_offset(x.shape, from)];
    }
    return y;
}

static array sliced(array x) {
    if (x.shape.rank == 0) return x;
    int axis = (int)exact_draw(x.shape.rank);
    int64_t n = x.shape.dim[axis], by = exact_draw(2) ? 1 + exact_draw(2) : -1 - exact_draw(2);
    if (n == 0) return x;
    int64_t start = exact_draw(n), most = by > 0 ? (n - 1 - start) / by + 1 : start / -by + 1;
    int64_t count = exact_draw(8) ? 1 + exact_draw(most) : 0, stop = start + count * by;
    wg_shape shape = x.shape;
    shape.dim[axis] = count;
    array y = exact_made(shape, wg_slice(x.v, axis, start, stop < 0 ? WG_OMIT : stop, by));
    EACH(i, shape) {
        int64_t from[WG_MAX_RANK];
        memcpy(from, i, sizeof from);
        from[axis] = start + i[axis] * by;
        y.x[exact_offset(shape, i)] = x.x[exact_offset(x.shape, from)];
    }
    return y;
}

array exact_flipped(array x) {
    if (x.shape.rank == 0) return x;
    int axis = (int)exact_draw(x.shape.rank);
    array y = exact_made(x.shape, wg_flip(x.v, WG_AXES(axis)));
    EACH(i, x.shape) {
        int64_t from[WG_MAX_RANK];
        memcpy(from, i, sizeof from);
        from[axis] = x.shape.dim[axis] - 1 - i[axis];
        y.x[exact_offset(x.shape, i)] = x.x[exact_offset(x.shape, from)];
    }
    return y;
}

/* Extents of 1 repeated, and perhaps a new axis in front. */
static array repeated(array x) {
    int more = x.shape.rank < 5 && exact_draw(2);
    wg_shape shape = {x.shape.rank + more, {0}};
    for (int k = 0; k < shape.rank; ++k) {
        int64_t d = k < more ? 1 : x.shape.dim[k - more];
        shape.dim[k] = d == 1 ? exact_draw(4) : d;
    }
    if (wg_shape_size(shape) > LARGEST) return x;
    array y = exact_made(shape, wg_broadcast_to(x.v, shape));
    EACH(i, shape) {
        int64_t from[WG_MAX_RANK];
        for (int k = 0; k < x.shape.rank; ++k) from[k] = x.shape.dim[k] == 1 ? 0 : i[k + more];
        y.x[exact_offset(shape, i)] = x.x[exact_offset(x.shape, from)];
    }
    return y;
}

array exact_viewed(array x) {
    for (int64_t k = exact_draw(5); k > 0; --k)
        switch (exact_draw(4)) {
        case 0: x = turned(x); break;
        case 1: x = sliced(x); break;
        case 2: x = exact_flipped(x); break;
        default: x = repeated(x);
        }
    return x;
}

array exact_operand(int least) {
    return exact_viewed(exact_new_leaf(exact_any_shape(least), 0));
}

array exact_of_shape(wg_shape shape) {
    array x = exact_new_leaf(shape, 0);
    return exact_draw(2) ? exact_flipped(x) : x;
}

array exact_indices(wg_shape shape, int64_t extent) {
    array a = exact_made(shape, WG_NONE);
    for (size_t i = 0; i < a.n; ++i) a.x[i] = (double)exact_draw(extent);
    a.v = put(t, exact_draw(4) ? WG_I64 : dtype, shape, a.n, a.x, 0);
    return a;
}

/* ---- what is compared ------------------------------------------------------------------------ */

static unsigned long compared;
unsigned long exact_compared(void) { return compared; }

void exact_same(const char *what, array y) {
    static double got[ROOM];
    wg_shape have = wg_shape_of(y.v);
    ck_assert_msg(y.v.index != 0, "round %lu: %s: %s", round_number, what, wg_tape_message(t));
    ck_assert_msg(have.rank == y.shape.rank, "round %lu: %s: rank %d", round_number, what,
                  have.rank);
    for (int k = 0; k < have.rank; ++k) ck_assert_int_eq(have.dim[k], y.shape.dim[k]);
    ck_assert(take(y.v, y.n, got));
    ++compared;
    for (size_t i = 0; i < y.n; ++i)
        ck_assert_msg(got[i] == y.x[i] || (isnan(got[i]) && isnan(y.x[i])),
                      "round %lu: %s: element %zu is %.17g, not %.17g", round_number, what, i,
                      got[i], y.x[i]);
}

/* <y, r> is the sum of <x, dx> over the leaves, y being linear in all of them together. */
static void adjoint(const char *what, array y) {
    static double dx[ROOM];
    double forth = 0, back = 0;
    array r = exact_made(y.shape, WG_NONE);
    for (size_t i = 0; i < y.n; ++i) {
        r.x[i] = (double)exact_draw(9) - 4;
        forth += r.x[i] * y.x[i];
    }
    wg_status s = wg_backward(wg_sum(wg_mul(y.v, put(t, dtype, y.shape, y.n, r.x, 0))));
    ck_assert_msg(s == WG_OK, "round %lu: %s: %s", round_number, what, wg_tape_message(t));
    for (size_t k = 0; k < n_leaves; ++k) {
        ck_assert(take(wg_grad(leaf[k].v), leaf[k].n, dx));
        for (size_t i = 0; i < leaf[k].n; ++i) back += leaf[k].x[i] * dx[i];
    }
    ck_assert_msg(forth == back, "round %lu: %s: <A x, r> = %g, <x, A^T r> = %g", round_number,
                  what, forth, back);
}

void exact_hold(const char *what, array y) {
    exact_same(what, y);
    adjoint(what, y);
}
