/* changed.c: which values are older than the numbers they were computed from.
 *
 * wg_set marks its leaf CHANGED; wg_replay clears the leaves below its root, computes what lies
 * between, and marks OUTDATED what depends on those leaves but was not computed.  A backward over
 * either is refused: its rules would read new operands beside old results. */
#include "autograd/tape.h"

int wgi_store_changed(const wgi_node *n) {
    if (!(n->flags & WGI_DENSE) || !n->u.dense->param) return 0;
    return wgi_params_version(wgi_param_store(n->u.dense->param)) != n->u.dense->version;
}

static int any_changed(const wg_tape *t) {
    int changed = t->n_changed > 0;
    for (size_t i = 0; i < t->n_uses; ++i)
        changed |= wgi_params_version(t->uses[i].params) != t->uses[i].version;
    return changed;
}

wg_status wgi_check_unchanged(wg_tape *t, uint32_t root) {
    if (!any_changed(t)) return WG_OK;
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    const unsigned char *below = wgi_ancestors(t, root);
    wg_status s = below ? WG_OK : t->error.status;
    for (uint32_t i = 1; i <= root && s == WG_OK; ++i) {
        const wgi_node *n = wgi_node_at(t, i);
        char text[32];
        if (!below[i]) continue;
        if (n->flags & WGI_CHANGED)
            s = wgi_error(t, WG_ERR_STATE, "backward: %s was changed after it was used; wg_replay",
                          wgi_call_it(t, i, text, sizeof text));
        else if (n->flags & WGI_OUTDATED)
            s = wgi_error(t, WG_ERR_STATE,
                          "backward: %s is older than a leaf that was changed; wg_replay",
                          wgi_call_it(t, i, text, sizeof text));
        else if (wgi_store_changed(n))
            s = wgi_error(t, WG_ERR_STATE,
                          "backward: the parameter %s was changed after it was used; record again",
                          wg_param_name(n->u.dense->param));
    }
    wgi_arena_release(&t->scratch, mark);
    return s;
}

enum { DIRTY = 2 };

void wgi_outdate(wg_tape *t, wgi_node *n) {
    if (!(n->flags & WGI_OLD)) ++t->n_changed;
    n->flags |= WGI_OUTDATED;
}

/* 1 if node i depends on a leaf that is new to it: below the root DIRTY says so, elsewhere the
 * node's own flags. */
static int is_dirty(const wg_tape *t, uint32_t root, const unsigned char *below, uint32_t i) {
    const wgi_node *n = wgi_node_at(t, i);
    const uint32_t *x;
    uint32_t count = wgi_operands(n, &x);
    int dirty = n->flags & WGI_OLD || wgi_store_changed(n);
    for (uint32_t k = 0; k < count && !dirty; ++k)
        dirty = x[k] <= root && below[x[k]] ? below[x[k]] & DIRTY
                                            : (wgi_node_at(t, x[k])->flags & WGI_OLD) != 0;
    return dirty;
}

int wgi_outdate_others(wg_tape *t, uint32_t root, unsigned char *below) {
    uint32_t inside = 1; /* node 0 */
    if (!any_changed(t)) return 0;
    for (uint32_t i = 1; i <= root; ++i) inside += below[i];
    if (inside == t->head.count) return 1;
    for (uint32_t i = 1; i < t->head.count; ++i) {
        if (!is_dirty(t, root, below, i)) continue;
        wgi_node *n = wgi_node_at(t, i);
        if (i <= root && below[i]) below[i] |= DIRTY;
        else if (!(n->flags & WGI_LEAF)) wgi_outdate(t, n);
    }
    return 1;
}
