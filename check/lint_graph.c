/* lint_graph.c: gates below the loss that hardly do what was meant. */
#include "check/lint_parts.h"

#include "autograd/debug.h"

#include <stdio.h>
#include <string.h>

/* ---- names ---------------------------------------------------------------------------------- */

/* The parameter that is read nearest below node i, of equally near ones the first; NULL if none is
 * among the first few dozen nodes. */
static const wg_param *nearest_param(const wg_tape *t, uint32_t i) {
    enum { MOST = 64 };
    uint32_t queue[MOST], n = 0;
    queue[n++] = i;
    for (uint32_t at = 0; at < n; ++at) {
        const wgi_node *node = wgi_node_at(t, queue[at]);
        const uint32_t *x;
        uint32_t count = wgi_operands(node, &x);
        if (node->flags & WGI_DENSE && node->u.dense->param) return node->u.dense->param;
        for (uint32_t k = 0; k < count && n < MOST; ++k)
            if (x[k]) queue[n++] = x[k];
    }
    return NULL;
}

/* "hidden", the value's name, or "relu above fc1.b", or "relu". */
static const char *subject(const wg_tape *t, uint32_t i, char *text, size_t bytes) {
    const char *name = wg_name_of(wgi_var((wg_tape *)(uintptr_t)t, i));
    const char *gate = wgi_node_at(t, i)->gate->name;
    const wg_param *p = nearest_param(t, i);
    if (name) snprintf(text, bytes, "%s %s", gate, name);
    else if (p) snprintf(text, bytes, "%s above %s", gate, wg_param_name(p));
    else snprintf(text, bytes, "%s", gate);
    return text;
}

/* ---- dead units ----------------------------------------------------------------------------- */

enum { LEAST_BATCH = 8 };

/* Gates with flat pieces, of one operand, over a batch: (N, ..., units). */
static int has_units(const wgi_node *n) {
    const wg_gate *g = n->gate;
    if (!g->elementwise || g->arity != 1 || !(g->flags & WG_GATE_KINKED)) return 0;
    if (!(n->flags & WGI_DENSE) || n->flags & WGI_SCALAR) return 0;
    const wg_value *y = &n->u.dense->value;
    return y->rank >= 2 && y->dim[0] >= LEAST_BATCH && wg_value_size(y) > 0 && n->u.dense->n == 1;
}

/* The units whose slope is 0 at each of their places; -1 without memory. */
static int64_t count_dead(const wg_tape *t, const wgi_node *n) {
    wg_value room;
    const wg_value *x = wgi_value_of(wgi_node_at(t, n->u.dense->x[0]), &room);
    int64_t size = wg_value_size(x), units = x->dim[x->rank - 1], dead = 0;
    unsigned char *alive = wgi_alloc_zero((size_t)units);
    if (!alive) return -1;
    for (int64_t i = 0; i < size; ++i) {
        double v = wgi_debug_element(x, i), slope[3] = {0, 0, 0};
        if (alive[i % units]) continue;
        (void)n->gate->elementwise->scalar(&v, wgi_attrs(n), slope);
        alive[i % units] = slope[0] != 0; /* a NaN is another matter */
    }
    for (int64_t k = 0; k < units; ++k) dead += !alive[k];
    wgi_free(alive);
    return dead;
}

void wgi_lint_dead_units(wgi_linting *l) {
    char text[80];
    if (l->o.skip >> WG_LINT_DEAD_UNITS & 1) return;
    for (uint32_t i = 1; i <= l->root; ++i) {
        const wgi_node *n = wgi_node_at(l->t, i);
        if (!l->reached[i] || !has_units(n)) continue;
        const wg_value *y = &n->u.dense->value;
        int64_t units = y->dim[y->rank - 1], dead = count_dead(l->t, n);
        if (dead < 0) l->status = WG_ERR_MEMORY;
        if (!((double)dead > l->o.dead * (double)units)) continue;
        wgi_lint_add(l, WG_LINT_DEAD_UNITS, subject(l->t, i, text, sizeof text), n->site,
                     "%lld of its %lld units have slope 0 for all %lld examples of the batch and "
                     "learn nothing from it; a smaller learning rate, He's initialisation, biases "
                     "that are not negative, or leaky_relu keep units alive", (long long)dead,
                     (long long)units, (long long)y->dim[0]);
    }
}

/* ---- silent broadcasting -------------------------------------------------------------------- */

void wgi_lint_broadcast(wgi_linting *l) {
    char name[80], s[3][96];
    for (uint32_t i = 1; i <= l->root; ++i) {
        const wgi_node *n = wgi_node_at(l->t, i);
        const uint32_t *x;
        uint32_t count = wgi_operands(n, &x);
        wg_value room[3];
        if (!l->below[i] || !n->gate->elementwise || count < 2) continue;
        const wg_value *y = wgi_value_of(n, &room[2]);
        const wg_value *a = wgi_value_of(wgi_node_at(l->t, x[0]), &room[0]);
        const wg_value *b = wgi_value_of(wgi_node_at(l->t, x[1]), &room[1]);
        if (a->rank == b->rank || wgi_same_shape(a, y) || wgi_same_shape(b, y)) continue;
        if (wg_value_size(a) <= 1 || wg_value_size(b) <= 1) continue;
        wgi_lint_add(l, WG_LINT_BROADCAST, subject(l->t, i, name, sizeof name), n->site,
                     "%s and %s were broadcast to %s, larger than either: a row met a column, "
                     "which is rarely meant; wg_reshape one to the other's shape, or, if it is "
                     "meant, give both the same rank",
                     wgi_shape_text(s[0], sizeof s[0], a->rank, a->dim),
                     wgi_shape_text(s[1], sizeof s[1], b->rank, b->dim),
                     wgi_shape_text(s[2], sizeof s[2], y->rank, y->dim));
    }
}

/* ---- softmax twice -------------------------------------------------------------------------- */

/* Node i, or what it is a view or a copy in another dtype of. */
static uint32_t through_views(const wg_tape *t, uint32_t i) {
    for (;;) {
        const wgi_node *n = wgi_node_at(t, i);
        int array = n->flags & WGI_DENSE && !(n->flags & (WGI_SCALAR | WGI_LEAF));
        if (!array || n->u.dense->n != 1) return i;
        if (n->u.dense->bytes > 0 && !wgi_lint_is(t, i, "cast")) return i;
        i = n->u.dense->x[0];
    }
}

void wgi_lint_double_softmax(wgi_linting *l) {
    static const struct {
        const char *loss, *scores;
    } pairs[] = {{"softmax_loss", "softmax"}, {"softmax_loss_with", "softmax"},
                 {"softmax_loss_soft", "softmax"}, {"bce_with_logits", "sigmoid"}};
    char name[80];
    for (uint32_t i = 1; i <= l->root; ++i) {
        const uint32_t *x;
        if (!l->below[i] || wgi_operands(wgi_node_at(l->t, i), &x) < 2) continue;
        for (size_t k = 0; k < sizeof pairs / sizeof *pairs; ++k) {
            if (!wgi_lint_is(l->t, i, pairs[k].loss)) continue;
            uint32_t scores = through_views(l->t, x[0]);
            if (!wgi_lint_is(l->t, scores, pairs[k].scores)) continue;
            wgi_lint_add(l, WG_LINT_DOUBLE_SOFTMAX, subject(l->t, scores, name, sizeof name),
                         wgi_node_at(l->t, scores)->site,
                         "it gives the scores of %s, which applies %s itself: gradients become "
                         "small and the loss cannot come near 0; hand the loss what %s is "
                         "applied to", pairs[k].loss, pairs[k].scores, pairs[k].scores);
        }
    }
}
