/* loops.c: see loops.h. */
#include "backend/loops.h"

#define KERNEL_PART "backend/add_part.c"
#include "backend/each_isa.h"

const wgi_loops wgi_loops_add[2] = {
    {2, {sizeof(float), sizeof(float), sizeof(float)}, WGI_BY_ISA(add, f32)},
    {2, {sizeof(double), sizeof(double), sizeof(double)}, WGI_BY_ISA(add, f64)},
};

enum { PIECE = 512 }; /* elements of a buffer: five of double are 20 KB of stack */

typedef union buffer {
    uint8_t u8[PIECE];
    uint32_t u32[PIECE];
    uint64_t u64[PIECE];
} buffer;

/* to[i] = from[i s]; what is repeated fills vectors. */
#define GATHER(TYPE, field)                                                                        \
    const TYPE *x = from;                                                                          \
    if (s == 0)                                                                                    \
        for (int64_t i = 0; i < n; ++i) to->field[i] = x[0];                                       \
    else                                                                                           \
        for (int64_t i = 0; i < n; ++i) to->field[i] = x[i * s];
static void gather(int bytes, int64_t n, const void *restrict from, int64_t s,
                   buffer *restrict to) {
    if (bytes == 4) {
        GATHER(uint32_t, u32)
    } else if (bytes == 8) {
        GATHER(uint64_t, u64)
    } else {
        GATHER(uint8_t, u8)
    }
}
#undef GATHER

static int contiguous(int count, const int64_t *s) {
    int yes = 1;
    for (int k = 0; k < count; ++k) yes &= s[k] == 1;
    return yes;
}

/* A repeated element fills its buffer once, a strided row as the pieces go by. */
static void in_pieces(const wgi_loops *l, int64_t n, const void *const *in, const int64_t *s,
                      char *out, const void *attrs) {
    buffer room[WGI_LOOP_ARRAYS];
    const void *at[WGI_LOOP_ARRAYS];
    wgi_loop *loop = l->of[wgi_isa_chosen()];
    for (int k = 0; k < l->count; ++k)
        if (s[k] == 0) gather(l->bytes[1 + k], n < PIECE ? n : PIECE, in[k], 0, &room[k]);
    for (int64_t i = 0; i < n; i += PIECE) {
        int64_t m = n - i < PIECE ? n - i : PIECE;
        for (int k = 0; k < l->count; ++k) {
            const void *from = (const char *)in[k] + i * s[k] * l->bytes[1 + k];
            at[k] = s[k] == 1 ? from : &room[k];
            if (s[k] != 0 && s[k] != 1) gather(l->bytes[1 + k], m, from, s[k], &room[k]);
        }
        loop(m, at, out + i * l->bytes[0], attrs);
    }
}

void wgi_loop_row(const wgi_loops *l, int64_t n, const void *const *in, const int64_t *s,
                  void *out, const void *attrs) {
    if (n == 1 || contiguous(l->count, s)) l->of[wgi_isa_chosen()](n, in, out, attrs);
    else in_pieces(l, n, in, s, out, attrs);
}
