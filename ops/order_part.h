/* order_part.h: included by order.h once per float type. */

/* 1 if b, which stands behind a, has to come before it. */
static inline int FN(swap)(REAL a, REAL b) {
    return FALLING ? b > a || (b != b && a == a) : b < a || (a != a && b == b);
}

/* The order of lane x, n elements `step` apart, into place[n]: merging runs of 1, 2, 4, ..., which
 * keeps equal elements as they are.  room holds n places too. */
static void FN(order)(const REAL *x, int64_t n, int64_t step, int64_t *place, int64_t *room) {
    int64_t *from = place, *to = room;
    for (int64_t i = 0; i < n; ++i) place[i] = i;
    for (int64_t run = 1; run < n; run *= 2) {
        for (int64_t at = 0; at < n; at += 2 * run) {
            int64_t i = at, i1 = at + run < n ? at + run : n;
            int64_t k = i1, k1 = i1 + run < n ? i1 + run : n;
            for (int64_t o = at; o < k1; ++o)
                to[o] = k == k1 || (i < i1 && !FN(swap)(x[from[i] * step], x[from[k] * step]))
                            ? from[i++]
                            : from[k++];
        }
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != place) memcpy(place, from, (size_t)n * sizeof *place);
}

/* Lanes [begin, end): the first m of the order, as places into saved and as elements into y. */
static void FN(lanes)(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    for (int64_t l = begin; l < end; ++l) {
        int64_t *place = j->room + 2 * l * j->in.n;
        int64_t at = wgi_lane_start(&j->out, l), step = j->out.step;
        const REAL *x = (const REAL *)j->x + wgi_lane_start(&j->in, l);
        FN(order)(x, j->in.n, j->in.step, place, place + j->in.n);
        for (int64_t i = 0; i < j->out.n; ++i) {
            ((REAL *)j->y)[at + i * step] = x[place[i] * j->in.step];
            j->saved[at + i * step] = place[i];
        }
    }
}

/* The order that was taken and, of neighbours in it, whether they are equal: a tie is a choice of
 * its own.  One place more than was taken is looked at, the first that was not. */
static uint64_t FN(hash)(const job *j) {
    uint64_t hash = 0;
    for (int64_t l = 0; l < j->in.count; ++l) {
        const REAL *x = (const REAL *)j->x + wgi_lane_start(&j->in, l);
        int64_t step = j->in.step, m = j->out.n < j->in.n ? j->out.n + 1 : j->in.n;
        FN(order)(x, j->in.n, step, j->room, j->room + j->in.n);
        for (int64_t i = 0; i < m && j->out.n; ++i) {
            if (i < j->out.n) hash = wgi_hash(hash, (uint64_t)j->room[i]);
            if (i) hash = wgi_hash(hash, x[j->room[i] * step] == x[j->room[i - 1] * step]);
        }
    }
    return hash;
}
