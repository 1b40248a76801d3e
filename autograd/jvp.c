/* jvp.c: forward mode on the tape: tangents that are recorded values.
 *
 * One pass upward from the lowest of the xs.  A node's tangent is the sum over its operands of
 *
 *     dy = sum_k (dy/dx_k) dx_k
 *
 * and comes from, in this order: the gate's own rule of forward mode; for a linear gate the gate
 * itself, applied to the tangents; for an elementwise gate its reverse rule, since a diagonal
 * matrix is its own transpose; and for any other gate its reverse rule differentiated once more.
 * That rule, dx_k = (dy/dx_k)^T u, is linear in the cotangent u, and so
 *
 *     (dy/dx_k) dx_k = d <(dy/dx_k)^T u, dx_k> / du        whatever u is; it is 0 here
 *
 * (J. Townsend, "A new trick for calculating Jacobian vector products", 2017). */
#include "autograd/sweep.h"

#include <string.h>

typedef struct pass {
    wg_tape *t;
    uint32_t low, high;
    unsigned char *below; /* [i - low]: some y depends on it */
    uint32_t *tangent;    /* [i - low]: node index, 0: zero */
} pass;

/* One node with the tangents of its operands. */
typedef struct front {
    const wg_gate *gate;
    wg_var y;
    size_t n;
    wg_var *x, *dx;
    unsigned char *want; /* room for n flags */
    const void *attrs;
} front;

/* ---- the tangent of one node ---------------------------------------------------------------- */

static wg_shape shape_of(wg_var v) {
    wg_value room;
    return wgi_shape(wgi_value_of(wgi_node_at(v.tape, v.index), &room));
}

static int alike(wg_var a, wg_var b) {
    wg_value room[2];
    return wgi_same_shape(wgi_value_of(wgi_node_at(a.tape, a.index), &room[0]),
                          wgi_value_of(wgi_node_at(b.tape, b.index), &room[1]));
}

/* A number stays one: its tangent takes the dtype of its partner, too. */
static wg_var zeros_like(wg_var v) {
    wg_value room;
    if (wgi_node_at(v.tape, v.index)->flags & WGI_NUMBER) return wg_number(v.tape, 0);
    const wg_value *x = wgi_value_of(wgi_node_at(v.tape, v.index), &room);
    return wg_const(v.tape, x->dtype, wgi_shape(x), NULL);
}

static wg_var plus(wg_var sum, wg_var c) { return sum.tape ? wg_add(sum, c) : c; }

/* The reverse rule at cotangent g for operand k alone; poison if it goes wrong, WG_NONE: zero. */
static wg_var pull_one(const front *f, wg_var g, size_t k) {
    wg_tape *t = f->y.tape;
    wg_var *dx = wgi_arena_alloc(&t->scratch, f->n * sizeof *dx);
    if (!dx) {
        wgi_error(t, WG_ERR_MEMORY, "jvp: no memory");
        return wgi_poison(t);
    }
    memset(f->want, 0, f->n);
    f->want[k] = 1;
    for (size_t i = 0; i < f->n; ++i) dx[i] = WG_NONE;
    wg_pull p = {f->gate, g, f->y, f->n, f->x, f->want, f->attrs, 1, dx};
    f->gate->rule(&p);
    if (!dx[k].tape) return WG_NONE;
    return wgi_check_result(t, f->gate, dx[k]) == WG_OK ? dx[k] : wgi_poison(t);
}

static wg_var tangent_of_linear(const front *f) {
    for (size_t k = 0; k < f->n; ++k) {
        if (f->dx[k].tape) continue;
        int value = f->x[k].tape && wgi_operand_is_value(f->gate, k);
        f->dx[k] = value ? zeros_like(f->x[k]) : f->x[k];
    }
    return wg_record(f->gate, f->n, f->dx, f->attrs);
}

static wg_var tangent_of_elementwise(const front *f) {
    wg_var sum = WG_NONE;
    for (size_t k = 0; k < f->n; ++k) {
        if (!f->dx[k].tape) continue;
        wg_var dx = f->dx[k];
        if (!alike(dx, f->y)) dx = wg_broadcast_to(dx, shape_of(f->y));
        wg_var c = dx.index ? pull_one(f, dx, k) : dx;
        if (c.index) c = wgi_strong(f->gate, dx, c);
        if (c.tape) sum = plus(sum, c);
    }
    return sum;
}

/* A zero cotangent u is recorded as a leaf, outside any no-gradient section: without a path to u
 * there would be nothing to differentiate. */
static wg_var tangent_of_rule(const front *f) {
    wg_tape *t = f->y.tape;
    wg_value room;
    const wg_value *y = wgi_value_of(wgi_node_at(t, f->y.index), &room);
    wg_var sum = WG_NONE;
    int no_grad = t->no_grad;
    for (size_t k = 0; k < f->n; ++k) {
        if (!f->dx[k].tape) continue;
        t->no_grad = 0;
        wgi_set_fast(t);
        wg_var u = wg_input(t, y->dtype, wgi_shape(y), NULL);
        wg_var c = u.index ? pull_one(f, u, k) : u;
        if (c.index && !alike(c, f->dx[k])) c = wg_sum_to(c, shape_of(f->dx[k]));
        t->no_grad = no_grad;
        wgi_set_fast(t);
        if (c.index) wg_vjp(c, f->dx[k], 1, &u, &c);
        if (c.tape) sum = plus(sum, c);
    }
    return sum;
}

static wg_var tangent_of(const front *f) {
    const wg_gate *g = f->gate;
    wg_push p = {g, f->y, f->n, f->x, f->dx, f->attrs};
    if (g->tangent) return g->tangent(&p);
    if (g->flags & WG_GATE_LINEAR) return tangent_of_linear(f);
    if (g->rule) return g->elementwise ? tangent_of_elementwise(f) : tangent_of_rule(f);
    wgi_error(f->y.tape, WG_ERR_UNSUPPORTED, "%s: it has no derivative", g->name);
    return wgi_poison(f->y.tape);
}

/* ---- the pass ------------------------------------------------------------------------------- */

static int takes_part(const pass *p, uint32_t i) {
    const wgi_node *n = wgi_node_at(p->t, i);
    return p->below[i - p->low] && n->flags & WGI_WANTS && !(n->gate->flags & WG_GATE_FLAT);
}

/* Adds the tangent v to node i. */
static wg_status give(const pass *p, uint32_t i, wg_var v) {
    uint32_t *sum = &p->tangent[i - p->low];
    if (v.index && *sum) v = wg_add(wgi_var(p->t, *sum), v);
    *sum = v.index;
    return v.index ? WG_OK : p->t->error.status;
}

static wg_status push(const pass *p, uint32_t i) {
    wg_tape *t = p->t;
    wgi_node *node = wgi_node_at(t, i);
    const uint32_t *x;
    size_t n = wgi_operands(node, &x), reached = 0;
    for (size_t k = 0; k < n; ++k) reached += x[k] >= p->low && p->tangent[x[k] - p->low];
    if (!reached) return WG_OK;
    wg_var *vars = wgi_arena_alloc(&t->scratch, 2 * n * sizeof *vars);
    unsigned char *want = wgi_arena_alloc(&t->scratch, n);
    if (!vars || !want) return wgi_error(t, WG_ERR_MEMORY, "jvp: no memory");
    front f = {node->gate, wgi_var(t, i), n, vars, vars + n, want, wgi_attrs(node)};
    for (size_t k = 0; k < n; ++k) {
        uint32_t dx = x[k] >= p->low ? p->tangent[x[k] - p->low] : 0;
        f.x[k] = x[k] ? wgi_var(t, x[k]) : WG_NONE;
        f.dx[k] = dx ? wgi_var(t, dx) : WG_NONE;
    }
    wg_var dy = tangent_of(&f);
    if (!dy.tape) return WG_OK; /* zero */
    wg_status s = wgi_check_result(t, node->gate, dy);
    if (s == WG_OK && !alike(dy, f.y))
        s = wgi_error(t, WG_ERR_STATE, "%s: its tangent has another shape", node->gate->name);
    return s == WG_OK ? give(p, i, dy) : s;
}

/* Marks what the ys depend on, down to the lowest of the xs. */
static void mark_below(const pass *p, size_t m, const wg_var *ys) {
    memset(p->below, 0, (size_t)(p->high - p->low) + 1);
    for (size_t i = 0; i < m; ++i)
        if (ys[i].index >= p->low) p->below[ys[i].index - p->low] = 1;
    for (uint32_t i = p->high; i > p->low; --i) {
        const uint32_t *x;
        uint32_t n = p->below[i - p->low] ? wgi_operands(wgi_node_at(p->t, i), &x) : 0;
        for (uint32_t k = 0; k < n; ++k)
            if (x[k] >= p->low) p->below[x[k] - p->low] = 1;
    }
}

static wg_status climb(const pass *p, size_t n, const wg_var *xs, const wg_var *dxs) {
    wg_status s = WG_OK;
    for (size_t i = 0; i < n && s == WG_OK; ++i)
        if (xs[i].index <= p->high && wgi_node_at(p->t, xs[i].index)->flags & WGI_WANTS)
            s = give(p, xs[i].index, dxs[i]);
    for (uint32_t i = p->low; i <= p->high && s == WG_OK; ++i) {
        if (!takes_part(p, i)) continue;
        wgi_arena_mark mark = wgi_arena_position(&p->t->scratch);
        s = push(p, i);
        wgi_arena_release(&p->t->scratch, mark);
    }
    return s;
}

static wg_status run(pass *p, size_t m, const wg_var *ys, size_t n, const wg_var *xs,
                     const wg_var *dxs, wg_var *out) {
    size_t count = (size_t)(p->high - p->low) + 1;
    p->below = wgi_arena_alloc(&p->t->scratch, count);
    p->tangent = wgi_arena_alloc(&p->t->scratch, count * sizeof *p->tangent);
    if (!p->below || !p->tangent) return wgi_error(p->t, WG_ERR_MEMORY, "jvp: no memory");
    memset(p->tangent, 0, count * sizeof *p->tangent);
    mark_below(p, m, ys);
    wg_status s = climb(p, n, xs, dxs);
    for (size_t i = 0; i < m && s == WG_OK; ++i) {
        uint32_t dy = ys[i].index >= p->low ? p->tangent[ys[i].index - p->low] : 0;
        out[i] = dy ? wgi_var(p->t, dy) : zeros_like(ys[i]);
        if (out[i].index == 0) s = p->t->error.status;
    }
    return s;
}

/* ---- the call ------------------------------------------------------------------------------- */

static wg_status check_ys(wg_tape *t, size_t m, const wg_var *ys) {
    for (size_t i = 0; i < m; ++i) {
        wg_value room;
        if (ys[i].tape != t) return wgi_error(t, WG_ERR_TAPE, "jvp: values of two tapes");
        if (!wgi_usable(ys[i], "jvp")) return wgi_why_not(ys[i]);
        const wg_value *y = wgi_value_of(wgi_node_at(t, ys[i].index), &room);
        if (y->dtype > WG_F64)
            return wgi_error(t, WG_ERR_DTYPE, "jvp: the value is %s; it must be a float",
                             wg_dtype_name(y->dtype));
        wg_status s = wgi_check_unchanged(t, "jvp", ys[i].index);
        if (s != WG_OK) return s;
    }
    return WG_OK;
}

wg_status wgi_push_tangents(wg_tape *t, size_t m, const wg_var *ys, size_t n, const wg_var *xs,
                            const wg_var *dxs, wg_var *out) {
    pass p = {t, UINT32_MAX, 0, NULL, NULL};
    wg_status s = check_ys(t, m, ys);
    for (size_t i = 0; i < m && s == WG_OK; ++i)
        if (ys[i].index > p.high) p.high = ys[i].index;
    p.low = p.high;
    if (s == WG_OK) s = wgi_check_xs(t, "jvp", n, xs, &p.low);
    for (size_t i = 0; i < n && s == WG_OK; ++i)
        s = wgi_check_cotangent(t, "jvp", "tangent", xs[i], dxs[i]);
    if (s == WG_OK && t->sweeping && wgi_hooked(t, "jvp")) s = WG_ERR_STATE;
    if (s != WG_OK) return s;
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    s = run(&p, m, ys, n, xs, dxs, out);
    wgi_arena_release(&t->scratch, mark);
    return s;
}

wg_status wg_jvp(wg_var y, size_t n, const wg_var *xs, const wg_var *tangents, wg_var *out) {
    wg_var dy = y.tape ? wgi_poison(y.tape) : WG_NONE;
    wg_status s = y.tape ? wgi_push_tangents(y.tape, 1, &y, n, xs, tangents, &dy) : WG_ERR_TAPE;
    *out = s == WG_OK ? dy : y.tape ? wgi_poison(y.tape) : WG_NONE;
    return s;
}
