/* jacobian.c: whole matrices of derivatives, a sweep for each of their rows or columns.
 *
 * The tape is released after every sweep, so that the memory of one is enough for all. */
#include "autograd/tape.h"

#include <string.h>

static const wg_value *value_of(wg_var v, wg_value *room) {
    return wgi_value_of(wgi_node_at(v.tape, v.index), room);
}

static void put_number(const wg_value *to, int64_t at, double x) {
    if (to->dtype == WG_F32) ((float *)to->data)[at] = (float)x;
    else ((double *)to->data)[at] = x;
}

/* The j-th unit vector of v's shape and dtype, a constant. */
static wg_var unit(wg_var v, int64_t j) {
    wg_value room;
    const wg_value *x = value_of(v, &room);
    wg_var c = wg_const(v.tape, x->dtype, wgi_shape(x), NULL);
    if (!c.index) return c;
    put_number(value_of(c, &room), j, 1);
    return c;
}

/* Writes the n numbers of line to the places at, at + step, ... of m, whose dtype is the wider one
 * of y and x: a row has x's dtype, a column y's. */
static wg_status write_line(wg_var line, wg_var m, int64_t n, int64_t at, int64_t step) {
    wg_value room;
    const wg_value *to = value_of(m, &room);
    const void *from = wg_data(line);
    int narrow = wg_dtype_of(line) == WG_F32;
    if (!from) return m.tape->error.status;
    for (int64_t i = 0; i < n; ++i)
        put_number(to, at + i * step,
                   narrow ? (double)((const float *)from)[i] : ((const double *)from)[i]);
    return WG_OK;
}

/* Row or column j of the Jacobian m. */
static wg_status sweep(wg_var y, wg_var x, wg_var m, int64_t ny, int64_t nx, int forward,
                       int64_t j) {
    wg_var line, e = unit(forward ? x : y, j);
    if (!e.index) return m.tape->error.status;
    wg_status s = forward ? wg_jvp(y, 1, &x, &e, &line) : wg_vjp(y, e, 1, &x, &line);
    if (s != WG_OK) return s;
    return forward ? write_line(line, m, ny, j, nx) : write_line(line, m, nx, j * nx, 1);
}

/* The constant that will hold the Jacobian, zeros at first. */
static wg_var matrix(wg_var y, wg_var x, const char *who) {
    wg_value room[2];
    wg_tape *t = y.tape;
    uint32_t low = UINT32_MAX;
    const wg_value *v = value_of(y, &room[0]);
    wg_shape shape = wgi_shape(v);
    if (wgi_check_xs(t, who, 1, &x, &low) != WG_OK) return wgi_poison(t);
    wg_shape of_x = wgi_shape(value_of(x, &room[1]));
    if (v->dtype > WG_F64) {
        wgi_error(t, WG_ERR_DTYPE, "%s: the value is %s; it must be a float", who,
                  wg_dtype_name(v->dtype));
        return wgi_poison(t);
    }
    if (shape.rank + of_x.rank > WG_MAX_RANK) {
        wgi_error(t, WG_ERR_SHAPE, "%s: ranks %d and %d make more than %d axes", who, shape.rank,
                  of_x.rank, WG_MAX_RANK);
        return wgi_poison(t);
    }
    for (int i = 0; i < of_x.rank; ++i) shape.dim[shape.rank++] = of_x.dim[i];
    return wg_const(t, v->dtype > wg_dtype_of(x) ? v->dtype : wg_dtype_of(x), shape, NULL);
}

/* Fills m with dy/dx, releasing the tape after each sweep. */
static wg_status fill(wg_var y, wg_var x, wg_var m) {
    int64_t ny = wg_shape_size(wg_shape_of(y)), nx = wg_shape_size(wg_shape_of(x));
    int forward = nx < ny;
    wg_mark mark = wg_tape_mark(y.tape);
    wg_status s = WG_OK;
    for (int64_t j = 0; j < (forward ? nx : ny) && nx && ny && s == WG_OK; ++j) {
        s = sweep(y, x, m, ny, nx, forward, j);
        wg_tape_release(y.tape, mark);
    }
    return s;
}

wg_var wg_jacobian(wg_var y, wg_var x) {
    wg_var bad = y.tape ? wgi_poison(y.tape) : WG_NONE;
    if (!wgi_usable(y, "jacobian")) return bad;
    wg_var m = matrix(y, x, "jacobian");
    return m.index && fill(y, x, m) == WG_OK ? m : bad;
}

/* The gradient is to be differentiated again, so it is recorded within a no-gradient section too.
 * */
static int record_always(wg_tape *t) {
    int no_grad = t->no_grad;
    t->no_grad = 0;
    wgi_set_fast(t);
    return no_grad;
}

static void record_as_before(wg_tape *t, int no_grad) {
    t->no_grad = no_grad;
    wgi_set_fast(t);
}

/* The matrix lies below the gradient on the tape and outlives it. */
wg_var wg_hessian(wg_var root, wg_var x) {
    wg_tape *t = root.tape;
    wg_var g, bad = t ? wgi_poison(t) : WG_NONE;
    if (wgi_check_root(root, "hessian") != WG_OK || !wgi_usable(x, "hessian")) return bad;
    if (x.tape != t) {
        wgi_error(t, WG_ERR_TAPE, "hessian: root and x are of two tapes");
        return bad;
    }
    wg_var h = matrix(x, x, "hessian");
    if (!h.index) return bad;
    int no_grad = record_always(t);
    wg_mark mark = wg_tape_mark(t);
    wg_status s = wg_gradients(root, 1, &x, &g);
    if (s == WG_OK) s = fill(g, x, h);
    wg_tape_release(t, mark);
    record_as_before(t, no_grad);
    return s == WG_OK ? h : bad;
}

static wg_status hvp(wg_var root, size_t n, const wg_var *xs, const wg_var *vs, wg_var *out) {
    wg_tape *t = root.tape;
    wg_var *g = wgi_arena_alloc(&t->scratch, (n + 1) * sizeof *g);
    if (!g) return wgi_error(t, WG_ERR_MEMORY, "hvp: no memory");
    int no_grad = record_always(t);
    wg_status s = wg_gradients(root, n, xs, g);
    if (s == WG_OK) s = wgi_push_tangents(t, n, g, n, xs, vs, g);
    record_as_before(t, no_grad);
    for (size_t i = 0; i < n && s == WG_OK; ++i) out[i] = g[i];
    return s;
}

wg_status wg_hvp(wg_var root, size_t n, const wg_var *xs, const wg_var *vs, wg_var *out) {
    wg_tape *t = root.tape;
    wg_status s = WG_ERR_TAPE;
    if (t) {
        wgi_arena_mark mark = wgi_arena_position(&t->scratch);
        s = hvp(root, n, xs, vs, out);
        wgi_arena_release(&t->scratch, mark);
    }
    for (size_t i = 0; i < n && s != WG_OK; ++i) out[i] = t ? wgi_poison(t) : WG_NONE;
    return s;
}
