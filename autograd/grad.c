/* grad.c: gradients: where they lie, whose buffers they are, how they are read.
 *
 * A dense node's gradient is a block of the pool that it owns, the store's block of a parameter, or
 * shows the gradient of another node (grad_of), of which it is a copy or a view. */
#include "autograd/store.h"
#include "autograd/tape.h"

#include <string.h>

size_t wgi_grad_bytes(const wg_value *g) {
    return (size_t)wg_value_size(g) * wg_dtype_size(g->dtype);
}

void wgi_drop_grad(wg_tape *t, wgi_node *n) {
    wgi_dense *d = n->u.dense;
    if (d->grad.data && d->grad_owned && !(n->flags & WGI_SCALAR) && !d->param) {
        wgi_pool_release(&t->grads, d->grad.data, wgi_grad_bytes(&d->grad));
        --t->grad_blocks;
    }
    d->grad.data = NULL;
    d->grad_owned = 0;
}

void wgi_forget_inner(wg_tape *t) {
    t->aliased = 0; /* only inner nodes show another's gradient */
    for (uint32_t i = 1; i < t->swept; ++i) {
        wgi_node *n = wgi_node_at(t, i);
        if (n->flags & WGI_LEAF || !(n->flags & WGI_REACHED)) continue;
        n->flags &= ~(uint32_t)(WGI_REACHED | WGI_PULLED);
        n->cotangent = 0;
        if (n->flags & WGI_DENSE) wgi_drop_grad(t, n);
    }
}

void wg_clear_grads(wg_tape *t) {
    if (!t || wgi_hooked(t, "clear_grads")) return;
    for (uint32_t i = 1; i < t->swept; ++i) {
        wgi_node *n = wgi_node_at(t, i);
        n->flags &= ~(uint32_t)(WGI_REACHED | WGI_PULLED);
        n->cotangent = 0;
        if (n->flags & WGI_DENSE) wgi_drop_grad(t, n);
    }
}

wg_status wgi_grad_new(wg_tape *t, wgi_dense *d, wg_value *grad) {
    *grad = wgi_value_make(d->value.dtype, wgi_shape(&d->value), NULL);
    grad->data = wgi_pool_alloc(&t->grads, wgi_grad_bytes(grad));
    if (!grad->data) return wgi_error(t, WG_ERR_MEMORY, "backward: no memory for a gradient");
    ++t->grad_blocks;
    return WG_OK;
}

void wgi_own_grads(wg_tape *t, uint32_t count) {
    for (uint32_t i = 1; i < count; ++i) {
        wgi_node *n = wgi_node_at(t, i);
        if (!(n->flags & WGI_DENSE)) continue;
        wgi_dense *d = n->u.dense;
        if (!d->grad.data || d->grad_owned || d->grad_of < count) continue;
        wg_value shown = d->grad;
        d->grad.data = NULL; /* let go where there is no memory; the tape has the error */
        if (wgi_grad_new(t, d, &d->grad) != WG_OK) continue;
        wgi_value_copy(&shown, &d->grad);
        d->grad_owned = 1;
    }
}

void wgi_show_store_grad(wgi_dense *d) {
    d->grad = wgi_value_make(d->value.dtype, wgi_shape(&d->value), wgi_param_grad_room(d->param));
    d->grad_owned = 1;
}

wg_var wg_grad(wg_var x) {
    if (!wgi_usable(x, "grad")) return x.tape ? wgi_poison(x.tape) : WG_NONE;
    wg_tape *t = x.tape;
    if (t->swept == 0) return wg_poison(t, WG_ERR_STATE, "grad", "no backward was run");
    wgi_node *n = wgi_node_at(t, x.index);
    wg_value room, from;
    const wg_value *v = wgi_value_of(n, &room);
    if (v->dtype > WG_F64) return wg_poison(t, WG_ERR_DTYPE, "grad", "only floats have one");
    memset(&from, 0, sizeof from);
    if (n->flags & WGI_SCALAR) from = wgi_value_make(WG_F64, WG_RANK0, &n->cotangent);
    else if (n->u.dense->param && n->flags & WGI_WANTS) {
        from = wgi_value_make(v->dtype, wgi_shape(v), wgi_param_grad_data(n->u.dense->param));
    } else if (n->flags & WGI_REACHED && n->u.dense->grad.data) {
        from = n->u.dense->grad;
    } else if (n->flags & WGI_REACHED && wg_value_size(v)) {
        return wg_poison(t, WG_ERR_STATE, "grad", "it was let go (wg_tape_keep_grads)");
    }
    wg_var g = wgi_leaf(t, &wgi_gate_const, v->dtype, wgi_shape(v), NULL, 0);
    if (g.index && from.data) wgi_value_copy(&from, wgi_value_of(wgi_node_at(t, g.index), &room));
    return g;
}
