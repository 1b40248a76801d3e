/* norm_part.c: the loops of norm.h over a rectangle of rows and columns, for one type and number of
 * LANES; norm.c includes it with REAL and IN(name).  Columns j0 .. j1 - 1 are whole vectors:
 * each is taken through all rows of a block, its sums and factors staying in registers. */

#if LANES == 1 /* gcc takes vectors of one element through memory */
typedef REAL IN(vector);
typedef REAL IN(loose) __attribute__((may_alias));
typedef double IN(wide);
#define WIDEN(v) ((double)(v))
#define RECTIFIED(v) ((v) <= 0 ? 0 : (v))
#else
typedef REAL IN(vector) __attribute__((vector_size(LANES * sizeof(REAL))));
typedef REAL IN(loose)
    __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
typedef PLACE IN(mask) __attribute__((vector_size(LANES * sizeof(PLACE))));
typedef double IN(wide) __attribute__((vector_size(LANES * sizeof(double))));
#define WIDEN(v) __builtin_convertvector(v, IN(wide))
#define RECTIFIED(v) ((IN(vector))((IN(mask))(v) & ~((v) <= zero)))
#endif

static inline IN(vector) IN(at)(const REAL *x) { return *(const IN(loose) *)x; }
static inline void IN(put)(REAL *x, IN(vector) v) { *(IN(loose) *)x = v; }

/* out[0 .. n - 1] becomes the mean and out[n ..] the squares around it, of the block's rows. */
static void IN(moments)(const pass *k, int64_t row, int64_t end, int64_t j0, int64_t j1,
                        double *out) {
    const int64_t n = k->n;
    const double rows = (double)(end - row);
    for (int64_t j = j0; j < j1; j += LANES) {
        const REAL *x = (const REAL *)k->x + j;
        IN(wide) sum = {0}, rest = {0}, squares = {0};
        for (int64_t i = row; i < end; ++i) sum += WIDEN(IN(at)(x + i * n));
        const IN(wide) center = sum / rows;
        for (int64_t i = row; i < end; ++i) {
            const IN(wide) d = WIDEN(IN(at)(x + i * n)) - center;
            rest += d;
            squares += d * d;
        }
        PUT_SUMS(out + j, center + rest / rows); /* rest: what rounding left out of center */
        PUT_SUMS(out + n + j, squares - rest * rest / rows);
    }
}

static void IN(affine)(const pass *k, int64_t row, int64_t end, int64_t j0, int64_t j1,
                       double *out) {
    const int64_t n = k->n;
    (void)out;
    for (int64_t j = j0; j < j1; j += LANES) {
        const IN(vector) zero = {0}, m = k->m ? IN(at)((const REAL *)k->m + j) : zero;
        const IN(vector) a = k->m ? IN(at)((const REAL *)k->a + j) : zero + 1;
        const IN(vector) b = k->m ? IN(at)((const REAL *)k->b + j) : zero;
        const REAL *x = (const REAL *)k->x + j, *s = k->s ? (const REAL *)k->s + j : NULL;
        REAL *y = (REAL *)k->y + j;
        for (int64_t i = row * n; i < end * n; i += n) {
            IN(vector) v = IN(at)(x + i);
            if (k->m) v = (v - m) * a + b;
            if (s) v += IN(at)(s + i);
            if (k->relu) v = RECTIFIED(v);
            IN(put)(y + i, v);
        }
    }
}

/* h of norm.h: the chain rule of relu, whose y is 0, positive or NaN, with its strong zero. */
static inline IN(vector) IN(let_through)(IN(vector) g, IN(vector) y) {
#if LANES == 1
    return g == 0 ? 0 : g * (y > 0 ? 1 : y);
#else
    const IN(vector) zero = {0}, one = zero + 1;
    const IN(mask) on = y > zero;
    const IN(vector) partial = (IN(vector))((on & (IN(mask))one) | (~on & (IN(mask))y));
    return (IN(vector))((IN(mask))(g * partial) & (g != zero));
#endif
}

/* out[0 .. n - 1] becomes the sum of h, out[n ..] that of h (x - m); ds gets h. */
static void IN(sums)(const pass *k, int64_t row, int64_t end, int64_t j0, int64_t j1,
                     double *out) {
    const int64_t n = k->n;
    for (int64_t j = j0; j < j1; j += LANES) {
        const REAL *g = (const REAL *)k->g + j, *x = k->x ? (const REAL *)k->x + j : NULL;
        const REAL *y = k->gate ? (const REAL *)k->gate + j : NULL;
        const IN(vector) zero = {0}, m = x ? IN(at)((const REAL *)k->m + j) : zero;
        REAL *ds = k->ds ? (REAL *)k->ds + j : NULL;
        IN(wide) sum = {0}, dot = {0};
        for (int64_t i = row * n; i < end * n; i += n) {
            IN(vector) h = IN(at)(g + i);
            if (y) h = IN(let_through)(h, IN(at)(y + i));
            sum += WIDEN(h);
            if (x) dot += WIDEN(h * (IN(at)(x + i) - m));
            if (ds) IN(put)(ds + i, h);
        }
        PUT_SUMS(out + j, sum);
        PUT_SUMS(out + n + j, dot);
    }
}

static void IN(pull)(const pass *k, int64_t row, int64_t end, int64_t j0, int64_t j1,
                     double *out) {
    const int64_t n = k->n;
    (void)out;
    for (int64_t j = j0; j < j1; j += LANES) {
        const REAL *g = (const REAL *)k->g + j, *x = (const REAL *)k->x + j;
        const REAL *y = k->gate ? (const REAL *)k->gate + j : NULL;
        const IN(vector) m = IN(at)((const REAL *)k->m + j), a = IN(at)((const REAL *)k->a + j);
        const IN(vector) b = IN(at)((const REAL *)k->b + j), c = IN(at)((const REAL *)k->c + j);
        REAL *dx = k->y ? (REAL *)k->y + j : NULL, *ds = k->ds ? (REAL *)k->ds + j : NULL;
        for (int64_t i = row * n; i < end * n; i += n) {
            IN(vector) h = IN(at)(g + i);
            if (y) h = IN(let_through)(h, IN(at)(y + i));
            const IN(vector) d = a * h + b * (IN(at)(x + i) - m) + c;
            if (dx) IN(put)(dx + i, k->add ? IN(at)(dx + i) + d : d);
            if (ds) IN(put)(ds + i, k->add_ds ? IN(at)(ds + i) + h : h);
        }
    }
}

static const pass_set IN(set) = {LANES, {IN(moments), IN(affine), IN(sums), IN(pull)}};
#undef WIDEN
#undef RECTIFIED
