/* fuse.c: a group as a tile program.
 *
 * A target is a node that a member hands a cotangent to.  Its gradient so far, in the course of the
 * program, is a slot: a buffer for an inner node whose gradient nobody will read, else the array
 * that is, or becomes, its gradient.  The first pull goes there at once where there was no gradient
 * before; the others go through a buffer and are added.
 *
 * All memory is taken before anything changes. */
#include "autograd/fuse.h"
#include "autograd/fuse_tiles.h"
#include "autograd/store.h"

#include <string.h>

typedef struct target {
    uint32_t index;
    int slot;       /* its gradient so far */
    int made;       /* `grad` is a new array, to become the node's gradient */
    int begun;      /* this is a parameter's first share since its gradient was cleared */
    wg_value grad;
} target;

typedef struct fusion {
    wg_tape *t;
    wgi_fuse_group group;
    wgi_fuse_rest *rest;
    const wg_value *shape; /* of the members */
    int n_targets, n_numbers;
    target target[WGI_FUSE_TARGETS];
    double number[WGI_FUSE_TARGETS]; /* operands that are numbers, in the members' dtype */
    wgi_tiles tiles;
} fusion;

/* The first cotangent; a value and operands a member; the gradient before, the one after and a
 * buffer a target.  Operands and gradients before may be views. */
_Static_assert(1 + WGI_FUSE_MEMBERS * (1 + WGI_FUSE_OPERANDS) + 3 * WGI_FUSE_TARGETS <=
                   WGI_TILES_SLOTS,
               "slots of a group");
_Static_assert(2 * WGI_FUSE_TARGETS <= WGI_TILES_STEPS, "steps of a group");
_Static_assert(1 + 2 * WGI_FUSE_TARGETS <= WGI_TILES_GATHERS, "views of a group");

/* ---- slots ---------------------------------------------------------------------------------- */

/* A number takes the members' dtype, as in wgi_call_init. */
static int number_slot(fusion *f, double number) {
    float single = (float)number;
    double *room = &f->number[f->n_numbers++];
    if (f->shape->dtype == WG_F32) memcpy(room, &single, sizeof single);
    else *room = number;
    wg_value v = wgi_value_make(f->shape->dtype, WG_RANK0, room);
    return wgi_tiles_value(&f->tiles, &v, f->shape);
}

static int value_slot(fusion *f, uint32_t i) {
    const wgi_node *n = wgi_node_at(f->t, i);
    wg_value room;
    if (n->flags & WGI_NUMBER) return number_slot(f, n->value);
    return wgi_tiles_value(&f->tiles, wgi_value_of(n, &room), f->shape);
}

/* The partial derivatives of a linear gate are constants: any slot serves for its operands. */
static void operand_slots(fusion *f, const wgi_node *n, int g, int *y, int *x) {
    const wgi_dense *d = n->u.dense;
    int linear = (n->gate->flags & WG_GATE_LINEAR) != 0;
    *y = linear ? g : wgi_tiles_value(&f->tiles, &d->value, f->shape);
    for (uint32_t k = 0; k < WGI_FUSE_OPERANDS; ++k)
        x[k] = linear || k >= d->n ? g : value_slot(f, d->x[k]);
}

/* ---- targets -------------------------------------------------------------------------------- */

static target *find_target(fusion *f, uint32_t i) {
    for (int k = 0; k < f->n_targets; ++k)
        if (f->target[k].index == i) return &f->target[k];
    return NULL;
}

static int is_member(const fusion *f, uint32_t i) {
    for (int k = 0; k < f->group.n; ++k)
        if (f->group.member[k] == i) return 1;
    return 0;
}

/* The array for the gradient of x, new unless x owns one. */
static wg_status array_for(fusion *f, target *to, wgi_dense *d) {
    if (d->grad.data && d->grad_owned) {
        to->slot = wgi_tiles_array(&f->tiles, d->grad.data);
        return WG_OK;
    }
    if (wgi_grad_new(f->t, d, &to->grad) != WG_OK) return WG_ERR_MEMORY;
    to->made = 1;
    to->slot = wgi_tiles_array(&f->tiles, to->grad.data);
    return WG_OK;
}

/* The first cotangent that comes to node i of the group's shape; *before is the slot of what was
 * there, or -1. */
static wg_status new_target(fusion *f, uint32_t i, int *before, target **found) {
    wgi_dense *d = wgi_node_at(f->t, i)->u.dense;
    target *to = &f->target[f->n_targets++];
    *found = to;
    *before = -1;
    to->index = i;
    to->made = to->begun = 0;
    if (d->param) {
        wgi_show_store_grad(d);
        to->begun = wgi_param_begin_grad(d->param);
    }
    if (d->grad.data && !to->begun) *before = wgi_tiles_value(&f->tiles, &d->grad, f->shape);
    if (!f->t->drop_grads || !is_member(f, i)) return array_for(f, to, d);
    to->slot = wgi_tiles_buffer(&f->tiles);
    return WG_OK;
}

/* A temporary on the tape for the cotangent of a broadcast operand: its slot, -1 without memory. */
static int new_rest(fusion *f, uint32_t i) {
    wg_tape *t = f->t;
    wg_value v = wgi_value_make(f->shape->dtype, wgi_shape(f->shape), NULL);
    size_t bytes = wgi_grad_bytes(&v);
    v.data = wgi_pool_alloc(&t->grads, bytes);
    if (!v.data) wgi_error(t, WG_ERR_MEMORY, "backward: no memory for a gradient");
    wg_var dx = v.data ? wgi_show(t, &v, 0) : WG_NONE;
    if (!dx.index) {
        wgi_pool_release(&t->grads, v.data, bytes);
        return -1;
    }
    wgi_node_at(t, dx.index)->u.dense->bytes = bytes;
    f->rest->target[f->rest->n] = i;
    f->rest->dx[f->rest->n++] = dx;
    return wgi_tiles_array(&f->tiles, v.data);
}

/* ---- the program ---------------------------------------------------------------------------- */

/* What one pull needs, but for where it goes. */
typedef struct pull_parts {
    wgi_row_pull *row;
    const void *attrs;
    int g, y, x[WGI_FUSE_OPERANDS];
} pull_parts;

/* Appends: target (+)= the pull. */
static wg_status put_pull(fusion *f, const pull_parts *q, uint32_t i) {
    const wgi_node *n = wgi_node_at(f->t, i);
    if (n->flags & WGI_SCALAR || !wgi_same_shape(&n->u.dense->value, f->shape)) {
        int rest = new_rest(f, i);
        if (rest < 0) return WG_ERR_MEMORY;
        wgi_tiles_pull(&f->tiles, q->row, q->attrs, rest, q->g, q->y, q->x);
        return WG_OK;
    }
    target *to = find_target(f, i);
    int before = to ? to->slot : -1;
    if (!to && new_target(f, i, &before, &to) != WG_OK) return WG_ERR_MEMORY;
    int slot = before < 0 ? to->slot : wgi_tiles_buffer(&f->tiles);
    wgi_tiles_pull(&f->tiles, q->row, q->attrs, slot, q->g, q->y, q->x);
    if (before < 0) return WG_OK;
    wgi_tiles_add(&f->tiles, to->slot, before, slot);
    wgi_tiles_drop(&f->tiles, slot);
    return WG_OK;
}

static wg_status put_member(fusion *f, uint32_t i, int g) {
    const wgi_node *n = wgi_node_at(f->t, i);
    const wgi_dense *d = n->u.dense;
    pull_parts q = {NULL, d->attrs, g, 0, {0, 0, 0}};
    operand_slots(f, n, g, &q.y, q.x);
    for (uint32_t k = 0; k < d->n; ++k) {
        if (!(wgi_node_at(f->t, d->x[k])->flags & WGI_WANTS)) continue;
        q.row = n->gate->elementwise->pull[d->value.dtype][k];
        wg_status s = put_pull(f, &q, d->x[k]);
        if (s != WG_OK) return s;
    }
    wgi_tiles_drop(&f->tiles, g);
    return WG_OK;
}

static wg_status make_program(fusion *f) {
    const wgi_dense *first = wgi_node_at(f->t, f->group.member[0])->u.dense;
    int g = wgi_tiles_value(&f->tiles, &first->grad, f->shape);
    wg_status s = put_member(f, f->group.member[0], g);
    for (int k = 1; k < f->group.n && s == WG_OK; ++k)
        s = put_member(f, f->group.member[k], find_target(f, f->group.member[k])->slot);
    if (s == WG_OK && !wgi_tiles_ready(&f->tiles, &f->t->scratch))
        s = wgi_error(f->t, WG_ERR_MEMORY, "backward: no memory");
    return s;
}

/* ---- the tape ------------------------------------------------------------------------------- */

static void forget_made(fusion *f) {
    for (int k = 0; k < f->n_targets; ++k) {
        target *to = &f->target[k];
        if (to->begun) wgi_param_forget_grad(wgi_node_at(f->t, to->index)->u.dense->param);
        if (!to->made) continue;
        wgi_pool_release(&f->t->grads, to->grad.data, wgi_grad_bytes(&to->grad));
        --f->t->grad_blocks;
    }
}

/* The gradients are there: makes them those of the nodes, and lets inner ones go. */
static void settle(fusion *f) {
    wg_tape *t = f->t;
    for (int k = 0; k < f->n_targets; ++k) {
        const target *to = &f->target[k];
        wgi_node *n = wgi_node_at(t, to->index);
        wgi_dense *d = n->u.dense;
        n->flags |= WGI_REACHED;
        if (to->made) {
            d->grad = to->grad;
            d->grad_owned = 1;
        }
        if (d->param) wgi_params_swept(wgi_param_store(d->param));
    }
    for (int k = 1; k < f->group.n; ++k) {
        wgi_node *n = wgi_node_at(t, f->group.member[k]);
        n->flags |= WGI_PULLED;
        if (t->drop_grads) wgi_drop_grad(t, n);
    }
}

wg_status wgi_fuse_pull(wg_tape *t, uint32_t i, uint32_t low, wgi_fuse_rest *rest) {
    fusion *f = wgi_arena_alloc(&t->scratch, sizeof *f);
    rest->n = 0;
    if (!f) return wgi_error(t, WG_ERR_MEMORY, "backward: no memory");
    f->t = t;
    f->rest = rest;
    f->shape = &wgi_node_at(t, i)->u.dense->value;
    f->n_targets = f->n_numbers = 0;
    wgi_fuse_collect(t, i, low, &f->group);
    wgi_tiles_init(&f->tiles, f->shape->dtype, wg_value_size(f->shape));
    wg_status s = make_program(f);
    if (s != WG_OK) {
        forget_made(f);
        return s;
    }
    wgi_tiles_run(&f->tiles);
    settle(f);
    return WG_OK;
}
