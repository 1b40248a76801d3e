/* einsum_plan.c: in which order the operands of einsum are multiplied; see einsum.h.  The order
 * depends on labels and extents alone. */
#include "ops/einsum.h"

uint64_t wgi_term_set(const wgi_term *t) {
    uint64_t set = 0;
    for (int i = 0; i < t->rank; ++i) set |= (uint64_t)1 << t->label[i];
    return set;
}

int wgi_set_size(uint64_t set) {
    int n = 0;
    for (; set; set &= set - 1) ++n;
    return n;
}

void wgi_einsum_reduced(const wgi_einsum *e, uint64_t *sets) {
    uint64_t once = 0, more = 0;
    for (size_t k = 0; k < e->n; ++k) {
        sets[k] = wgi_term_set(&e->term[k]) & ~e->ones[k];
        more |= once & sets[k];
        once |= sets[k];
    }
    for (size_t k = 0; k < e->n; ++k) sets[k] &= more | wgi_term_set(&e->out);
}

static double elements(const wgi_einsum *e, uint64_t set) {
    double n = 1;
    for (int label = 0; set; ++label, set >>= 1)
        if (set & 1) n *= (double)e->extent[label];
    return n;
}

/* By how many elements the values grow: greedy on this cost finds good orders for chains of
 * matrices and networks alike (D. G. A. Smith, J. Gray, "opt_einsum", JOSS 3(26), 2018). */
int wgi_einsum_next(const wgi_einsum *e, size_t n, const uint64_t *sets, wgi_product *next) {
    uint64_t out = wgi_term_set(&e->out), once = 0, twice = 0, thrice = 0;
    double best = 0;
    int found = 0;
    for (size_t k = 0; k < n; ++k) {
        thrice |= twice & sets[k];
        twice |= once & sets[k];
        once |= sets[k];
    }
    for (size_t i = 0; i < n; ++i)
        for (size_t j = i + 1; j < n; ++j) {
            uint64_t both = sets[i] & sets[j], one = sets[i] ^ sets[j];
            uint64_t set = (both & (out | thrice)) | (one & (out | twice));
            if (wgi_set_size(set) > WG_MAX_RANK) continue;
            double cost = elements(e, set) - elements(e, sets[i]) - elements(e, sets[j]);
            if (found && cost >= best) continue;
            found = 1;
            best = cost;
            *next = (wgi_product){i, j, set};
        }
    return found;
}
