/* compiled_batch_part.h: included by compiled_batch.c once per instruction set: the steps of a
 * block of n points, loops that become vectors; in those of whole blocks n = BLOCK is known. */

#define INLINE static inline __attribute__((always_inline))

INLINE void IN(forward_steps)(const block *b, int n) {
    const wgi_op *p = b->c->ops, *end = p + b->c->n_ops;
    const wgi_math *m = b->c->math;
    double *q = b->partials;
    for (; p < end; ++p) {
        const double *restrict x = value_row(b, p->x), *restrict y = value_row(b, p->y);
        double *restrict z = b->values + (size_t)(p->slot - b->c->n) * BLOCK;
        switch ((wgi_kind)p->kind) {
        case WGI_KIND_SUM:
            for (int j = 0; j < n; ++j) z[j] = x[j] + y[j];
            break;
        case WGI_KIND_DIFFERENCE:
            for (int j = 0; j < n; ++j) z[j] = x[j] - y[j];
            break;
        case WGI_KIND_PRODUCT:
            for (int j = 0; j < n; ++j) z[j] = x[j] * y[j];
            break;
        case WGI_KIND_NEGATIVE:
            for (int j = 0; j < n; ++j) z[j] = -x[j];
            break;
        case WGI_KIND_SQUARE:
            for (int j = 0; j < n; ++j) z[j] = x[j] * x[j];
            break;
        case WGI_KIND_TWO:
        case WGI_KIND_ONE: q = call_rows(b, p, m++, n, z, q); break;
        }
    }
}

/* to = factor g, or to += factor g: the first adds to zero, as it does on the tape. */
INLINE void IN(give)(int n, int first, const double *restrict g, double factor,
                     double *restrict to) {
    if (first)
        for (int j = 0; j < n; ++j) to[j] = 0 + factor * g[j];
    else
        for (int j = 0; j < n; ++j) to[j] += factor * g[j];
}

/* The same with a partial derivative, and a strong zero: see wgi_chain. */
INLINE void IN(give_times)(int n, int first, const double *restrict g, double factor,
                           const double *restrict partial, double *restrict to) {
    if (first)
        for (int j = 0; j < n; ++j) to[j] = 0 + (g[j] == 0 ? 0 : g[j] * (factor * partial[j]));
    else
        for (int j = 0; j < n; ++j) to[j] += g[j] == 0 ? 0 : g[j] * (factor * partial[j]);
}

/* Operand x, then y: the order of the tape's sweep. */
INLINE void IN(reverse_step)(const block *b, const wgi_op *p, const wgi_rows *rows,
                             const double *q, int n) {
    const double *g = adjoint_row(b, rows->own), *dx = q, *dy = q + BLOCK;
    double factor = 1;
    int plain = p->kind == WGI_KIND_SUM || p->kind == WGI_KIND_DIFFERENCE, tx = way_x(p),
        first_x = p->first & WGI_FIRST_X, first_y = p->first & WGI_FIRST_Y;
    if (p->kind == WGI_KIND_PRODUCT) dx = value_row(b, p->y), dy = value_row(b, p->x);
    if (p->kind == WGI_KIND_SQUARE) dx = value_row(b, p->x), factor = 2;
    if (p->kind == WGI_KIND_NEGATIVE) plain = 1, factor = -1;
    if (tx && plain) IN(give)(n, first_x, g, factor, adjoint_row(b, rows->x));
    if (tx && !plain) IN(give_times)(n, first_x, g, factor, dx, adjoint_row(b, rows->x));
    if (!way_y(p)) return;
    factor = p->kind == WGI_KIND_DIFFERENCE ? -1 : 1;
    if (plain) IN(give)(n, first_y, g, factor, adjoint_row(b, rows->y));
    else IN(give_times)(n, first_y, g, 1, dy, adjoint_row(b, rows->y));
}

INLINE void IN(reverse_steps)(const block *b, int n) {
    const wgi_op *first = b->c->ops, *p = first + b->c->n_ops;
    const double *q = b->partials + (size_t)b->c->n_partials * BLOCK;
    while (p-- > first) {
        if (p - first >= AHEAD) fetch(b, p - AHEAD, &b->c->rows[p - AHEAD - first]);
        int partials = p->kind == WGI_KIND_TWO ? 2 : p->kind == WGI_KIND_ONE;
        q -= partials * BLOCK;
        if (partials) fetch_row(q, -PARTIALS_AHEAD * BLOCK);
        if (p->reverse < WGI_SKIP) IN(reverse_step)(b, p, &b->c->rows[p - first], q, n);
    }
}

static void IN(forward)(const block *b, int n) {
    if (n == BLOCK) IN(forward_steps)(b, BLOCK);
    else IN(forward_steps)(b, n);
}

static void IN(reverse)(const block *b, int n) {
    if (n == BLOCK) IN(reverse_steps)(b, BLOCK);
    else IN(reverse_steps)(b, n);
}

#undef INLINE
