/* einsum.h: what a specification of einsum says once the shapes are known, and in which order its
 * operands are multiplied. */
#ifndef WGI_EINSUM_H
#define WGI_EINSUM_H

#include "autograd/gate.h"

/* A label is an index of the sum: a letter, A to Z as 0 .. 25 and a to z as 26 .. 51 (NumPy's
 * order), or an axis of "...", aligned at the end, so that the last one is WGI_LABELS - 1. */
enum { WGI_LETTERS = 52, WGI_LABELS = WGI_LETTERS + WG_MAX_RANK };
/* n comma-parted terms take n - 1 characters at least. */
enum { WGI_TERMS = WG_TEXT_MAX };

typedef struct wgi_term { /* the labels of a value's axes */
    int rank;
    unsigned char label[WG_MAX_RANK];
} wgi_term;

typedef struct wgi_einsum {
    size_t n;
    wgi_term term[WGI_TERMS], out;
    int64_t extent[WGI_LABELS]; /* 0 labels: 1 */
    uint64_t ones[WGI_TERMS];   /* labels with extent 1 in the operand, a larger one elsewhere */
} wgi_einsum;

/* Reads spec for operands of these shapes: OK, or SYNTAX or SHAPE with the reason in error. */
wg_status wgi_einsum_read(const char *spec, size_t n, const wg_shape *shapes, wgi_einsum *e,
                          wg_error *error);

/* The labels of a term as a set, bit by label; how many a set has. */
uint64_t wgi_term_set(const wgi_term *t);
int wgi_set_size(uint64_t set);
/* sets[k] = the labels of operand k before any product: without those that only repeat it (extent
 * 1), and without those that no other operand and not the output has, which are summed at once. */
void wgi_einsum_reduced(const wgi_einsum *e, uint64_t *sets);

typedef struct wgi_product { /* of the values i < j */
    size_t i, j;
    uint64_t set; /* its labels: those of both that the output or another value still needs */
} wgi_product;
/* The pair of n >= 2 values to be multiplied next: that whose product is smallest for what it
 * replaces.  0 where every product would have more than WG_MAX_RANK axes. */
int wgi_einsum_next(const wgi_einsum *e, size_t n, const uint64_t *sets, wgi_product *next);

#endif
