/* checkpoint.c: a section that is recorded again in the sweep; see checkpoint.h.
 *
 * A section never sees the values outside: it works on leaves that stand for its operands and show
 * their numbers.  So its nodes hang together, can be dropped and made anew anywhere above, and the
 * part of the sweep that runs through them ends at these leaves, whose gradients are the cotangents
 * of the operands.  Parameters take theirs in their store, as everywhere; leaves of those that a
 * section uses are operands of its node all the same, without a cotangent, so that whoever asks
 * what the root depends on (changed parameters, lints) finds them.
 *
 * The node of a checkpoint is written here and not by wg_record: its value is there already, and
 * its operands may differ in dtype. */
#include "autograd/checkpoint.h"
#include "autograd/sweep.h"
#include "autograd/tape.h"

#include <string.h>

enum { RECORDED = 1, AGAIN = 2 };

struct checkpoint {
    wg_section *section;
    void *user;
    wg_random random; /* the tape's generator before the section */
    size_t n;         /* operands that the section is given; the others are its parameters */
};

/* ---- the section ---------------------------------------------------------------------------- */

/* A leaf that shows node i. */
static wg_var stand_in(wg_tape *t, uint32_t i) {
    const wgi_node *n = wgi_node_at(t, i);
    if (n->flags & WGI_NUMBER) return wg_number(t, n->value);
    uint32_t wants = n->flags & WGI_WANTS;
    if (n->flags & WGI_SCALAR)
        return wgi_leaf(t, &wgi_gate_shown, WG_F64, WG_RANK0, &n->value, wants);
    wg_var leaf = wgi_show(t, &n->u.dense->value, 0);
    if (leaf.index) wgi_node_at(t, leaf.index)->flags |= wants;
    return leaf;
}

/* The leaves of n operands, at `leaf`, in the tape's scratch memory; 0 without memory. */
static int stand_ins(wg_tape *t, size_t n, const wg_var *x, wg_var **leaf) {
    *leaf = wgi_arena_alloc(&t->scratch, (n + 1) * sizeof **leaf);
    if (!*leaf) {
        wgi_error(t, WG_ERR_MEMORY, "checkpoint: no memory");
        return 0;
    }
    for (size_t k = 0; k < n; ++k) {
        (*leaf)[k] = stand_in(t, x[k].index);
        if ((*leaf)[k].index == 0) return 0;
    }
    return 1;
}

/* Says that node i, of before the section, is used by it. */
static wg_var foreign(wg_tape *t, uint32_t i) {
    char name[64];
    wgi_error(t, WG_ERR_STATE,
              "checkpoint: its section uses %s, which it was not given; make it an operand",
              wgi_call_it(t, i, name, sizeof name));
    return wgi_poison(t);
}

/* y, or poison where the section is not one: a value of the tape, made of nothing from below
 * `base`. */
static wg_var checked(wg_tape *t, uint32_t base, wg_var y) {
    const uint32_t *x;
    if (y.tape != t) return wg_poison(t, WG_ERR_TAPE, "checkpoint", "its section gives no value");
    if (y.index == 0) return y;
    if (t->head.count < base || !wgi_live(t, y))
        return wg_poison(t, WG_ERR_STALE, "checkpoint", "its section rewound or released");
    if (y.index < base) return foreign(t, y.index);
    for (uint32_t i = base; i < t->head.count; ++i)
        for (uint32_t k = 0, n = wgi_operands(wgi_node_at(t, i), &x); k < n; ++k)
            if (x[k] && x[k] < base) return foreign(t, x[k]);
    return y;
}

static wg_var run(wg_tape *t, const struct checkpoint *c, const wg_var *leaf, int how) {
    int before = t->section;
    t->section = before == AGAIN ? AGAIN : how;
    wg_var y = c->section(t, c->n, leaf, c->user);
    t->section = before;
    return y;
}

/* The section once more, with the random numbers that it had. */
static wg_var run_again(wg_tape *t, const struct checkpoint *c, const wg_var *leaf) {
    wg_random random = t->random;
    t->random = c->random;
    wg_var y = run(t, c, leaf, AGAIN);
    t->random = random;
    return y;
}

/* ---- the sweep ------------------------------------------------------------------------------ */

static int same_bits(const wg_value *a, const wg_value *b, wgi_arena *room) {
    wg_value dense = *b;
    size_t bytes = (size_t)wg_value_size(b) * wg_dtype_size(b->dtype);
    if (a->dtype != b->dtype || !wgi_same_shape(a, b)) return 0;
    if (!wg_value_dense(b)) {
        dense.data = wgi_arena_alloc(room, bytes);
        if (!dense.data) return 1; /* not to be told */
        wg_value_set_dense(&dense);
        wgi_value_copy(b, &dense);
    }
    return bytes == 0 || memcmp(a->data, dense.data, bytes) == 0;
}

/* y again, recorded above `base` and found to be what it was; poison if it is not. */
static wg_var renew(const wg_pull *p, uint32_t base, const wg_var *leaf) {
    wg_tape *t = p->g.tape;
    wg_value room[2];
    wg_var y = checked(t, base, run_again(t, p->attrs, leaf));
    if (y.index == 0) return y;
    const wg_value *was = wgi_value_of(wgi_node_at(t, p->y.index), &room[0]);
    const wg_value *is = wgi_value_of(wgi_node_at(t, y.index), &room[1]);
    if (same_bits(was, is, &t->scratch)) return y;
    return wg_poison(t, WG_ERR_STATE, "checkpoint",
                     "its section gives another value than when it was recorded");
}

/* Takes the gradient of leaf k off the tape, to outlive its node: *grad.data is NULL where it has
 * none; a scalar's is its own number. */
static void take_grad(wg_tape *t, wg_var leaf, wg_value *grad, double *scalar) {
    wgi_node *n = wgi_node_at(t, leaf.index);
    *grad = wgi_value_make(WG_F64, WG_RANK0, NULL);
    *scalar = n->cotangent;
    if (!(n->flags & WGI_REACHED)) return;
    if (n->flags & WGI_SCALAR) {
        grad->data = scalar;
    } else if (n->u.dense->grad.data) {
        *grad = n->u.dense->grad;
        n->u.dense->grad.data = NULL;
        --t->grad_blocks;
    }
}

/* A cotangent for the engine: a value that owns the block, as a rule's own results do. */
static wg_var give_grad(wg_tape *t, const wg_value *grad) {
    if (!grad->data) return WG_NONE;
    if (grad->rank == 0 && grad->dtype == WG_F64)
        return wgi_leaf(t, &wgi_gate_shown, WG_F64, WG_RANK0, grad->data, 0);
    wg_var c = wgi_show(t, grad, 0);
    if (c.index) wgi_node_at(t, c.index)->u.dense->bytes = wgi_grad_bytes(grad);
    else wgi_pool_release(&t->grads, grad->data, wgi_grad_bytes(grad));
    return c;
}

/* Runs the section and the sweep through it, on top of the tape, and sets dx. */
static void recompute(wg_pull *p) {
    wg_tape *t = p->g.tape;
    const struct checkpoint *c = p->attrs;
    wg_mark mark = wg_tape_mark(t);
    int sweeping = t->sweeping, drop = t->drop_grads, no_grad = t->no_grad;
    wg_var *leaf = NULL, y = wgi_poison(t);
    wg_value *grad = wgi_arena_alloc(&t->scratch, (c->n + 1) * sizeof *grad);
    double *scalar = wgi_arena_alloc(&t->scratch, (c->n + 1) * sizeof *scalar);
    if (!grad || !scalar) wgi_error(t, WG_ERR_MEMORY, "checkpoint: no memory");
    t->sweeping = t->no_grad = 0;
    t->drop_grads = 1; /* nobody can read them, and no outer gradient may show one of them */
    wgi_set_fast(t);
    if (grad && scalar && stand_ins(t, c->n, p->x, &leaf)) y = renew(p, mark.count, leaf);
    t->sweeping = sweeping;
    t->no_grad = no_grad;
    wgi_set_fast(t);
    wg_status s = y.index ? WG_OK : t->error.status;
    if (s == WG_OK && wgi_node_at(t, y.index)->flags & WGI_WANTS)
        s = wgi_sweep_part(t, y.index, mark.count, p->g);
    t->drop_grads = drop;
    for (size_t k = 0; k < c->n && s == WG_OK; ++k) take_grad(t, leaf[k], &grad[k], &scalar[k]);
    wg_tape_release(t, mark);
    for (size_t k = 0; k < c->n; ++k) {
        if (s != WG_OK) p->dx[k] = p->wanted[k] ? wgi_poison(t) : WG_NONE;
        else p->dx[k] = give_grad(t, &grad[k]);
    }
}

/* The section as part of the graph, and its gradient with it. */
static void record_again(wg_pull *p) {
    wg_tape *t = p->g.tape;
    const struct checkpoint *c = p->attrs;
    wg_var *xs = wgi_arena_alloc(&t->scratch, 2 * (c->n + 1) * sizeof *xs), *dx = xs + c->n + 1;
    size_t n = 0;
    for (size_t k = 0; k < c->n && xs; ++k)
        if (p->wanted[k]) xs[n++] = p->x[k];
    wg_var y = xs ? run_again(t, c, p->x) : wgi_poison(t);
    if (!xs) wgi_error(t, WG_ERR_MEMORY, "checkpoint: no memory");
    int good = y.tape == t && y.index && wg_vjp(y, p->g, n, xs, dx) == WG_OK;
    for (size_t k = c->n; k-- > 0;)
        if (p->wanted[k]) p->dx[k] = good ? dx[--n] : wgi_poison(t);
}

static void rule(wg_pull *p) {
    if (p->recording) record_again(p);
    else recompute(p);
}

/* ---- the gate ------------------------------------------------------------------------------- */

/* Nothing but wg_checkpoint makes one. */
static wg_status refuse(wg_call *c) {
    return wg_fail(c, WG_ERR_UNSUPPORTED,
                   "a section is not on the tape, and cannot be run from there again");
}

static const wg_gate checkpoint_gate = {
    .size = sizeof(wg_gate),
    .name = "checkpoint",
    .formula = "y = section(x)",
    .derivative = "by the section, recorded again",
    .arity = -1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED,
    .attr_bytes = sizeof(struct checkpoint),
    .infer = refuse,
    .forward = {refuse, refuse, refuse, refuse},
    .rule = rule,
};

/* The node, with a value of y's shape, unset; NULL without memory. */
static wgi_node *node_new(wg_tape *t, const struct checkpoint *c, const wg_value *y, size_t n,
                          const wg_var *x) {
    size_t bytes = (size_t)wg_value_size(y) * wg_dtype_size(y->dtype);
    void *data = wgi_tape_alloc(t, bytes);
    wgi_dense *d = wgi_tape_alloc(t, sizeof *d + n * sizeof *d->x);
    struct checkpoint *attrs = wgi_tape_alloc(t, sizeof *attrs);
    wgi_node *node = data && d && attrs ? wgi_node_new(t, &checkpoint_gate) : NULL;
    if (!node) return NULL;
    uint32_t *index = (uint32_t *)(void *)(d + 1);
    for (size_t k = 0; k < n; ++k) index[k] = x[k].index;
    memset(d, 0, sizeof *d);
    *attrs = *c;
    d->value = wgi_value_make(y->dtype, wgi_shape(y), data);
    d->attrs = attrs;
    d->x = index;
    d->n = (uint32_t)n;
    d->bytes = bytes;
    d->owner = t->head.count - 1;
    node->flags = WGI_DENSE;
    node->u.dense = d;
    if (y->dtype == WG_F64 && y->rank == 0) {
        node->flags |= WGI_SCALAR;
        d->value.data = &node->value;
        d->bytes = 0;
    }
    return node;
}

/* The n operands x and room behind them for the parameters that are used from node `base` on, which
 * go, each once, to `used`; NULL without memory. */
static wg_var *with_params(wg_tape *t, uint32_t base, size_t n, const wg_var *x, wg_param ***used,
                           size_t *n_used) {
    size_t most = t->head.count - base;
    wg_var *all = wgi_arena_alloc(&t->scratch, (n + most) * sizeof *all);
    *used = wgi_arena_alloc(&t->scratch, most * sizeof **used);
    *n_used = 0;
    if (!all || !*used) return NULL;
    if (n) memcpy(all, x, n * sizeof *x);
    for (uint32_t i = base; i < t->head.count; ++i) {
        const wgi_node *node = wgi_node_at(t, i);
        wg_param *p = node->flags & WGI_DENSE ? node->u.dense->param : NULL;
        size_t k = 0;
        while (k < *n_used && (*used)[k] != p) ++k;
        if (p && k == *n_used) (*used)[(*n_used)++] = p;
    }
    return all;
}

/* Keeps y alone of what was recorded since the mark. */
static wg_var keep(wg_tape *t, wg_mark mark, const struct checkpoint *c, wg_var y,
                   const wg_var *x) {
    wg_param **used;
    size_t n_used;
    wg_var *all = with_params(t, mark.count, c->n, x, &used, &n_used);
    wg_value room, was = *wgi_value_of(wgi_node_at(t, y.index), &room), kept = was;
    uint32_t wants = wgi_node_at(t, y.index)->flags & WGI_WANTS;
    size_t bytes = (size_t)wg_value_size(&was) * wg_dtype_size(was.dtype);
    kept.data = wgi_pool_alloc(&t->grads, bytes); /* while the arena goes back */
    if (!kept.data || !all)
        return wg_poison(t, WG_ERR_MEMORY, "checkpoint", "no memory for the result");
    wg_value_set_dense(&kept);
    wgi_value_copy(&was, &kept);
    wg_tape_release(t, mark);
    int lacking = 0;
    for (size_t k = 0; k < n_used; ++k) {
        all[c->n + k] = wg_use(t, used[k]);
        lacking |= all[c->n + k].index == 0;
    }
    wgi_node *node = lacking ? NULL : node_new(t, c, &was, c->n + n_used, all);
    if (node) {
        memcpy(node->u.dense->value.data, kept.data, bytes);
        node->flags |= wants;
    }
    wgi_pool_release(&t->grads, kept.data, bytes);
    return node ? wgi_var(t, t->head.count - 1) : wgi_poison(t);
}

static wg_var checkpoint(wg_tape *t, const struct checkpoint *c, const wg_var *x) {
    wg_mark mark = wg_tape_mark(t);
    wg_var *leaf;
    if (!stand_ins(t, c->n, x, &leaf)) return wgi_poison(t);
    wg_var y = checked(t, mark.count, run(t, c, leaf, RECORDED));
    for (size_t k = 0; k < c->n && y.index; ++k)
        if (y.index == leaf[k].index) y = x[k];
    if (y.index >= mark.count) return keep(t, mark, c, y, x);
    wg_tape_release(t, mark); /* poison, or what the section was given */
    return y;
}

#undef wg_checkpoint
wg_var wg_checkpoint(wg_tape *t, wg_section *section, size_t n, const wg_var *x, void *user) {
    struct checkpoint c = {section, user, {0, 0}, n};
    if (!t) return WG_NONE;
    if (!section) return wg_poison(t, WG_ERR_VALUE, "checkpoint", "the section is NULL");
    for (size_t k = 0; k < n; ++k) {
        if (x[k].tape != t)
            return wg_poison(t, WG_ERR_TAPE, "checkpoint", "an operand is not of the tape");
        if (!wgi_usable(x[k], "checkpoint")) return wgi_poison(t);
    }
    if (t->no_grad || t->sweeping) return section(t, n, x, user);
    c.random = t->random;
    wgi_arena_mark scratch = wgi_arena_position(&t->scratch);
    wg_var y = checkpoint(t, &c, x);
    wgi_arena_release(&t->scratch, scratch);
    return y;
}

int wg_in_section(const wg_tape *t) { return t ? t->section : 0; }
