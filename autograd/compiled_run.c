/* compiled_run.c: a compiled expression at one point.
 *
 * Two interpreters, a switch each.  A case is an operation together with where its operands are, so
 * that a chain of values, or of adjoints, stays in a register: through memory every link would
 * wait for a store.  The sums are those of the tape's sweep, in its order. */
#include "autograd/compiled.h"

#define INLINE static inline __attribute__((always_inline))

/* ---- forward -------------------------------------------------------------------------------- */

#define TWO(kind, value)                                                                           \
    case WGI_FORWARD(kind, 0, 0): a = values[p->x], b = values[p->y]; last = (value); break;       \
    case WGI_FORWARD(kind, 0, 1): a = values[p->x], b = last; last = (value); break;               \
    case WGI_FORWARD(kind, 1, 0): a = last, b = values[p->y]; last = (value); break;               \
    case WGI_FORWARD(kind, 1, 1): a = b = last; last = (value); break;
#define ONE(kind, value)                                                                           \
    case WGI_FORWARD(kind, 0, 0): a = values[p->x]; last = (value); break;                         \
    case WGI_FORWARD(kind, 1, 0): a = last; last = (value); break;

/* The mathematics of a gate, which leaves its partial derivatives at q. */
INLINE double call_one(const wgi_math *m, double a, double *q) {
    return m->elementwise->one ? m->elementwise->one(a, m->attrs, q)
                               : m->elementwise->scalar(&a, m->attrs, q);
}
static double call_two(const wgi_math *m, double a, double b, double *q) {
    double x[2] = {a, b};
    if (m->elementwise->two) return m->elementwise->two(a, b, q, q + 1);
    return m->elementwise->scalar(x, m->attrs, q);
}

void wgi_compiled_forward(wg_compiled *c) {
    double *values = c->values, *q = c->partials, last = 0, a, b;
    const wgi_math *m = c->math;
    for (const wgi_op *p = c->ops, *end = p + c->n_ops; p < end; ++p) {
        switch (p->forward) {
            TWO(WGI_KIND_SUM, a + b)
            TWO(WGI_KIND_DIFFERENCE, a - b)
            TWO(WGI_KIND_PRODUCT, a * b)
            TWO(WGI_KIND_TWO, (q += 2, call_two(m++, a, b, q - 2)))
            ONE(WGI_KIND_NEGATIVE, -a)
            ONE(WGI_KIND_SQUARE, a * a)
            ONE(WGI_KIND_ONE, (q += 1, call_one(m++, a, q - 1)))
        default: __builtin_unreachable();
        }
        values[p->slot] = last;
    }
}

/* ---- reverse -------------------------------------------------------------------------------- */

/* g dy/dx, as wgi_chain: 0 times infinity is 0 */
INLINE double share(double g, double partial) { return g == 0 ? 0 : g * partial; }

/* The adjoint of step p, complete now; its slot is zero again. */
INLINE double own_adjoint(int own, double handed, double *slot) {
    if (own == WGI_HANDED) return handed;
    double g = own == WGI_IN_BOTH ? *slot + handed : *slot;
    *slot = 0;
    return g;
}

INLINE void give(int to, double part, double *slot, double *handed) {
    if (to == WGI_TO_SLOT) *slot += part;
    if (to == WGI_TO_LAST) *handed = part;
}

#define CASE(kind, own, tx, ty, px, py)                                                            \
    case WGI_REVERSE(kind, own, tx, ty):                                                           \
        q -= (kind) == WGI_KIND_TWO ? 2 : (kind) == WGI_KIND_ONE ? 1 : 0;                          \
        g = own_adjoint(own, g, &adjoints[p->slot]);                                               \
        h = 0;                                                                                     \
        if (tx) give(tx, px, &adjoints[p->x], &h);                                                 \
        if (ty) give(ty, py, &adjoints[p->y], &h);                                                 \
        g = h;                                                                                     \
        break;
#define OPERANDS(kind, own, px, py)                                                                \
    CASE(kind, own, 1, 0, px, py) CASE(kind, own, 2, 0, px, py)                                    \
    CASE(kind, own, 0, 1, px, py) CASE(kind, own, 1, 1, px, py) CASE(kind, own, 2, 1, px, py)      \
    CASE(kind, own, 0, 2, px, py) CASE(kind, own, 1, 2, px, py)
#define REVERSE_TWO(kind, px, py)                                                                  \
    OPERANDS(kind, 0, px, py) OPERANDS(kind, 1, px, py) OPERANDS(kind, 2, px, py)
#define REVERSE_ONE(kind, px)                                                                      \
    CASE(kind, 0, 1, 0, px, 0) CASE(kind, 1, 1, 0, px, 0) CASE(kind, 2, 1, 0, px, 0)               \
    CASE(kind, 0, 2, 0, px, 0) CASE(kind, 1, 2, 0, px, 0) CASE(kind, 2, 2, 0, px, 0)

void wgi_compiled_reverse(wg_compiled *c) {
    const double *values = c->values, *q = c->partials + c->n_partials;
    double *adjoints = c->adjoints, g = 1, h;
    for (const wgi_op *first = c->ops, *p = first + c->n_ops; p-- > first;) {
        switch (p->reverse) {
            REVERSE_TWO(WGI_KIND_SUM, g, g)
            REVERSE_TWO(WGI_KIND_DIFFERENCE, g, -g)
            REVERSE_TWO(WGI_KIND_PRODUCT, share(g, values[p->y]), share(g, values[p->x]))
            REVERSE_TWO(WGI_KIND_TWO, share(g, q[0]), share(g, q[1]))
            REVERSE_ONE(WGI_KIND_NEGATIVE, -g)
            REVERSE_ONE(WGI_KIND_SQUARE, share(g, 2 * values[p->x]))
            REVERSE_ONE(WGI_KIND_ONE, share(g, q[0]))
        case WGI_SKIP: break;
        case WGI_SKIP + 1: q -= 1; break;
        case WGI_SKIP + 2: q -= 2; break;
        default: __builtin_unreachable();
        }
    }
}
