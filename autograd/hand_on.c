/* hand_on.c: a cotangent that a rule returned on its way into the operand's gradient: whose buffer
 * it is, and whether it is moved, shown, copied or added. */
#include "autograd/debug.h"
#include "autograd/sweep.h"

#include <string.h>

/* What may be done with the array of cotangent c, held by node n. */
typedef enum { COPY, MOVE, ALIAS, TAKE } custody;

/* MOVE: the rule made it, for this result alone.  ALIAS: it is the source's cotangent or a view of
 * it, and both stay.  TAKE: it is the whole of it and the source will not need it again. */
static custody custody_of(const wgi_step *s, uint32_t index, const wgi_node *n,
                          int target_is_leaf) {
    const wgi_dense *c = n->u.dense;
    if (!(n->flags & WGI_DENSE) || n->flags & WGI_SCALAR || index < s->base) return COPY;
    if (index != s->g && c->owner == index && c->bytes && c->claims <= 1 &&
        wg_value_dense(&c->value))
        return MOVE;
    if (!s->g || c->owner != s->g) return COPY;
    if (!s->t->drop_grads) return target_is_leaf ? COPY : ALIAS;
    const wgi_node *source = wgi_node_at(s->t, s->source);
    uint32_t claims = wgi_node_at(s->t, s->g)->u.dense->claims;
    if (claims != 1 || source->flags & WGI_SCALAR || !source->u.dense->grad_owned) return COPY;
    return c->value.data == source->u.dense->grad.data && wg_value_dense(&c->value) &&
                   wg_value_size(&c->value) == wg_value_size(&source->u.dense->grad)
               ? TAKE
               : COPY;
}

/* 1 if v is one number, repeated. */
static int repeats(const wg_value *v) {
    for (int i = 0; i < v->rank; ++i)
        if (v->dim[i] != 1 && v->stride[i] != 0) return 0;
    return 1;
}

/* The cotangent of a sum: an elementwise gate takes it as the one number that it is, kept in the
 * node, whose own cotangent an array has no use for. */
static int set_repeated(const wgi_step *s, wgi_node *to, uint32_t target, const wg_value *v) {
    wgi_dense *d = to->u.dense;
    if (to->flags & WGI_LEAF || !to->gate->elementwise || s->t->unfused || !repeats(v)) return 0;
    memcpy(&to->cotangent, v->data, wg_dtype_size(v->dtype));
    d->grad = *v;
    d->grad.data = &to->cotangent;
    d->grad_of = target;
    d->grad_owned = 0;
    return 1;
}

static wg_status set_grad(const wgi_step *s, uint32_t target, uint32_t c, const wg_value *v) {
    wgi_node *to = wgi_node_at(s->t, target), *n = wgi_node_at(s->t, c);
    wgi_dense *d = to->u.dense;
    custody how = custody_of(s, c, n, (to->flags & WGI_LEAF) != 0);
    if (how == COPY && set_repeated(s, to, target, v)) return WG_OK;
    if (how == COPY) {
        wg_value grad;
        if (wgi_grad_new(s->t, d, &grad) != WG_OK) return WG_ERR_MEMORY;
        wgi_value_copy(v, &grad);
        d->grad = grad;
    } else {
        d->grad = *v;
    }
    d->grad_owned = how != ALIAS;
    const wgi_node *source = wgi_node_at(s->t, s->source);
    if (how == MOVE) {
        n->u.dense->bytes = 0; /* adopted: not given back with the rule's other values */
        ++s->t->grad_blocks;
    } else if (how == TAKE) {
        source->u.dense->grad_owned = 0;
    } else if (how == ALIAS) {
        int own = source->flags & WGI_SCALAR || source->u.dense->grad_owned;
        d->grad_of = own ? s->source : source->u.dense->grad_of;
        s->t->aliased = 1;
    }
    return WG_OK;
}

/* grad = grad + v, in place where the node owns its buffer. */
static wg_status add_grad(wg_tape *t, wgi_dense *d, const wg_value *v) {
    if (d->grad_owned) {
        wgi_value_add(&d->grad, v, &d->grad);
        return WG_OK;
    }
    wg_value sum;
    if (wgi_grad_new(t, d, &sum) != WG_OK) return WG_ERR_MEMORY;
    wgi_value_add(&d->grad, v, &sum);
    d->grad = sum;
    d->grad_owned = 1;
    return WG_OK;
}

/* A view of the source's cotangent has no new numbers. */
static int shows_source(const wgi_step *s, uint32_t c) {
    const wgi_node *n = wgi_node_at(s->t, c);
    return s->g && n->flags & WGI_DENSE && !(n->flags & WGI_SCALAR) && n->u.dense->owner == s->g;
}

/* Adds cotangent v, of a broadcast shape, to node `target`. */
static wg_status sum_into(wg_tape *t, uint32_t target, const wg_value *v) {
    wg_into into;
    wg_value room;
    int fresh;
    wg_status s = wgi_into_grad(t, target, &into, &room, &fresh);
    if (s == WG_OK && into.to) s = wgi_sum_into(t, v, &into);
    if (s != WG_OK) {
        wgi_into_nothing(t, target, fresh);
        return s;
    }
    wgi_into_done(t, target);
    return WG_OK;
}

wg_status wgi_hand_on(const wgi_step *s, uint32_t target, wg_var c) {
    wg_tape *t = s->t;
    wgi_node *to = wgi_node_at(t, target);
    wg_value room, own;
    const wg_value *x = wgi_value_of(to, &own), *v = wgi_value_of(wgi_node_at(t, c.index), &room);
    if (!wgi_same_shape(v, x)) {
        if (WGI_LIKELY(!t->debug.looking)) return sum_into(t, target, v);
        c = wg_sum_to(c, wgi_shape(x));
        if (c.index == 0) return t->error.status;
        v = wgi_value_of(wgi_node_at(t, c.index), &room);
    }
    if (WGI_UNLIKELY(t->debug.looking) && !shows_source(s, c.index))
        wgi_debug_cotangent(t, s->source, target, v);
    to->flags |= WGI_REACHED;
    if (to->flags & WGI_SCALAR) {
        double d;
        memcpy(&d, v->data, sizeof d);
        to->cotangent += d;
        return WG_OK;
    }
    wgi_dense *d = to->u.dense;
    if (wg_value_size(x) == 0) return WG_OK;
    if (d->param) {
        wgi_show_store_grad(d);
        wgi_params_swept(wgi_param_store(d->param));
        if (wgi_param_begin_grad(d->param)) {
            wgi_value_copy(v, &d->grad);
            return WG_OK;
        }
    }
    return d->grad.data ? add_grad(t, d, v) : set_grad(s, target, c.index, v);
}
