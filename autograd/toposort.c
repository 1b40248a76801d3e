/* toposort.c: the ancestors of a root in the order of recording, which is a topological one. */
#include "autograd/tape.h"

#include <string.h>

unsigned char *wgi_ancestors(wg_tape *t, uint32_t root) {
    unsigned char *below = wgi_arena_alloc(&t->scratch, (size_t)root + 1);
    if (!below) {
        wgi_error(t, WG_ERR_MEMORY, "no memory for an order of %u values", (unsigned)root);
        return NULL;
    }
    memset(below, 0, (size_t)root + 1);
    below[root] = 1;
    for (uint32_t i = root; i > 0; --i) {
        if (!below[i]) continue;
        const uint32_t *x;
        uint32_t n = wgi_operands(wgi_node_at(t, i), &x);
        for (uint32_t k = 0; k < n; ++k) below[x[k]] = 1;
    }
    below[0] = 0; /* absent operands */
    return below;
}

wg_status wg_toposort(wg_var root, size_t *n, const wg_var **order) {
    *n = 0;
    *order = NULL;
    if (!wgi_usable(root, "toposort")) return wgi_why_not(root);
    wg_tape *t = root.tape;
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    const unsigned char *below = wgi_ancestors(t, root.index);
    size_t count = 0, at = 0;
    for (uint32_t i = 1; below && i <= root.index; ++i) count += below[i];
    wg_var *list = below ? wgi_tape_alloc(t, count * sizeof *list) : NULL;
    for (uint32_t i = 1; list && i <= root.index; ++i)
        if (below[i]) list[at++] = wgi_var(t, i);
    wgi_arena_release(&t->scratch, mark);
    if (!list) return t->error.status;
    *n = count;
    *order = list;
    return WG_OK;
}
