/* loops.c: see loops.h. */
#include "backend/loops.h"

#include <string.h>

enum { PIECE = 512 }; /* elements of a buffer: five of double are 20 KB of stack */

typedef union buffer {
    float f32[PIECE];
    double f64[PIECE];
} buffer;

/* to[i] = from[i s] */
static void gather(size_t bytes, int64_t n, const void *from, int64_t s, buffer *to) {
    if (bytes == sizeof(float))
        for (int64_t i = 0; i < n; ++i) to->f32[i] = ((const float *)from)[i * s];
    else
        for (int64_t i = 0; i < n; ++i) to->f64[i] = ((const double *)from)[i * s];
}

static int contiguous(int count, const int64_t *s) {
    int yes = 1;
    for (int k = 0; k < count; ++k) yes &= s[k] == 1;
    return yes;
}

static const void *step(const void *at, int64_t elements, size_t bytes) {
    return (const char *)at + elements * (int64_t)bytes;
}

/* A repeated element fills its buffer once, a strided row as the pieces go by. */
static void in_pieces(wgi_loop *loop, size_t bytes, int64_t n, int count, const void *const *in,
                      const int64_t *s, char *out, const void *attrs) {
    buffer room[WGI_LOOP_ARRAYS];
    const void *at[WGI_LOOP_ARRAYS];
    for (int k = 0; k < count; ++k)
        if (s[k] == 0) gather(bytes, n < PIECE ? n : PIECE, in[k], 0, &room[k]);
    for (int64_t i = 0; i < n; i += PIECE) {
        int64_t m = n - i < PIECE ? n - i : PIECE;
        for (int k = 0; k < count; ++k) {
            at[k] = s[k] == 1 ? step(in[k], i, bytes) : &room[k];
            if (s[k] != 0 && s[k] != 1)
                gather(bytes, m, step(in[k], i * s[k], bytes), s[k], &room[k]);
        }
        loop(m, at, out + i * (int64_t)bytes, attrs);
    }
}

void wgi_loop_row(wgi_loop *const loops[WGI_ISA_COUNT], size_t bytes, int64_t n, int count,
                  const void *const *in, const int64_t *s, void *out, const void *attrs) {
    wgi_loop *loop = loops[wgi_isa_chosen()];
    if (n == 1 || contiguous(count, s)) loop(n, in, out, attrs);
    else in_pieces(loop, bytes, n, count, in, s, out, attrs);
}
