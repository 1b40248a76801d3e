/* gradients.c: gradients that are values on the tape, and so can be differentiated again.
 *
 * The same sweep as backward.c, with recording on: rules record gates, cotangents are added up
 * with wg_add and summed over broadcast axes with wg_sum_to.  Only nodes between the root and the
 * wanted values take part. */
#include "autograd/sweep.h"

#include <string.h>

typedef struct sweep {
    wg_tape *t;
    uint32_t low, root;
    unsigned char *needed; /* [i - low]: depends on a wanted value */
    uint32_t *cotangent;   /* [i - low]: node index, 0: none yet */
} sweep;

/* Marks what depends on the xs, from the lowest of them up.  A constant has no gradient, whatever
 * stands beside it. */
static void mark_needed(const sweep *s, size_t n, const wg_var *xs) {
    memset(s->needed, 0, (size_t)(s->root - s->low) + 1);
    for (size_t i = 0; i < n; ++i)
        if (xs[i].index <= s->root && wgi_node_at(s->t, xs[i].index)->flags & WGI_WANTS)
            s->needed[xs[i].index - s->low] = 1;
    for (uint32_t i = s->low; i <= s->root; ++i) {
        const wgi_node *node = wgi_node_at(s->t, i);
        const uint32_t *x;
        uint32_t count = wgi_operands(node, &x);
        if (node->gate->flags & WG_GATE_FLAT || !(node->flags & WGI_WANTS)) continue;
        for (uint32_t k = 0; k < count && !s->needed[i - s->low]; ++k)
            if (x[k] >= s->low) s->needed[i - s->low] = s->needed[x[k] - s->low];
    }
}

static wg_status hand_on(const sweep *s, uint32_t target, wg_var c) {
    wg_tape *t = s->t;
    uint32_t *sum = &s->cotangent[target - s->low];
    wg_value a, b;
    const wg_value *x = wgi_value_of(wgi_node_at(t, target), &a);
    const wg_value *v = wgi_value_of(wgi_node_at(t, c.index), &b);
    if (!wgi_same_shape(v, x)) c = wg_sum_to(c, wgi_shape(x));
    if (c.index && *sum) c = wg_add(wgi_var(t, *sum), c);
    *sum = c.index;
    return c.index ? WG_OK : t->error.status;
}

/* 1 if a row of n elements has a NaN where g is 0. */
static int row_spoiled(wg_dtype dtype, int64_t n, const void *g, int64_t sg, const void *dx,
                       int64_t sd) {
    const float *g32 = g, *d32 = dx;
    const double *g64 = g, *d64 = dx;
    int found = 0;
    if (dtype == WG_F32)
        for (int64_t i = 0; i < n; ++i) found |= (d32[i * sd] != d32[i * sd]) & (g32[i * sg] == 0);
    else
        for (int64_t i = 0; i < n; ++i) found |= (d64[i * sd] != d64[i * sd]) & (g64[i * sg] == 0);
    return found;
}

/* 1 if dx has a NaN where g, of its shape, is 0. */
static int spoiled(const wg_value *g, const wg_value *dx) {
    int last = dx->rank - 1;
    int64_t n = last < 0 ? 1 : dx->dim[last], rows = n ? wg_value_size(dx) / n : 0;
    size_t bytes = wg_dtype_size(dx->dtype);
    for (int64_t r = 0; r < rows; ++r) {
        int64_t a = 0, b = 0, at = r;
        for (int axis = last - 1; axis >= 0; at /= dx->dim[axis--]) {
            a += at % dx->dim[axis] * g->stride[axis];
            b += at % dx->dim[axis] * dx->stride[axis];
        }
        if (row_spoiled(dx->dtype, n, (const char *)g->data + a * (int64_t)bytes,
                        last < 0 ? 0 : g->stride[last],
                        (const char *)dx->data + b * (int64_t)bytes,
                        last < 0 ? 0 : dx->stride[last]))
            return 1;
    }
    return 0;
}

/* wgi_chain, in ops/elementwise.h, is the same for the unrecorded sweep. */
wg_var wgi_strong(const wg_gate *gate, wg_var g, wg_var dx) {
    wg_tape *t = g.tape;
    wg_value a, b;
    if (!gate->elementwise || !dx.index) return dx;
    const wg_value *gv = wgi_value_of(wgi_node_at(t, g.index), &a);
    const wg_value *dv = wgi_value_of(wgi_node_at(t, dx.index), &b);
    if (gv->dtype != dv->dtype || !wgi_same_shape(gv, dv) || !spoiled(gv, dv)) return dx;
    return wg_absorb(dx, g);
}

static wg_status pull(const sweep *s, uint32_t i) {
    wg_tape *t = s->t;
    wgi_node *n = wgi_node_at(t, i);
    const uint32_t *x;
    size_t count = wgi_operands(n, &x);
    if (count == 0 || n->gate->flags & WG_GATE_FLAT) return WG_OK;
    if (!n->gate->rule)
        return wgi_error(t, WG_ERR_UNSUPPORTED, "%s: it has no derivative", n->gate->name);
    wg_var *vars = wgi_arena_alloc(&t->scratch, 2 * count * sizeof *vars);
    unsigned char *want = wgi_arena_alloc(&t->scratch, count);
    if (!vars || !want) return wgi_error(t, WG_ERR_MEMORY, "gradients: no memory");
    wg_var *dx = vars + count;
    for (size_t k = 0; k < count; ++k) {
        vars[k] = x[k] ? wgi_var(t, x[k]) : WG_NONE;
        dx[k] = WG_NONE;
        want[k] = x[k] >= s->low && s->needed[x[k] - s->low];
    }
    wg_var g = wgi_var(t, s->cotangent[i - s->low]);
    wg_pull p = {n->gate, g, wgi_var(t, i), count, vars, want, wgi_attrs(n), 1, dx};
    n->gate->rule(&p);
    for (size_t k = 0; k < count; ++k) {
        if (!want[k] || !dx[k].tape) continue; /* WG_NONE: zero */
        wg_status status = wgi_check_pulled(t, n->gate, dx[k], x[k]);
        if (status == WG_OK) dx[k] = wgi_strong(n->gate, g, dx[k]);
        if (status == WG_OK) status = dx[k].index ? hand_on(s, x[k], dx[k]) : t->error.status;
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

static wg_status sweep_down(const sweep *s) {
    for (uint32_t i = s->root; i >= s->low && i > 0; --i) {
        if (!s->needed[i - s->low] || !s->cotangent[i - s->low]) continue;
        wgi_arena_mark mark = wgi_arena_position(&s->t->scratch);
        wg_status status = pull(s, i);
        wgi_arena_release(&s->t->scratch, mark);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

/* The result for one x: its cotangent, or zeros of its shape. */
static wg_var result(const sweep *s, wg_var x) {
    uint32_t c = x.index <= s->root ? s->cotangent[x.index - s->low] : 0;
    if (c) return wgi_var(s->t, c);
    wg_value room;
    const wg_value *v = wgi_value_of(wgi_node_at(s->t, x.index), &room);
    return wg_const(s->t, v->dtype, wgi_shape(v), NULL);
}

wg_status wgi_check_xs(wg_tape *t, const char *who, size_t n, const wg_var *xs, uint32_t *low) {
    for (size_t i = 0; i < n; ++i) {
        wg_value room;
        if (xs[i].tape != t)
            return wgi_error(t, WG_ERR_TAPE, "%s: value %zu is not of the root's tape", who, i);
        if (!wgi_usable(xs[i], who)) return wgi_why_not(xs[i]);
        if (wgi_value_of(wgi_node_at(t, xs[i].index), &room)->dtype > WG_F64)
            return wgi_error(t, WG_ERR_DTYPE, "%s: value %zu is not a float", who, i);
        if (xs[i].index < *low) *low = xs[i].index;
    }
    return WG_OK;
}

static wg_status run(wg_tape *t, wg_var y, wg_var g, size_t n, const wg_var *xs, wg_var *out) {
    sweep s = {t, y.index, y.index, NULL, NULL};
    wg_status status = wgi_check_xs(t, "gradients", n, xs, &s.low);
    if (status == WG_OK) status = wgi_check_unchanged(t, "gradients", y.index);
    if (status == WG_OK && t->sweeping && wgi_hooked(t, "gradients")) status = WG_ERR_STATE;
    if (status != WG_OK) return status;
    size_t count = (size_t)(s.root - s.low) + 1;
    s.needed = wgi_arena_alloc(&t->scratch, count);
    s.cotangent = wgi_arena_alloc(&t->scratch, count * sizeof *s.cotangent);
    if (!s.needed || !s.cotangent) return wgi_error(t, WG_ERR_MEMORY, "gradients: no memory");
    memset(s.cotangent, 0, count * sizeof *s.cotangent);
    mark_needed(&s, n, xs);
    s.cotangent[s.root - s.low] = g.index;
    status = sweep_down(&s);
    for (size_t i = 0; i < n && status == WG_OK; ++i) {
        out[i] = result(&s, xs[i]);
        if (out[i].index == 0) status = t->error.status;
    }
    return status;
}

wg_status wgi_check_cotangent(wg_tape *t, const char *who, const char *what, wg_var y, wg_var g) {
    wg_value a, b;
    char text[2][96];
    if (g.tape != t)
        return wgi_error(t, WG_ERR_TAPE, "%s: the %s is not of the value's tape", who, what);
    if (!wgi_usable(g, who)) return wgi_why_not(g);
    const wg_value *v = wgi_value_of(wgi_node_at(t, y.index), &a);
    const wg_value *c = wgi_value_of(wgi_node_at(t, g.index), &b);
    if (!wgi_same_shape(v, c))
        return wgi_error(t, WG_ERR_SHAPE, "%s: the value has shape %s, the %s %s", who,
                         wgi_shape_text(text[0], sizeof text[0], v->rank, v->dim), what,
                         wgi_shape_text(text[1], sizeof text[1], c->rank, c->dim));
    if (v->dtype != c->dtype || v->dtype > WG_F64)
        return wgi_error(t, WG_ERR_DTYPE, "%s: value is %s, %s %s", who,
                         wg_dtype_name(v->dtype), what, wg_dtype_name(c->dtype));
    return WG_OK;
}

/* xs may be out: it is poisoned last. */
static wg_status fail(wg_status status, wg_tape *t, size_t n, wg_var *out) {
    for (size_t i = 0; i < n; ++i) out[i] = t ? wgi_poison(t) : WG_NONE;
    return status;
}

wg_status wg_vjp(wg_var y, wg_var g, size_t n, const wg_var *xs, wg_var *out) {
    wg_tape *t = y.tape;
    if (!wgi_usable(y, "vjp")) return fail(wgi_why_not(y), t, n, out);
    wg_status status = wgi_check_cotangent(t, "vjp", "cotangent", y, g);
    if (status != WG_OK) return fail(status, t, n, out);
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    status = run(t, y, g, n, xs, out);
    wgi_arena_release(&t->scratch, mark);
    return status == WG_OK ? WG_OK : fail(status, t, n, out);
}

wg_status wg_gradients(wg_var root, size_t n, const wg_var *xs, wg_var *out) {
    wg_status s = wgi_check_root(root, "gradients");
    wg_tape *t = root.tape;
    if (s != WG_OK) return fail(s, t, n, out);
    wg_value room, v = *wgi_value_of(wgi_node_at(t, root.index), &room);
    float one32 = 1;
    double one64 = 1;
    wg_var one = wg_const(t, v.dtype, wgi_shape(&v),
                          v.dtype == WG_F32 ? (const void *)&one32 : (const void *)&one64);
    return one.index ? wg_vjp(root, one, n, xs, out) : fail(t->error.status, t, n, out);
}
