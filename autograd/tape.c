/* tape.c: tapes: their nodes and memory, marks, sections, names. */
#include "autograd/debug.h"

#include <stdlib.h>
#include <string.h>

/* ---- nodes ---------------------------------------------------------------------------------- */

/* Makes room for one more chunk; the first is not asked to be on huge pages, so that a small tape
 * touches little memory. */
static wg_status add_chunk(wg_tape *t) {
    size_t bytes = sizeof(wgi_node) * WGI_CHUNK_NODES;
    if (t->n_chunks == 1u << (32 - WGI_CHUNK_BITS))
        return wgi_error(t, WG_ERR_MEMORY, "a tape holds at most 2^32 values");
    if (t->n_chunks == t->max_chunks) {
        uint32_t more = t->max_chunks ? 2 * t->max_chunks : 16;
        wgi_node **chunks =
            wgi_grow(t->chunks, t->n_chunks * sizeof *chunks, more * sizeof *chunks);
        if (!chunks) return wgi_error(t, WG_ERR_MEMORY, "no memory for more values");
        t->chunks = chunks;
        t->max_chunks = more;
    }
    wgi_node *chunk = t->n_chunks ? wgi_alloc(bytes) : wgi_alloc_small_pages(bytes);
    if (!chunk) return wgi_error(t, WG_ERR_MEMORY, "no memory for more values");
    t->chunks[t->n_chunks++] = chunk;
    return WG_OK;
}

void wgi_set_count(wg_tape *t, uint32_t count) {
    uint32_t newest = count - 1;
    wgi_node *chunk = t->chunks[newest >> WGI_CHUNK_BITS];
    wgi_node *next = chunk + (newest & (WGI_CHUNK_NODES - 1)) + 1;
    t->head.count = count;
    t->head.next = (struct wgi_node_head *)(void *)next;
    t->end = chunk + WGI_CHUNK_NODES;
}

wgi_node *wgi_node_new(wg_tape *t, const wg_gate *gate) {
    uint32_t i = t->head.count;
    if (i == UINT32_MAX) {
        wgi_error(t, WG_ERR_MEMORY, "a tape holds at most 2^32 values");
        return NULL;
    }
    if (i >> WGI_CHUNK_BITS == t->n_chunks && add_chunk(t) != WG_OK) return NULL;
    wgi_set_count(t, i + 1);
    wgi_node *n = wgi_node_at(t, i);
    memset(n, 0, sizeof *n);
    n->gate = gate;
    n->serial = t->serial;
    return n;
}

void *wgi_tape_alloc(wg_tape *t, size_t bytes) {
    void *p = wgi_arena_alloc(&t->values, bytes);
    if (!p) wgi_error(t, WG_ERR_MEMORY, "no memory for %zu bytes", bytes);
    return p;
}

int wgi_usable(wg_var v, const char *who) {
    if (!v.tape) return 0;
    if (v.index && wgi_live(v.tape, v)) return 1;
    if (v.index)
        wgi_error(v.tape, WG_ERR_STALE, "%s: value %u was rewound or released", who,
                  (unsigned)v.index);
    else if (v.tape->error.status == WG_OK)
        wgi_error(v.tape, WG_ERR_STALE, "%s: poison from before the last rewind", who);
    return 0;
}

wg_status wgi_why_not(wg_var v) {
    if (!v.tape) return WG_ERR_TAPE;
    return v.index == 0 ? v.tape->error.status : WG_ERR_STALE;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void reset_error(wg_tape *t) {
    memset(&t->error, 0, sizeof t->error);
    t->error_site = NULL;
    t->error_fresh = t->error_of_data = 0;
}

/* Handles of what was dropped must not come to life again: their serial is never given out twice
 * within 2^32 rewinds. */
static void raise_serial(wg_tape *t) {
    if (++t->serial == 0) t->serial = 1;
}

wg_tape *wg_tape_new(void) {
    wg_tape *t = wgi_alloc_zero(sizeof *t);
    if (!t) return NULL;
    t->serial = 1;
    t->fast = WGI_SCALAR;
    wgi_node *poison = wgi_node_new(t, &wgi_gate_poison);
    if (!poison) {
        wg_tape_free(t);
        return NULL;
    }
    poison->serial = 0; /* {tape, 0, s} is recognised by its index alone */
    unsigned debug = 0;
    (void)wgi_debug_words(getenv("WG_DEBUG"), &debug);
    wg_tape_debug(t, debug);
    const char *fuse = getenv("WG_FUSE");
    t->unfused = fuse && strcmp(fuse, "0") == 0;
    return t;
}

void wg_tape_free(wg_tape *t) {
    if (!t) return;
    for (uint32_t i = 0; i < t->n_chunks; ++i) wgi_free(t->chunks[i]);
    wgi_free(t->chunks);
    wgi_arena_free(&t->values);
    wgi_arena_free(&t->scratch);
    wgi_pool_free(&t->grads);
    wgi_pool_free(&t->name_texts);
    wgi_free(t->names);
    wgi_free(t->uses);
    wgi_free(t->set);
    wgi_free_own_gates(t);
    wgi_profile_free(&t->profile);
    wgi_free(t);
}

void wg_tape_rewind(wg_tape *t) {
    if (!t || wgi_hooked(t, "rewind")) return;
    wgi_debug_look(t);
    wgi_debug_forget(t, 1);
    wgi_arena_mark start = {NULL, 0};
    wgi_set_count(t, 1);
    wgi_arena_release(&t->values, start);
    wgi_pool_reset(&t->grads);
    t->grad_blocks = 0;
    t->swept = t->n_changed = 0;
    t->aliased = 0;
    t->n_names = t->n_uses = t->n_set = 0; /* flags of nodes go with them */
    wgi_pool_reset(&t->name_texts);
    raise_serial(t);
    reset_error(t);
}

void wg_tape_clear(wg_tape *t) {
    if (!t || wgi_hooked(t, "clear")) return;
    wg_tape_rewind(t);
    while (t->n_chunks > 1) wgi_free(t->chunks[--t->n_chunks]);
    wgi_arena_free(&t->values);
    wgi_arena_free(&t->scratch);
    wgi_pool_free(&t->grads);
    wgi_pool_free(&t->name_texts);
}

wg_mark wg_tape_mark(wg_tape *t) {
    wg_mark mark = {t, 0, 0, NULL, 0};
    if (!t) return mark;
    wgi_arena_mark position = wgi_arena_position(&t->values);
    mark.count = t->head.count;
    mark.serial = wgi_node_at(t, mark.count - 1)->serial;
    mark.chunk = position.chunk;
    mark.offset = position.offset;
    return mark;
}

/* Gives back the gradients of nodes from `count` on, so that record, backward, release cycles hold
 * constant memory; nothing to do, and no walk, on tapes of scalars. */
static void drop_gradients(wg_tape *t, uint32_t count) {
    for (uint32_t i = count; i < t->head.count && t->grad_blocks > 0; ++i) {
        wgi_node *n = wgi_node_at(t, i);
        if (n->flags & WGI_DENSE) wgi_drop_grad(t, n);
    }
}

static void drop_name(wg_tape *t, size_t at) {
    char *text = t->names[at].text;
    wgi_pool_release(&t->name_texts, text, strlen(text) + 1);
}

void wg_tape_release(wg_tape *t, wg_mark mark) {
    if (!t || wgi_hooked(t, "release")) return;
    if (mark.tape != t) {
        wgi_error(t, WG_ERR_TAPE, "release: the mark is of another tape");
        return;
    }
    if (mark.count == 0 || mark.count > t->head.count ||
        wgi_node_at(t, mark.count - 1)->serial != mark.serial) {
        wgi_error(t, WG_ERR_STATE, "release: the mark lies behind what was rewound or released");
        return;
    }
    wgi_debug_look(t);
    wgi_debug_forget(t, mark.count);
    for (uint32_t i = mark.count; i < t->head.count && t->n_changed; ++i)
        t->n_changed -= (wgi_node_at(t, i)->flags & WGI_OLD) != 0;
    if (t->aliased && t->swept > mark.count) wgi_own_grads(t, mark.count);
    drop_gradients(t, mark.count);
    wgi_set_count(t, mark.count);
    wgi_arena_mark position = {mark.chunk, mark.offset};
    wgi_arena_release(&t->values, position);
    if (t->swept > mark.count) t->swept = mark.count;
    wgi_forget_set(t, mark.count);
    while (t->n_names && t->names[t->n_names - 1].index >= mark.count) drop_name(t, --t->n_names);
    while (t->n_uses && t->uses[t->n_uses - 1].index >= mark.count) --t->n_uses;
    raise_serial(t);
}

/* ---- sections and settings ------------------------------------------------------------------ */

void wgi_set_fast(wg_tape *t) { t->fast = t->no_grad || t->sweeping ? 0 : WGI_SCALAR; }

void wg_no_grad_begin(wg_tape *t) {
    if (!t) return;
    ++t->no_grad;
    wgi_set_fast(t);
}

void wg_no_grad_end(wg_tape *t) {
    if (!t) return;
    if (t->no_grad == 0) {
        wgi_error(t, WG_ERR_STATE, "no_grad_end without no_grad_begin");
        return;
    }
    --t->no_grad;
    wgi_set_fast(t);
}

void wg_tape_keep_grads(wg_tape *t, int keep) {
    if (t) t->drop_grads = !keep;
}

void wg_tape_seed(wg_tape *t, uint64_t seed) {
    if (!t) return;
    t->random.seed = seed;
    t->random.stream = 0;
}

wg_random wg_tape_draw(wg_tape *t) {
    wg_random none = {0, 0};
    if (!t) return none;
    ++t->random.stream; /* the first is 1: stream 0 says that nothing was drawn */
    return t->random;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* The position in t->names at which index stands or would stand. */
static size_t name_position(const wg_tape *t, uint32_t index) {
    size_t lo = 0, hi = t->n_names;
    if (hi && t->names[hi - 1].index < index) return hi; /* the newest value: the usual case */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->names[mid].index < index) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* Makes room for a name at position `at`, which index takes; 0 without memory. */
static int insert_name(wg_tape *t, size_t at, uint32_t index) {
    if (t->n_names == t->max_names) {
        size_t more = t->max_names ? 2 * t->max_names : 32;
        wgi_name *names = wgi_grow(t->names, t->n_names * sizeof *names, more * sizeof *names);
        if (!names) return 0;
        t->names = names;
        t->max_names = more;
    }
    memmove(t->names + at + 1, t->names + at, (t->n_names - at) * sizeof *t->names);
    ++t->n_names;
    t->names[at].index = index;
    return 1;
}

wg_var wg_name(wg_var x, const char *name) {
    if (!name || !wgi_usable(x, "name")) return x;
    wg_tape *t = x.tape;
    size_t bytes = strlen(name) + 1, at = name_position(t, x.index);
    char *copy = wgi_pool_alloc(&t->name_texts, bytes);
    int known = at < t->n_names && t->names[at].index == x.index;
    if (!copy || (!known && !insert_name(t, at, x.index))) {
        wgi_pool_release(&t->name_texts, copy, bytes);
        wgi_error(t, WG_ERR_MEMORY, "no memory for the name %.40s", name);
        return x;
    }
    memcpy(copy, name, bytes); /* name may be the old one */
    if (known) drop_name(t, at);
    t->names[at].text = copy;
    wgi_node_at(t, x.index)->flags |= WGI_NAMED;
    return x;
}

const char *wg_name_of(wg_var x) {
    if (!x.tape || x.index == 0 || !wgi_live(x.tape, x)) return NULL;
    if (!(wgi_node_at(x.tape, x.index)->flags & WGI_NAMED)) return NULL;
    size_t at = name_position(x.tape, x.index);
    return at < x.tape->n_names && x.tape->names[at].index == x.index ? x.tape->names[at].text
                                                                      : NULL;
}
