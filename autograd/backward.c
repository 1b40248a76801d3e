/* backward.c: the reverse sweep, unrecorded.
 *
 * Append order is a topological order, so one pass from the root down meets every node after all
 * of its uses.  Scalar nodes keep their partial derivatives: they cost a multiply-add an operand.
 * For the others the gate's rule runs with recording off; what it makes lies on top of the tape
 * and in the gradient pool and is dropped when its cotangents have been handed on.
 *
 * Three ways lead from a node to its operands: a direct kernel (direct.c), a tile program for a run
 * of elementwise gates (fuse.c), the rule (hand_on.c).  They alone add cotangents up and sum them
 * over broadcast axes.  A cotangent is added to in place only where its buffer belongs to that node
 * alone (grad_owned). */
#include "autograd/debug.h"
#include "autograd/fuse.h"
#include "autograd/span.h"
#include "autograd/sweep.h"

#include <string.h>

/* ---- one node ------------------------------------------------------------------------------- */

/* Drops what the rule made, but for the buffers that became gradients. */
static void drop_temporaries(const wgi_step *s, wgi_arena_mark mark) {
    wg_tape *t = s->t;
    for (uint32_t i = s->base; i < t->head.count; ++i) {
        const wgi_node *n = wgi_node_at(t, i);
        if (n->flags & WGI_DENSE && n->u.dense->bytes)
            wgi_pool_release(&t->grads, n->u.dense->value.data, n->u.dense->bytes);
    }
    wgi_set_count(t, s->base);
    wgi_arena_release(&t->values, mark);
}

wg_value wgi_cotangent_of(wgi_node *n) {
    if (n->flags & WGI_DENSE && wg_value_size(&n->u.dense->value) == 0)
        return wgi_value_make(n->u.dense->value.dtype, wgi_shape(&n->u.dense->value), NULL);
    if (!(n->flags & WGI_SCALAR)) return n->u.dense->grad;
    return wgi_value_make(WG_F64, WG_RANK0, &n->cotangent);
}

/* An elementwise gate, from its inline mathematics: one pass an operand. */
static wg_status pull_elementwise(const wgi_step *s, wgi_node *n, const uint32_t *x, uint32_t k,
                                  wg_var *dx) {
    wg_tape *t = s->t;
    const wg_gate *gate = n->gate;
    wgi_operand_room room;
    wg_value yroom;
    wg_call c;
    wg_error e = {WG_OK, ""};
    const wg_value *y = wgi_value_of(n, &yroom);
    wg_value out = wgi_value_make(y->dtype, wgi_shape(y), NULL), g = wgi_cotangent_of(n);
    size_t bytes = wgi_grad_bytes(&out), count = n->u.dense->n;
    if (!wgi_room_new(t, count, &room)) return WG_ERR_MEMORY;
    memcpy(room.index, x, count * sizeof *x);
    wg_status status = wgi_call_init(&c, t, gate, count, &room, wgi_attrs(n), &e);
    if (status != WG_OK) return wgi_error(t, status, "%s", e.text);
    out.data = wgi_pool_alloc(&t->grads, bytes);
    if (!out.data) return wgi_error(t, WG_ERR_MEMORY, "backward: no memory for a gradient");
    wgi_elementwise_pull(gate, (int)k, &g, y, count, c.x, c.attrs, &out);
    *dx = wgi_show(t, &out, 0);
    if (dx->index) wgi_node_at(t, dx->index)->u.dense->bytes = bytes;
    else wgi_pool_release(&t->grads, out.data, bytes);
    return dx->index ? WG_OK : t->error.status;
}

/* The node's group in one pass (fuse.h), and what it leaves: cotangents to be summed. */
static wg_status pull_fused(const wgi_step *s, uint32_t low) {
    wgi_fuse_rest rest;
    wg_status status = wgi_fuse_pull(s->t, s->source, low, &rest);
    for (int k = 0; k < rest.n && status == WG_OK; ++k)
        status = wgi_hand_on(s, rest.target[k], rest.dx[k]);
    return status;
}

static wg_status pull_by_partials(const wgi_step *s, wgi_node *n) {
    const uint32_t *x;
    uint32_t count = wgi_operands(n, &x);
    for (uint32_t k = 0; k < count; ++k) {
        wg_var dx = WG_NONE;
        if (!wgi_wanted(s->t, x[k])) continue;
        wg_status status = pull_elementwise(s, n, x, k, &dx);
        if (status == WG_OK) status = wgi_hand_on(s, x[k], dx);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

/* Counts c, for node `target`, at the value of the rule whose storage it shows: one that is shown
 * twice cannot be given away, since the other result is still to be read or would be the same
 * buffer.  What is summed on the way becomes a value of its own. */
static void claim(const wgi_step *s, wg_var c, uint32_t target) {
    wg_value a, b;
    if (!c.index) return;
    if (!wgi_same_shape(wgi_value_of(wgi_node_at(s->t, c.index), &a),
                        wgi_value_of(wgi_node_at(s->t, target), &b)))
        return;
    const wgi_node *n = wgi_node_at(s->t, c.index);
    uint32_t owner = n->flags & WGI_DENSE ? n->u.dense->owner : 0;
    if (owner < s->base) return;
    const wgi_node *storage = wgi_node_at(s->t, owner);
    if (storage->flags & WGI_DENSE) ++storage->u.dense->claims;
}

static wg_status pull_by_rule(wgi_step *s, wgi_node *n) {
    wg_tape *t = s->t;
    const uint32_t *x;
    size_t count = wgi_operands(n, &x);
    wg_var *vars = wgi_arena_alloc(&t->scratch, (2 * count + 1) * sizeof *vars);
    unsigned char *want = wgi_arena_alloc(&t->scratch, count + 1);
    if (!vars || !want) return wgi_error(t, WG_ERR_MEMORY, "backward: no memory");
    wg_var *dx = vars + count;
    for (size_t k = 0; k < count; ++k) {
        vars[k] = x[k] ? wgi_var(t, x[k]) : WG_NONE;
        dx[k] = WG_NONE;
        want[k] = (unsigned char)wgi_wanted(t, x[k]);
    }
    wg_value g = wgi_cotangent_of(n);
    wg_var shown = wgi_show(t, &g, 0);
    if (shown.index == 0) return t->error.status;
    s->g = shown.index;
    wg_pull p = {n->gate, shown, wgi_var(t, s->source), count, vars, want, wgi_attrs(n), 0, dx};
    n->gate->rule(&p);
    for (size_t k = 0; k < count; ++k)
        if (want[k] && dx[k].tape == t) claim(s, dx[k], x[k]);
    for (size_t k = 0; k < count; ++k) {
        if (!want[k] || !dx[k].tape) continue; /* WG_NONE: zero */
        wg_status status = wgi_check_pulled(t, n->gate, dx[k], x[k]);
        if (status == WG_OK) status = wgi_hand_on(s, x[k], dx[k]);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

/* Hands the cotangent of n on, in whichever way its gate has, in a sweep of nodes from `low` on.  A
 * gate that passes its cotangent on has nothing to compute: its rule shows it. */
static wg_status derive(wgi_step *s, wgi_node *n, uint32_t low) {
    const wg_gate *gate = n->gate;
    wg_tape *t = s->t;
    int done = 0, looking = t->debug.looking != 0, passes = (gate->flags & WG_GATE_PASSES) != 0;
    if (gate->direct && !looking) {
        wg_status status = wgi_pull_direct(t, n, &done);
        if (done || status != WG_OK) return status;
    }
    if (!t->unfused && !looking && !passes && wgi_fuse_fits(t, s->source))
        return pull_fused(s, low);
    if (gate->elementwise && !passes) return pull_by_partials(s, n);
    if (gate->rule) return pull_by_rule(s, n);
    return wgi_error(t, WG_ERR_UNSUPPORTED, "%s: it has no derivative", gate->name);
}

/* In a sweep of the nodes from `low` on. */
static wg_status pull(wg_tape *t, uint32_t i, uint32_t low) {
    wgi_node *n = wgi_node_at(t, i);
    if (n->flags & (WGI_LEAF | WGI_PULLED) || n->gate->flags & WG_GATE_FLAT ||
        !(n->flags & WGI_WANTS))
        return WG_OK;
    wgi_step s = {t, t->head.count, i, 0};
    wgi_arena_mark values = wgi_arena_position(&t->values);
    wgi_arena_mark scratch = wgi_arena_position(&t->scratch);
    wgi_span span;
    const int counted = wgi_profiling(t);
    if (counted) {
        wgi_span_open(t, &span);
        low = i; /* each gate by itself, so that it has a time */
    }
    wg_status status = derive(&s, n, low);
    drop_temporaries(&s, values);
    wgi_arena_release(&t->scratch, scratch);
    if (t->drop_grads && !(n->flags & WGI_SCALAR)) wgi_drop_grad(t, n);
    if (counted) wgi_span_reverse(t, &span, i);
    return status;
}

/* ---- the sweep ------------------------------------------------------------------------------ */

/* From root down to low, which is not 0. */
static wg_status sweep(wg_tape *t, uint32_t root, uint32_t low) {
    for (uint32_t i = root; i >= low; --i) {
        uint32_t last = i;
        i = wgi_sweep_scalars(t, low, i);
        if (WGI_UNLIKELY(t->debug.looking)) wgi_debug_scalars(t, i, last);
        const wgi_node *n = wgi_node_at(t, i);
        if (!(n->flags & WGI_REACHED) || n->flags & WGI_PARTIALS) continue;
        wg_status s = pull(t, i, low);
        if (s != WG_OK) return s;
    }
    return WG_OK;
}

/* Puts 1 (adds it, at a leaf) where the sweep begins. */
static wg_status seed(wg_tape *t, uint32_t root) {
    wgi_node *n = wgi_node_at(t, root);
    float one32 = 1;
    double one64 = 1;
    if (n->flags & WGI_SCALAR) {
        n->cotangent += 1;
        n->flags |= WGI_REACHED;
        return WG_OK;
    }
    wgi_step s = {t, t->head.count, root, 0};
    wgi_arena_mark mark = wgi_arena_position(&t->values);
    wg_value one = n->u.dense->value;
    one.data = one.dtype == WG_F32 ? (void *)&one32 : (void *)&one64;
    wg_var c = wgi_show(t, &one, 0);
    wg_status status = c.index ? wgi_hand_on(&s, root, c) : t->error.status;
    wgi_set_count(t, s.base);
    wgi_arena_release(&t->values, mark);
    return status;
}

/* Puts the numbers of node c there.  Where y's gradient is let go after its rule ran they are
 * shown, not copied; the sweep writes into buffers alone that a node owns. */
static wg_status seed_with(wg_tape *t, uint32_t y, uint32_t c) {
    wgi_node *n = wgi_node_at(t, y);
    const wgi_node *from = wgi_node_at(t, c);
    wgi_step s = {t, t->head.count, y, 0};
    if (!t->drop_grads || (n->flags | from->flags) & WGI_SCALAR || n->flags & WGI_LEAF ||
        wg_value_size(&n->u.dense->value) == 0) {
        wgi_arena_mark mark = wgi_arena_position(&t->values);
        wg_status status = wgi_hand_on(&s, y, wgi_var(t, c));
        wgi_arena_release(&t->values, mark);
        return status;
    }
    n->u.dense->grad = from->u.dense->value;
    n->u.dense->grad_owned = 0;
    n->flags |= WGI_REACHED;
    return WG_OK;
}

wg_status wgi_sweep_part(wg_tape *t, uint32_t y, uint32_t low, wg_var g) {
    wg_status status = seed_with(t, y, g.index);
    return status == WG_OK ? sweep(t, y, low) : status;
}

/* The sweep from root, with the numbers of node c as its cotangent, or 1 where c is 0. */
static wg_status run(wg_var root, const char *who, uint32_t c) {
    wg_tape *t = root.tape;
    if (wgi_hooked(t, who)) return WG_ERR_STATE;
    wgi_debug_look(t);
    wg_status s = wgi_check_unchanged(t, who, root.index);
    if (s == WG_OK && c && !(wgi_node_at(t, c)->flags & WGI_LEAF)) /* a leaf is never behind */
        s = wgi_check_unchanged(t, who, c);
    if (s != WG_OK) return s;
    wgi_node *n = wgi_node_at(t, root.index);
    wgi_span span;
    const int counted = wgi_profiling(t);
    if (counted) wgi_span_open(t, &span);
    wgi_forget_inner(t);
    if (t->swept <= root.index) t->swept = root.index + 1;
    ++t->sweeping;
    wgi_set_fast(t);
    if (n->flags & WGI_WANTS) s = c ? seed_with(t, root.index, c) : seed(t, root.index);
    if (s == WG_OK) s = sweep(t, root.index, 1);
    if (c && t->drop_grads && n->flags & WGI_DENSE && !n->u.dense->grad_owned)
        wgi_drop_grad(t, n); /* shown */
    --t->sweeping;
    wgi_set_fast(t);
    if (counted) wgi_span_sweep(t, &span);
    return s;
}

wg_status wg_backward(wg_var root) {
    wg_status s = wgi_check_root(root, "backward");
    return s == WG_OK ? run(root, "backward", 0) : s;
}

wg_status wg_backward_from(wg_var y, wg_var cotangent) {
    static const char who[] = "backward_from";
    if (!wgi_usable(y, who)) return wgi_why_not(y);
    wg_status s = wgi_check_cotangent(y.tape, who, "cotangent", y, cotangent);
    return s == WG_OK ? run(y, who, cotangent.index) : s;
}
