/* fuse_group.c: which nodes are pulled together.
 *
 * From node i the search goes down the tape, from one wanted operand of the members to the next.
 * What it passes and does not take will be pulled later than the members, though it stands above
 * some of them; so what such a node hands a cotangent to is blocked: a node below may neither be
 * it (its cotangent would not be complete) nor hand on to it (the additions would change places).*/
#include "autograd/fuse.h"

enum { WINDOW = 64, MOST_BLOCKED = 96, MOST_OPEN = WGI_FUSE_TARGETS };

typedef struct search {
    const wg_tape *t;
    const wg_value *shape; /* of the group */
    uint32_t low;
    uint32_t blocked[MOST_BLOCKED];
    uint64_t sieve; /* bit i mod 64 of each of them */
    int n_blocked, n_open;
    uint32_t open[MOST_OPEN]; /* operands of members that may become members */
} search;

/* x, broadcast, is an operand that kernels of y's dtype can read. */
static int operand_fits(const wgi_node *x, const wg_value *y) {
    if (x->flags & WGI_NUMBER) return 1;
    if (x->flags & WGI_SCALAR) return y->dtype == WG_F64;
    if (!(x->flags & WGI_DENSE)) return 0;
    const wg_value *v = &x->u.dense->value;
    if (v->dtype != y->dtype || v->rank > y->rank) return 0;
    for (int i = 0; i < v->rank; ++i)
        if (v->dim[i] != 1 && v->dim[i] != y->dim[y->rank - v->rank + i]) return 0;
    return 1;
}

int wgi_fuse_fits(const wg_tape *t, uint32_t i) {
    const wgi_node *n = wgi_node_at(t, i);
    const uint32_t skip = WGI_SCALAR | WGI_LEAF | WGI_CUT | WGI_PULLED;
    if ((n->flags & (WGI_DENSE | WGI_WANTS | skip)) != (WGI_DENSE | WGI_WANTS)) return 0;
    const wg_gate *gate = n->gate;
    const wgi_dense *d = n->u.dense;
    if (!gate->elementwise || gate->masks || gate->indices || d->value.dtype > WG_F64) return 0;
    if (d->n > WGI_FUSE_OPERANDS || wg_value_size(&d->value) == 0) return 0;
    for (uint32_t k = 0; k < d->n; ++k) {
        const wgi_node *x = wgi_node_at(t, d->x[k]);
        if (!d->x[k] || !operand_fits(x, &d->value)) return 0;
        if (x->flags & WGI_WANTS && !gate->elementwise->pull[d->value.dtype][k]) return 0;
    }
    return 1;
}

static int is_blocked(const search *s, uint32_t i) {
    if (!(s->sieve >> (i & 63) & 1)) return 0;
    for (int k = 0; k < s->n_blocked; ++k)
        if (s->blocked[k] == i) return 1;
    return 0;
}

/* Blocks what node i may still hand a cotangent to; 0 where the list is full. */
static int pass(search *s, uint32_t i) {
    const wgi_node *n = wgi_node_at(s->t, i);
    const uint32_t *x;
    if (!(n->flags & WGI_WANTS) || n->flags & (WGI_LEAF | WGI_PULLED)) return 1;
    uint32_t count = wgi_operands(n, &x);
    for (uint32_t k = 0; k < count; ++k) {
        if (!(wgi_node_at(s->t, x[k])->flags & WGI_WANTS)) continue;
        if (s->n_blocked == MOST_BLOCKED) return 0;
        s->blocked[s->n_blocked++] = x[k];
        s->sieve |= (uint64_t)1 << (x[k] & 63);
    }
    return 1;
}

/* Node i is a member: its operands may be. */
static void take(search *s, wgi_fuse_group *group, uint32_t i) {
    const wgi_dense *d = wgi_node_at(s->t, i)->u.dense;
    group->member[group->n++] = i;
    for (uint32_t k = 0; k < d->n; ++k) {
        const wgi_node *x = wgi_node_at(s->t, d->x[k]);
        int seen = 0;
        if ((x->flags & (WGI_WANTS | WGI_LEAF)) != WGI_WANTS || !x->gate->elementwise) continue;
        if (d->x[k] < s->low || group->member[0] - d->x[k] > WINDOW) continue;
        for (int j = 0; j < s->n_open; ++j) seen |= s->open[j] == d->x[k];
        if (!seen) s->open[s->n_open++] = d->x[k];
    }
}

/* The largest index of the open ones, taken out of the list. */
static uint32_t next_open(search *s) {
    int best = 0;
    for (int j = 1; j < s->n_open; ++j)
        if (s->open[j] > s->open[best]) best = j;
    uint32_t i = s->open[best];
    s->open[best] = s->open[--s->n_open];
    return i;
}

/* A gate that passes its cotangent on, as the addition of a bias does, is better off alone where
 * that is summed on its way: nothing is laid out. */
static int sums_only(const search *s, const wgi_node *n) {
    const wgi_dense *d = n->u.dense;
    if (!(n->gate->flags & WG_GATE_PASSES)) return 0;
    for (uint32_t k = 0; k < d->n; ++k) {
        const wgi_node *x = wgi_node_at(s->t, d->x[k]);
        if (!(x->flags & WGI_WANTS)) continue;
        if (x->flags & WGI_SCALAR || !wgi_same_shape(&x->u.dense->value, &d->value)) return 1;
    }
    return 0;
}

static int may_join(const search *s, uint32_t i) {
    if (is_blocked(s, i) || !wgi_fuse_fits(s->t, i)) return 0;
    const wgi_dense *d = wgi_node_at(s->t, i)->u.dense;
    if (sums_only(s, wgi_node_at(s->t, i))) return 0;
    if (d->value.dtype != s->shape->dtype || !wgi_same_shape(&d->value, s->shape)) return 0;
    for (uint32_t k = 0; k < d->n; ++k)
        if (is_blocked(s, d->x[k])) return 0;
    return 1;
}

void wgi_fuse_collect(const wg_tape *t, uint32_t i, uint32_t low, wgi_fuse_group *group) {
    search s;
    s.t = t;
    s.low = low;
    s.shape = &wgi_node_at(t, i)->u.dense->value;
    s.sieve = 0;
    s.n_blocked = s.n_open = group->n = 0;
    take(&s, group, i);
    for (uint32_t above = i; s.n_open && group->n < WGI_FUSE_MEMBERS;) {
        uint32_t next = next_open(&s);
        for (uint32_t j = above - 1; j > next; --j)
            if (!pass(&s, j)) return;
        if (may_join(&s, next)) take(&s, group, next);
        else if (!pass(&s, next)) return;
        above = next;
    }
}
