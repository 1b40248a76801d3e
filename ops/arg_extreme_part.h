/* arg_extreme_part.h: included by arg_extreme.h once per float type. */

/* 1 if a beats b, as the later one of the two. */
static inline int FN(beats)(REAL a, REAL b) { return BEATS(a, b) || (a != a && b == b); }

static int64_t FN(of_run)(const REAL *x, int64_t n) {
    int64_t place = 0;
    REAL best = x[0];
    if (best != best) return 0;
    for (int64_t i = 1; i < n; ++i) {
        if (KEEPS(best, x[i])) continue; /* one comparison, mostly true */
        if (x[i] != x[i]) return i;
        best = x[i];
        place = i;
    }
    return place;
}

/* x (n, inner), y (inner) */
static void FN(of_columns)(const REAL *x, int64_t n, int64_t inner, int64_t *y) {
    for (int64_t k = 0; k < inner; ++k) y[k] = 0;
    for (int64_t i = 1; i < n; ++i)
        for (int64_t k = 0; k < inner; ++k)
            if (FN(beats)(x[i * inner + k], x[y[k] * inner + k])) y[k] = i;
}

/* Rows [begin, end) of x (outer, n, inner). */
static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    for (int64_t r = begin; r < end; ++r) {
        const REAL *x = (const REAL *)j->x + r * j->n * j->inner;
        if (j->inner == 1) j->y[r] = FN(of_run)(x, j->n);
        else FN(of_columns)(x, j->n, j->inner, j->y + r * j->inner);
    }
}

/* Every place that is as good as the first, so that a tie is a choice of its own. */
static uint64_t FN(hash)(const job *j, int64_t outer) {
    uint64_t hash = 0;
    for (int64_t r = 0; r < outer; ++r)
        for (int64_t k = 0; k < j->inner; ++k) {
            const REAL *x = (const REAL *)j->x + r * j->n * j->inner + k;
            REAL best = x[j->y[r * j->inner + k] * j->inner];
            for (int64_t i = 0; i < j->n; ++i)
                if (!BEATS(best, x[i * j->inner])) hash = wgi_hash(hash, (uint64_t)i);
            hash = wgi_hash(hash, (uint64_t)j->n);
        }
    return hash;
}
