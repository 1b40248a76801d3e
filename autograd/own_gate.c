/* own_gate.c: gates of the caller's own: their descriptors, made whole.
 *
 * The engine reads descriptors of full size alone, whose derivative is a rule.  One that an older
 * header compiled (its `size` is smaller) and one with `backward` are copied to the tape and made
 * so; nodes point to the copy, which lives as long as the tape.  A copy is found again by the
 * address of the original, provided that this still says the same. */
#include "autograd/tape.h"

#include <stddef.h>
#include <string.h>

/* Up to here reached the first version of the struct. */
enum { FIRST_SIZE = offsetof(wg_gate, compose) };

/* Copies g into *copy: what an older version lacks is zero, what a newer one has must be. */
static wg_status fill_up(wg_tape *t, const wg_gate *g, wg_gate *copy) {
    if (g->size < FIRST_SIZE)
        return wgi_error(t, WG_ERR_VALUE,
                         "a gate's descriptor says it has %zu bytes; .size = sizeof(wg_gate) is "
                         "missing", g->size);
    memset(copy, 0, sizeof *copy);
    memcpy(copy, g, g->size < sizeof *copy ? g->size : sizeof *copy);
    for (size_t i = sizeof *copy; i < g->size; ++i)
        if (((const unsigned char *)g)[i] != 0)
            return wgi_error(t, WG_ERR_UNSUPPORTED,
                             "gate %s: its descriptor, of %zu bytes, is of a newer version and "
                             "uses fields that this one, of %zu, does not know",
                             copy->name ? copy->name : "without name", g->size, sizeof *copy);
    copy->size = sizeof *copy;
    size_t gap = offsetof(wg_gate, arity) + sizeof copy->arity; /* unused: copies are compared */
    memset((char *)copy + gap, 0, offsetof(wg_gate, operands) - gap);
    return WG_OK;
}

static int has_name(const wgi_own_gate *own, const char *name, size_t n) {
    return own->named && strlen(own->full.name) == n && memcmp(own->full.name, name, n) == 0;
}

const wg_gate *wgi_find_own_gate(const wg_tape *t, const char *name, size_t n) {
    for (size_t i = 0; i < t->n_own; ++i)
        if (has_name(t->own[i], name, n)) return &t->own[i]->full;
    return NULL;
}

void wgi_free_own_gates(wg_tape *t) {
    for (size_t i = 0; i < t->n_own; ++i) wgi_free(t->own[i]);
    wgi_free(t->own);
}

/* The copy made of g before, which now reads as `filled`; NULL if there is none. */
static wgi_own_gate *find_copy(const wg_tape *t, const wg_gate *g, const wg_gate *filled) {
    for (size_t i = t->n_own; i-- > 0;)
        if (t->own[i]->given == g && memcmp(&t->own[i]->as_given, filled, sizeof *filled) == 0)
            return t->own[i];
    return NULL;
}

static wgi_own_gate *append(wg_tape *t, const wg_gate *g, const wg_gate *filled) {
    if (t->n_own == t->max_own) {
        size_t more = t->max_own ? 2 * t->max_own : 8;
        wgi_own_gate **own = wgi_grow(t->own, t->n_own * sizeof *own, more * sizeof *own);
        if (!own) return NULL;
        t->own = own;
        t->max_own = more;
    }
    wgi_own_gate *own = wgi_alloc_zero(sizeof *own);
    if (!own) return NULL;
    own->given = g;
    memcpy(&own->as_given, filled, sizeof *filled); /* padding too: it is compared */
    own->full = *filled;
    if (filled->backward) wgi_backward_gate(own);
    t->own[t->n_own++] = own;
    return own;
}

static wg_status copy_of(wg_tape *t, const wg_gate *g, wgi_own_gate **own) {
    wg_gate filled;
    wg_status s = fill_up(t, g, &filled);
    if (s != WG_OK || (*own = find_copy(t, g, &filled)) != NULL) return s;
    s = wgi_check_gate(t, &filled);
    if (s != WG_OK) return s;
    *own = append(t, g, &filled);
    return *own ? WG_OK : wgi_error(t, WG_ERR_MEMORY, "gate %s: no memory", filled.name);
}

const wg_gate *wgi_own_gate_of(wg_tape *t, const wg_gate *g) {
    wgi_own_gate *own = NULL;
    if (!g) wgi_error(t, WG_ERR_VALUE, "record: the gate is NULL");
    return g && copy_of(t, g, &own) == WG_OK ? &own->full : NULL;
}

wg_status wgi_add_own_gate(wg_tape *t, const wg_gate *g) {
    wgi_own_gate *own = NULL;
    wg_status s = copy_of(t, g, &own);
    if (s != WG_OK || own->named) return s;
    if (wgi_find_own_gate(t, own->full.name, strlen(own->full.name)))
        return wgi_error(t, WG_ERR_NAME, "gate %s: the tape has another gate of that name",
                         own->full.name);
    own->named = 1;
    return WG_OK;
}
