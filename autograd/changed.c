/* changed.c: which values are older than the numbers they were computed from.
 *
 * wg_set marks its leaf CHANGED; wg_replay clears the leaves below its root, computes what lies
 * between, and marks OUTDATED what depends on those leaves but was not computed.  A backward over
 * either is refused: its rules would read new operands beside old results.  A parameter lies in its
 * store, whose version says that something there was changed; whoever writes without saying so is
 * found out by checksums, where they were asked for. */
#include "autograd/store.h"
#include "autograd/tape.h"

#include <string.h>

/* FNV-1a over words, never 0. */
static uint64_t checksum(const wg_value *v) {
    size_t bytes = (size_t)wg_value_size(v) * wg_dtype_size(v->dtype), i = 0;
    const char *at = v->data;
    uint64_t hash = 0xcbf29ce484222325u, word = 0;
    for (; i + sizeof word <= bytes; i += sizeof word) {
        memcpy(&word, at + i, sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 32;
    }
    for (; i < bytes; ++i) hash = (hash ^ (unsigned char)at[i]) * 0x100000001b3u;
    return hash ? hash : 1;
}

void wgi_param_seen(const wg_tape *t, wgi_dense *d) {
    d->version = wgi_params_version(wgi_param_store(d->param));
    d->checksum = t->watch ? checksum(&d->value) : 0;
}

void wg_tape_watch_params(wg_tape *t, int watch) {
    if (t) t->watch = watch != 0;
}

static int is_param(const wgi_node *n) { return n->flags & WGI_DENSE && n->u.dense->param; }

/* 1 if n is the leaf of a parameter whose store was said to change since it was read. */
static int version_changed(const wgi_node *n) {
    return is_param(n) &&
           wgi_params_version(wgi_param_store(n->u.dense->param)) != n->u.dense->version;
}

/* 1 if n is the leaf of a watched parameter whose numbers are others than those that were read. */
static int numbers_changed(const wgi_node *n) {
    return is_param(n) && n->u.dense->checksum &&
           checksum(&n->u.dense->value) != n->u.dense->checksum;
}

static int any_changed(const wg_tape *t) {
    int changed = t->n_changed > 0 || (t->watch && t->n_uses > 0);
    for (size_t i = 0; i < t->n_uses; ++i)
        changed |= wgi_params_version(t->uses[i].params) != t->uses[i].version;
    return changed;
}

/* ---- which leaf it was ---------------------------------------------------------------------- */

void wgi_forget_set(wg_tape *t, uint32_t count) {
    size_t n = 0;
    for (size_t k = 0; k < t->n_set; ++k) {
        if (t->set[k] < count) t->set[n++] = t->set[k];
        else wgi_node_at(t, t->set[k])->flags &= ~(uint32_t)WGI_SET;
    }
    t->n_set = n;
}

wg_status wgi_note_set(wg_tape *t, uint32_t i) {
    wgi_node *n = wgi_node_at(t, i);
    if (n->flags & WGI_SET) return WG_OK;
    if (t->n_set == t->max_set) {
        size_t more = t->max_set ? 2 * t->max_set : 8;
        uint32_t *set = wgi_grow(t->set, t->n_set * sizeof *set, more * sizeof *set);
        if (!set) return wgi_error(t, WG_ERR_MEMORY, "set: no memory");
        t->set = set;
        t->max_set = more;
    }
    t->set[t->n_set++] = i;
    n->flags |= WGI_SET;
    return WG_OK;
}

/* Those that changed go to the end, in the order they had; without memory they stay. */
void wgi_note_replay(wg_tape *t, uint32_t root, const unsigned char *below) {
    size_t stay = 0, go = 0;
    if (t->n_set == 0) return;
    uint32_t *last = wgi_arena_alloc(&t->scratch, t->n_set * sizeof *last);
    for (size_t k = 0; k < t->n_set && last; ++k) {
        uint32_t i = t->set[k];
        int replayed = i <= root && below[i] && wgi_node_at(t, i)->flags & WGI_CHANGED;
        if (replayed) last[go++] = i;
        else t->set[stay++] = i;
    }
    if (go) memcpy(t->set + stay, last, go * sizeof *last);
}

/* The leaf for which value i, none of whose operands is old, is too old: of the leaves below it
 * that were set, the one that was replayed last.  That replay did not compute i, or i would not be
 * old.  0 where it was none of them, but a parameter. */
static uint32_t newer_leaf(wg_tape *t, uint32_t i) {
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    const unsigned char *below = t->n_set ? wgi_ancestors(t, i) : NULL;
    uint32_t leaf = 0;
    for (size_t k = t->n_set; k-- > 0 && below && !leaf;)
        if (t->set[k] < i && below[t->set[k]]) leaf = t->set[k];
    wgi_arena_release(&t->scratch, mark);
    return leaf;
}

static wg_status fail_outdated(wg_tape *t, const char *who, uint32_t i) {
    char text[2][32];
    uint32_t leaf = newer_leaf(t, i);
    return wgi_error(t, WG_ERR_STATE, "%s: %s is older than %s%s; wg_replay", who,
                     wgi_call_it(t, i, text[0], sizeof text[0]),
                     leaf ? wgi_call_it(t, leaf, text[1], sizeof text[1]) : "a leaf",
                     leaf ? ", which was changed" : " that was changed");
}

/* ---- the check ------------------------------------------------------------------------------ */

/* What is wrong with node i, if anything is. */
static wg_status check_node(wg_tape *t, const char *who, uint32_t i) {
    const wgi_node *n = wgi_node_at(t, i);
    char text[32];
    if (n->flags & WGI_CHANGED)
        return wgi_error(t, WG_ERR_STATE, "%s: %s was changed after it was used; wg_replay", who,
                         wgi_call_it(t, i, text, sizeof text));
    if (n->flags & WGI_OUTDATED) return fail_outdated(t, who, i);
    if (version_changed(n))
        return wgi_error(t, WG_ERR_STATE,
                         "%s: the parameter %s was changed after it was used; record again", who,
                         wg_param_name(n->u.dense->param));
    if (numbers_changed(n))
        return wgi_error(t, WG_ERR_STATE,
                         "%s: the parameter %s was written after it was used, without "
                         "wg_params_changed; record again", who, wg_param_name(n->u.dense->param));
    return WG_OK;
}

/* The store says only that something in it changed: where the tape watches parameters, the one that
 * did is told before those that share its store. */
wg_status wgi_check_unchanged(wg_tape *t, const char *who, uint32_t root) {
    if (!any_changed(t)) return WG_OK;
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    const unsigned char *below = wgi_ancestors(t, root);
    wg_status s = below ? WG_OK : t->error.status;
    for (uint32_t i = 1; t->watch && i <= root && s == WG_OK; ++i)
        if (below[i] && numbers_changed(wgi_node_at(t, i))) s = check_node(t, who, i);
    for (uint32_t i = 1; i <= root && s == WG_OK; ++i)
        if (below[i]) s = check_node(t, who, i);
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
    int dirty = n->flags & WGI_OLD || version_changed(n) || numbers_changed(n);
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
