/* direct.c: direct reverse kernels: where the cotangents they compute are to go.
 *
 * A gradient that nobody has written yet is overwritten, any other is added to; so no buffer is
 * cleared first, a parameter's block included, and nothing is computed only to be copied. */
#include "autograd/sweep.h"

/* The buffer of a dense node's gradient, its own from now on. */
static wg_status own_buffer(wg_tape *t, wgi_dense *d, wg_into *into, int *fresh) {
    if (d->param) {
        wgi_show_store_grad(d);
        into->add = !wgi_param_begin_grad(d->param);
        *fresh = !into->add;
    } else if (!d->grad.data) {
        if (wgi_grad_new(t, d, &d->grad) != WG_OK) return WG_ERR_MEMORY;
        d->grad_owned = 1;
        *fresh = 1;
        into->add = 0;
    } else if (!d->grad_owned) { /* it shows another node's, which stays as it is */
        wg_value shown = d->grad, own;
        if (wgi_grad_new(t, d, &own) != WG_OK) return WG_ERR_MEMORY;
        wgi_value_copy(&shown, &own);
        d->grad = own;
        d->grad_owned = 1;
    }
    into->to = &d->grad;
    return WG_OK;
}

wg_status wgi_into_grad(wg_tape *t, uint32_t target, wg_into *into, wg_value *room, int *fresh) {
    wgi_node *n = wgi_node_at(t, target);
    into->to = NULL;
    into->add = 1;
    *fresh = 0;
    if (n->flags & WGI_SCALAR) {
        *room = wgi_value_make(WG_F64, WG_RANK0, &n->cotangent);
        into->to = room;
        return WG_OK;
    }
    return wg_value_size(&n->u.dense->value) ? own_buffer(t, n->u.dense, into, fresh) : WG_OK;
}

void wgi_into_nothing(wg_tape *t, uint32_t target, int fresh) {
    wgi_node *n = wgi_node_at(t, target);
    if (!fresh) return;
    if (n->u.dense->param) wgi_param_forget_grad(n->u.dense->param);
    else wgi_drop_grad(t, n);
}

void wgi_into_done(wg_tape *t, uint32_t target) {
    wgi_node *n = wgi_node_at(t, target);
    n->flags |= WGI_REACHED;
    if (n->flags & WGI_DENSE && n->u.dense->param && wg_value_size(&n->u.dense->value))
        wgi_params_swept(wgi_param_store(n->u.dense->param));
}

/* ---- one node ------------------------------------------------------------------------------- */

/* What one run needs beside its call. */
typedef struct run {
    wg_tape *t;
    wg_call call;
    wg_error error;
    size_t n;
    const uint32_t *x;
    wg_into *into;
    wg_value *scalars; /* descriptors of cotangents that lie in nodes */
    int *fresh;
} run;

static wg_status start(run *r, const wgi_node *n, wg_value *g) {
    wg_tape *t = r->t;
    wgi_operand_room room;
    r->into = wgi_arena_alloc(&t->scratch, r->n * sizeof *r->into);
    r->scalars = wgi_arena_alloc(&t->scratch, r->n * sizeof *r->scalars);
    r->fresh = wgi_arena_alloc(&t->scratch, r->n * sizeof *r->fresh);
    if (!r->into || !r->scalars || !r->fresh || !wgi_room_new(t, r->n, &room))
        return wgi_error(t, WG_ERR_MEMORY, "backward: no memory");
    for (size_t k = 0; k < r->n; ++k) room.index[k] = r->x[k];
    wg_status s = wgi_call_init(&r->call, t, n->gate, r->n, &room, wgi_attrs(n), &r->error);
    if (s == WG_OK) s = wgi_call_pack(&r->call, room.x, room.values);
    if (s != WG_OK) return wgi_error(t, s, "%s", r->error.text);
    wg_value yroom;
    r->call.y = *wgi_value_of(n, &yroom);
    r->call.saved = r->call.y.saved;
    if (n->flags & WGI_DENSE) {
        r->call.saved_dtype = n->u.dense->saved_dtype;
        r->call.saved_count = n->u.dense->saved_count;
    }
    if (n->gate->flags & WG_GATE_STRIDED || wg_value_dense(g)) return WG_OK;
    wg_value packed = wgi_value_make(g->dtype, wgi_shape(g), NULL);
    packed.data = wgi_arena_alloc(&t->scratch, wgi_grad_bytes(&packed));
    if (!packed.data) return wgi_error(t, WG_ERR_MEMORY, "backward: no memory");
    wgi_value_copy(g, &packed);
    *g = packed;
    return WG_OK;
}

/* The targets of operands before `end` get what they are due, or are as before. */
static void finish(const run *r, size_t end, int done) {
    for (size_t k = end; k-- > 0;) {
        if (!r->into[k].to && !done) continue;
        if (!wgi_wanted(r->t, r->x[k])) continue;
        if (done) wgi_into_done(r->t, r->x[k]);
        else wgi_into_nothing(r->t, r->x[k], r->fresh[k]);
    }
}

/* 1 if g is the buffer of n's gradient, which is let go when this pull ends. */
static int is_spare(const wg_tape *t, const wgi_node *n, const wg_value *g) {
    if (!t->drop_grads || !(n->flags & WGI_DENSE) || n->flags & (WGI_SCALAR | WGI_LEAF)) return 0;
    return n->u.dense->grad_owned && g->data == n->u.dense->grad.data;
}

wg_status wgi_pull_direct(wg_tape *t, wgi_node *n, int *done) {
    run r = {.t = t};
    wg_value g = wgi_cotangent_of(n);
    size_t k = 0;
    r.n = wgi_operands(n, &r.x);
    wg_status s = start(&r, n, &g);
    *done = 0;
    if (s != WG_OK) return s;
    for (; k < r.n && s == WG_OK; ++k) {
        wg_into none = {NULL, 1};
        r.into[k] = none;
        if (wgi_wanted(t, r.x[k]))
            s = wgi_into_grad(t, r.x[k], &r.into[k], &r.scalars[k], &r.fresh[k]);
    }
    r.call.spare = is_spare(t, n, &g);
    if (s == WG_OK) {
        s = n->gate->direct(&r.call, &g, r.into);
        *done = s == WG_OK;
        if (s != WG_OK && s != WG_ERR_UNSUPPORTED) {
            wg_fail(&r.call, s, "its direct kernel does not say why it failed"); /* unless it did */
            wgi_error(t, s, "%s", r.error.text);
        }
    }
    finish(&r, k, *done);
    return s == WG_ERR_UNSUPPORTED ? WG_OK : s;
}
