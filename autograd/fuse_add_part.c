/* fuse_add_part.c: out = a + b on a row, for one type and one instruction set, included by
 * fuse_add.c with REAL, ADD (the function's name) and LANES.  out may be a or b. */

static void ADD(int64_t n, const REAL *a, const REAL *b, REAL *out) {
    typedef REAL loose
        __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
    int64_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        loose first = *(const loose *)(a + i) + *(const loose *)(b + i);
        loose second = *(const loose *)(a + i + LANES) + *(const loose *)(b + i + LANES);
        *(loose *)(out + i) = first;
        *(loose *)(out + i + LANES) = second;
    }
    for (; i < n; ++i) out[i] = a[i] + b[i];
}
