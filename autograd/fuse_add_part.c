/* fuse_add_part.c: out = a + b on a row, for both types and one instruction set, included by
 * fuse_tiles.c with SET, its name, and VECTOR, the bytes of its vectors.  out may be a or b. */
#define PASTE_(a, b, c) a##b##c
#define PASTE(a, b, c) PASTE_(a, b, c)

#define ADD_ROW(NAME, REAL)                                                                        \
    static void NAME(int64_t n, const void *x, const void *y, void *out) {                         \
        typedef REAL loose                                                                         \
            __attribute__((vector_size(VECTOR), aligned(sizeof(REAL)), may_alias));                \
        enum { LANES = VECTOR / sizeof(REAL) };                                                    \
        const REAL *a = x, *b = y;                                                                 \
        REAL *sum = out;                                                                           \
        int64_t i = 0;                                                                             \
        for (; i + 2 * LANES <= n; i += 2 * LANES) {                                               \
            loose first = *(const loose *)(a + i) + *(const loose *)(b + i);                       \
            loose next = *(const loose *)(a + i + LANES) + *(const loose *)(b + i + LANES);        \
            *(loose *)(sum + i) = first;                                                           \
            *(loose *)(sum + i + LANES) = next;                                                    \
        }                                                                                          \
        for (; i < n; ++i) sum[i] = a[i] + b[i];                                                   \
    }
ADD_ROW(PASTE(add_, f32_, SET), float)
ADD_ROW(PASTE(add_, f64_, SET), double)

#undef ADD_ROW
#undef PASTE
#undef PASTE_
#undef SET
#undef VECTOR
