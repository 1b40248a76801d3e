/* matmul_portable.c: the matrix product without a library, for both types (matmul_part.c). */
#include "backend/matmul.h"
#include "backend/parallel.h"
#include "backend/tile.h"

#include <string.h>

enum {
    SLAB_BYTES = 1536, /* of a slab's column: a tile's rows of A take 12 KB of the first cache */
    SLAB_COLS = 320,   /* a packed slab of B takes 480 KB of the second */
    DIRECT_ROWS = 32,  /* so few rows of A do not repay packing B, */
    DOT_ROWS = 4,      /* and so few times B^T are inner products */
    FEW_TERMS = 2,     /* sums of so few terms, in rows of so many, leave C no time in registers */
    TERM_COLS = 64,
    /* What makes a thread worth waking, in elements packed and in products. */
    PACK_GRAIN = WGI_GRAIN_ELEMENTS,
    TILE_GRAIN = WGI_GRAIN_PRODUCTS,
    FEW_GRAIN = WGI_GRAIN_ELEMENTS
};

#define REAL float
#define OF(name) name##_f32
#include "backend/matmul_part.c"
#undef REAL
#undef OF

#define REAL double
#define OF(name) name##_f64
#include "backend/matmul_part.c"
#undef REAL
#undef OF

static size_t smaller(int64_t x, int64_t y) { return (size_t)(x < y ? x : y); }

/* One slab of packed panels, for the widest tiles of any instruction set. */
size_t wgi_matmul_portable_scratch(size_t element, int64_t m, int64_t n, int64_t k) {
    if (m <= 0 || n <= 0 || k <= 0) return 0;
    size_t depth = smaller(k, SLAB_BYTES / (int64_t)element);
    size_t wide = WGI_TILE_BYTES / element;
    size_t cols = smaller(m > n ? m : n, SLAB_COLS); /* either operand may be the one to pack */
    return (cols + wide - 1) / wide * wide * depth * element;
}
