/* replay.c: new numbers in the leaves, and a recorded tape run again from them, in place. */
#include "autograd/debug.h"

#include <string.h>

wg_status wg_set(wg_var leaf, const void *data, size_t bytes) {
    if (!wgi_usable(leaf, "set")) return wgi_why_not(leaf);
    wg_tape *t = leaf.tape;
    wgi_node *n = wgi_node_at(t, leaf.index);
    if (!(n->flags & WGI_LEAF) || n->gate == &wgi_gate_shown)
        return wgi_error(t, WG_ERR_STATE, "set: the value was made by %s; only leaves are set",
                         n->gate->name);
    wg_value room;
    const wg_value *v = wgi_value_of(n, &room);
    size_t size = (size_t)wg_value_size(v) * wg_dtype_size(v->dtype);
    if (bytes != size || (!data && size))
        return wgi_error(t, WG_ERR_SHAPE, "set: %zu bytes given, the leaf has %zu",
                         data ? bytes : 0, size);
    if (v->dtype == WG_BOOL) {
        wg_status s = wgi_check_bools(t, "set", (int64_t)size, data);
        if (s != WG_OK) return s;
    }
    if (wgi_hooked(t, "set")) return WG_ERR_STATE;
    if (wgi_note_set(t, leaf.index) != WG_OK) return WG_ERR_MEMORY;
    if (size) memmove(v->data, data, size);
    if (!(n->flags & WGI_CHANGED)) ++t->n_changed;
    n->flags |= WGI_CHANGED;
    return WG_OK;
}

static void replay_scalar(const wg_tape *t, wgi_node *n) {
    double x[2] = {wgi_node_at(t, n->x[0])->value, wgi_node_at(t, n->x[1])->value};
    double partial[2] = {0, 0};
    n->value = n->gate->elementwise->scalar(x, wgi_attrs(n), partial);
    n->u.partial[0] = partial[0];
    if (!(n->flags & WGI_ATTRS)) n->u.partial[1] = partial[1]; /* attrs share the second's place */
}

/* Runs the kernel of an array node again into the memory it has. */
static wg_status replay_array(wg_tape *t, wgi_node *n) {
    wgi_dense *d = n->u.dense;
    wgi_operand_room room;
    wg_error e = {WG_OK, ""};
    wg_call c;
    if (d->owner != 0 && d->bytes == 0 && !(n->flags & WGI_SCALAR)) return WG_OK; /* a view */
    if (!wgi_room_new(t, d->n, &room)) return WG_ERR_MEMORY;
    memcpy(room.index, d->x, d->n * sizeof *d->x);
    wg_status s = wgi_call_init(&c, t, n->gate, d->n, &room, d->attrs, &e);
    c.y = d->value;
    c.saved = d->value.saved;
    c.saved_dtype = d->saved_dtype;
    c.saved_count = d->saved_count;
    if (s == WG_OK) s = wgi_call_forward(&c, room.x, room.values);
    return s == WG_OK ? s : wgi_error(t, s, "%s", e.text);
}

static wg_status replay_node(wg_tape *t, uint32_t i) {
    wgi_node *n = wgi_node_at(t, i);
    if (n->flags & WGI_OLD) {
        n->flags &= ~(uint32_t)WGI_OLD;
        --t->n_changed;
    }
    if (n->flags & WGI_LEAF) {
        if (n->flags & WGI_DENSE && n->u.dense->param) wgi_param_seen(t, n->u.dense);
        return WG_OK;
    }
    if (n->flags & WGI_CUT)
        return wgi_error(t, WG_ERR_STATE,
                         "replay: %s was computed in a no-gradient section; it cannot be replayed",
                         n->gate->name);
    if (n->flags & WGI_PARTIALS) {
        replay_scalar(t, n);
        return WG_OK;
    }
    return replay_array(t, n);
}

wg_status wg_replay(wg_var root) {
    if (!wgi_usable(root, "replay")) return wgi_why_not(root);
    wg_tape *t = root.tape;
    if (wgi_hooked(t, "replay")) return WG_ERR_STATE;
    wgi_debug_look(t);
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    unsigned char *below = wgi_ancestors(t, root.index);
    wg_status s = below ? WG_OK : t->error.status;
    if (below) wgi_note_replay(t, root.index, below);
    int changed = below && wgi_outdate_others(t, root.index, below);
    for (uint32_t i = 1; i <= root.index && s == WG_OK; ++i) {
        if (!below[i]) continue;
        wgi_arena_mark step = wgi_arena_position(&t->scratch);
        s = replay_node(t, i);
        wgi_arena_release(&t->scratch, step);
    }
    for (uint32_t i = 1; i <= root.index && changed && s != WG_OK; ++i) /* half old, half new */
        if (below[i] && !(wgi_node_at(t, i)->flags & WGI_LEAF)) wgi_outdate(t, wgi_node_at(t, i));
    if (t->n_changed == 0) wgi_forget_set(t, 0);
    wgi_arena_release(&t->scratch, mark);
    wgi_debug_forget(t, 1); /* they are new */
    wgi_debug_look(t);
    return s;
}
