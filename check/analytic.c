/* analytic.c: the analytic side of a gradient check, without touching the caller's gradients.
 *
 * The computation is recorded a second time, node by node with the same descriptors and
 * attributes, on a tape of its own, where parameters are plain inputs.  What is checked is thus
 * what training runs: the same rules, swept unrecorded, and beside them the recorded gradient.  A
 * computation in float32 is recorded a third time, in float64. */
#include "autograd/tape.h"
#include "check/gradcheck.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

extern const wg_gate wg_gate_cast;

typedef struct copying {
    wg_tape *from, *to;
    const unsigned char *below; /* by index of `from`: root and its ancestors */
    wg_var *at;                 /* by index of `from`: the value on `to` */
    uint32_t root;
    int lift; /* float32 becomes float64 */
    wgi_arena *room;
    wg_error *error;
} copying;

static wg_status no_memory(wg_error *e) {
    return wgi_error_to(e, WG_ERR_MEMORY, "gradcheck: no memory");
}

/* Hands an error of the second tape on. */
static wg_status failed(const copying *c) {
    wg_status s = wg_tape_status(c->to);
    return wgi_error_to(c->error, s ? s : WG_ERR_MEMORY, "%s", wg_tape_message(c->to));
}

/* ---- the second tape ------------------------------------------------------------------------ */

static int wants(const wgi_node *n) {
    return (n->flags & WGI_LEAF) && (n->flags & WGI_WANTS);
}

/* A leaf, or a value of a no-gradient section, with numbers of its own. */
static wg_var copy_leaf(const copying *c, const wgi_node *n) {
    wg_value room, v = *wgi_value_of(n, &room);
    if (n->flags & WGI_NUMBER) return wg_number(c->to, n->value);
    if (!wg_value_dense(&v)) {
        wg_value dense = v;
        dense.data = wgi_arena_alloc(c->room, (size_t)wg_value_size(&v) * wg_dtype_size(v.dtype));
        if (!dense.data) return WG_NONE;
        wg_value_set_dense(&dense);
        wgi_value_copy(&v, &dense);
        v = dense;
    }
    if (c->lift && v.dtype == WG_F32) {
        int64_t size = wg_value_size(&v);
        double *wide = wgi_arena_alloc(c->room, (size_t)size * sizeof *wide);
        if (!wide) return WG_NONE;
        for (int64_t i = 0; i < size; ++i) wide[i] = (double)((const float *)v.data)[i];
        v = wgi_value_make(WG_F64, wgi_shape(&v), wide);
    }
    return wants(n) ? wg_input(c->to, v.dtype, wgi_shape(&v), v.data)
                    : wg_const(c->to, v.dtype, wgi_shape(&v), v.data);
}

static wg_var copy_gate(const copying *c, const wgi_node *n) {
    const uint32_t *x;
    uint32_t count = wgi_operands(n, &x);
    wgi_arena_mark mark = wgi_arena_position(c->room);
    wg_var *operands = wgi_arena_alloc(c->room, (count + 1) * sizeof *operands);
    if (!operands) return WG_NONE;
    for (uint32_t k = 0; k < count; ++k) operands[k] = x[k] ? c->at[x[k]] : WG_NONE;
    wg_value room;
    int narrow = c->lift && wgi_value_of(n, &room)->dtype == WG_F32;
    int cast = narrow && n->gate == &wg_gate_cast;
    wg_var y = cast ? operands[0] : wg_record(n->gate, count, operands, wgi_attrs(n));
    if (narrow && y.index && wg_dtype_of(y) != WG_F64) y = wg_cast(y, WG_F64);
    wgi_arena_release(c->room, mark);
    return y;
}

static wg_status copy_all(const copying *c) {
    for (uint32_t i = 1; i <= c->root; ++i) {
        if (!c->below[i] || c->at[i].tape) continue;
        const wgi_node *n = wgi_node_at(c->from, i);
        int leaf = (n->flags & (WGI_LEAF | WGI_CUT)) != 0;
        c->at[i] = leaf ? copy_leaf(c, n) : copy_gate(c, n);
        if (!c->at[i].tape) return no_memory(c->error);
        if (c->at[i].index == 0) return failed(c);
    }
    return WG_OK;
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* The numbers of g as doubles, in out. */
static wg_status take(const copying *c, wg_var g, int64_t n, double *out) {
    const void *data = wg_data(g);
    if (!data) return failed(c);
    for (int64_t i = 0; i < n; ++i)
        out[i] = wg_dtype_of(g) == WG_F32 ? (double)((const float *)data)[i]
                                          : ((const double *)data)[i];
    return WG_OK;
}

static wg_status sweep(const copying *c, wgi_analytic *a) {
    wgi_way way = c->lift ? WGI_SWEPT64 : WGI_SWEPT;
    if (wg_backward(c->at[c->root]) != WG_OK) return failed(c);
    for (size_t i = 0; i < a->n; ++i) {
        wgi_leaf_grad *l = &a->leaf[i];
        wg_status s = take(c, wg_grad(c->at[l->index]), l->n, l->by[way]);
        if (s != WG_OK) return s;
    }
    return WG_OK;
}

/* A gate may give the engine inline mathematics and no rule: that is swept and not recorded. */
static wg_status record(const copying *c, wgi_analytic *a) {
    wgi_way way = c->lift ? WGI_RECORDED64 : WGI_RECORDED;
    wg_var *xs = wgi_arena_alloc(c->room, 2 * a->n * sizeof *xs);
    if (!xs) return no_memory(c->error);
    for (size_t i = 0; i < a->n; ++i) xs[i] = c->at[a->leaf[i].index];
    wg_status s = wg_gradients(c->at[c->root], a->n, xs, xs + a->n);
    if (s == WG_ERR_UNSUPPORTED) {
        for (size_t i = 0; i < a->n; ++i) a->leaf[i].by[way] = NULL;
        return WG_OK;
    }
    if (s != WG_OK) return failed(c);
    for (size_t i = 0; i < a->n && s == WG_OK; ++i)
        s = take(c, xs[a->n + i], a->leaf[i].n, a->leaf[i].by[way]);
    return s;
}

/* <g, v> by the sweep against the derivative in direction v by forward mode.  A gate of a user's
 * may have no rule for it. */
static wg_status dot_product(const copying *c, wgi_analytic *a) {
    wgi_way way = c->lift ? WGI_SWEPT64 : WGI_SWEPT;
    wg_var *xs = wgi_arena_alloc(c->room, 2 * a->n * sizeof *xs), dy;
    double sum = 0, size = 0;
    if (!xs) return no_memory(c->error);
    for (size_t i = 0; i < a->n; ++i) {
        const wgi_leaf_grad *l = &a->leaf[i];
        wg_var x = c->at[l->index];
        int narrow = wg_dtype_of(x) == WG_F32;
        double *v = wgi_arena_alloc(c->room, (size_t)l->n * sizeof *v);
        if (!v) return no_memory(c->error);
        for (int64_t k = 0; k < l->n; ++k) {
            double d = (double)(float)wgi_direction_at(i, k), term = l->by[way][k] * d;
            sum += term;
            size += fabs(term);
            if (narrow) ((float *)v)[k] = (float)d;
            else v[k] = d;
        }
        xs[i] = x;
        xs[a->n + i] = wg_const(c->to, wg_dtype_of(x), wg_shape_of(x), v);
    }
    a->dot = (double)NAN;
    wg_status s = wg_jvp(c->at[c->root], a->n, xs, xs + a->n, &dy);
    if (s == WG_ERR_UNSUPPORTED) return WG_OK;
    if (s != WG_OK) return failed(c);
    double forward = 0;
    s = take(c, dy, 1, &forward);
    a->dot = size > 0 ? fabs(forward - sum) / size : fabs(forward - sum);
    return s;
}

/* ---- the leaves ----------------------------------------------------------------------------- */

static wg_status list_leaves(const copying *c, wgi_analytic *a) {
    for (uint32_t i = 1; i <= c->root; ++i) {
        wg_value room;
        const wgi_node *n = wgi_node_at(c->from, i);
        if (!c->below[i]) continue;
        a->n += (size_t)wants(n);
        a->float32 |= wgi_value_of(n, &room)->dtype == WG_F32;
    }
    if (a->n == 0)
        return wgi_error_to(c->error, WG_ERR_STATE,
                            "gradcheck: the root depends on no leaf that wants a gradient");
    a->leaf = wgi_arena_alloc(c->room, a->n * sizeof *a->leaf);
    wgi_leaf_grad *l = a->leaf;
    for (uint32_t i = 1; l && i <= c->root; ++i) {
        wg_value room;
        if (!c->below[i] || !wants(wgi_node_at(c->from, i))) continue;
        l->index = i;
        l->n = wg_value_size(wgi_value_of(wgi_node_at(c->from, i), &room));
        for (int way = 0; way < WGI_WAYS; ++way) {
            l->by[way] = wgi_arena_alloc(c->room, (size_t)l->n * sizeof(double));
            if (!l->by[way]) return no_memory(c->error);
        }
        ++l;
    }
    return l ? WG_OK : no_memory(c->error);
}

/* Both gradients of a recording of its own. */
static wg_status differentiate(copying *c, wgi_analytic *a) {
    c->to = wg_tape_new();
    if (!c->to) return no_memory(c->error);
    memset(c->at, 0, ((size_t)c->root + 1) * sizeof *c->at);
    wg_tape_keep_grads(c->to, !c->from->drop_grads);
    wg_status s = copy_all(c);
    if (s == WG_OK) s = sweep(c, a);
    if (s == WG_OK) s = record(c, a);
    if (s == WG_OK) s = dot_product(c, a);
    wg_tape_free(c->to);
    return s;
}

static void finish(wgi_analytic *a) {
    for (size_t i = 0; i < a->n; ++i) {
        wgi_leaf_grad *l = &a->leaf[i];
        if (!a->float32) {
            l->by[WGI_SWEPT64] = l->by[WGI_SWEPT];
            l->by[WGI_RECORDED64] = l->by[WGI_RECORDED];
        }
        l->largest = 0;
        for (int64_t k = 0; k < l->n; ++k)
            if (isfinite(l->by[WGI_SWEPT64][k]))
                l->largest = fmax(l->largest, fabs(l->by[WGI_SWEPT64][k]));
    }
}

wg_status wgi_copy_computation(wg_var root, const wg_var *leaves, wg_tape *to, wgi_arena *room,
                               wg_var *copy, wg_error *error) {
    wg_tape *t = root.tape;
    copying c = {t, to, NULL, NULL, root.index, 1, room, error};
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    c.below = wgi_ancestors(t, root.index);
    c.at = wgi_arena_alloc(room, ((size_t)root.index + 1) * sizeof *c.at);
    wg_status s = c.below && c.at ? WG_OK : no_memory(error);
    for (uint32_t i = 1; i <= root.index && s == WG_OK; ++i) {
        c.at[i] = WG_NONE;
        if (c.below[i] && wants(wgi_node_at(t, i))) c.at[i] = *leaves++;
    }
    if (s == WG_OK) s = copy_all(&c);
    if (s == WG_OK) *copy = c.at[root.index];
    wgi_arena_release(&t->scratch, mark);
    return s;
}

wg_status wgi_list_leaves(wg_var root, wgi_arena *room, wgi_analytic *out, wg_error *error) {
    copying c = {root.tape, NULL, NULL, NULL, root.index, 0, room, error};
    wgi_arena_mark mark = wgi_arena_position(&root.tape->scratch);
    memset(out, 0, sizeof *out);
    c.below = wgi_ancestors(root.tape, root.index);
    wg_status s = c.below ? list_leaves(&c, out) : no_memory(error);
    wgi_arena_release(&root.tape->scratch, mark);
    return s;
}

wg_status wgi_analytic_gradient(wg_var root, wgi_arena *room, wgi_analytic *out, wg_error *error) {
    wg_tape *t = root.tape;
    copying c = {t, NULL, NULL, NULL, root.index, 0, room, error};
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    memset(out, 0, sizeof *out);
    c.below = wgi_ancestors(t, root.index);
    c.at = wgi_arena_alloc(room, ((size_t)root.index + 1) * sizeof *c.at);
    wg_status s = c.below && c.at ? list_leaves(&c, out) : no_memory(error);
    if (s == WG_OK) s = differentiate(&c, out);
    if (s == WG_OK && out->float32) {
        c.lift = 1;
        s = differentiate(&c, out);
    }
    if (s == WG_OK) finish(out);
    wgi_arena_release(&t->scratch, mark);
    return s;
}
