/* signature.h: hashes of the choices that a kinked gate makes (see wg_gate.signature). */
#ifndef WGI_SIGNATURE_H
#define WGI_SIGNATURE_H

#include "autograd/rows.h"
#include "backend/memory.h"

#include <string.h>

/* hash with one more choice in it: the mixing of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood,
 * OOPSLA 2014), which carries every bit of both into the result. */
static inline uint64_t wgi_hash(uint64_t hash, uint64_t choice) {
    uint64_t z = hash + 0x9e3779b97f4a7c15u + choice * 0xff51afd7ed558ccdu;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The hash of the bytes that row writes, one an element, over the shape of `shape`; x broadcasts
 * to it.  0 without memory. */
static inline uint64_t wgi_rows_signature(const wg_call *c, wgi_row_forward *row,
                                          const wg_value *shape, size_t n,
                                          const wg_value *const *x) {
    wg_value choices = *shape;
    size_t size = (size_t)wg_value_size(shape);
    uint64_t hash = size;
    choices.dtype = WG_BOOL;
    choices.data = wg_scratch(c, size);
    if (!choices.data) return 0;
    wg_value_set_dense(&choices);
    wgi_rows(row, &choices, n, x, c->attrs);
    const unsigned char *choice = choices.data;
    for (size_t i = 0; i < size; ++i) hash = wgi_hash(hash, choice[i]);
    return hash;
}

#endif
