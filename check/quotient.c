/* quotient.c: difference quotients of a program, one coordinate at a time. */
#include "check/gradcheck.h"

#include <float.h>
#include <math.h>

enum { LARGEST = 2, SMALLEST = -6 }; /* the ladder: steps 8^2 h to 8^-6 h */

wg_status wgi_prober_turn(wgi_prober *p, uint32_t leaf) {
    wg_status s = wgi_program_select(p->program, leaf, p->error);
    if (s == WG_OK) s = wgi_program_signature(p->program, &p->choices, p->error);
    p->x = wgi_program_value(p->program, leaf).data;
    return s;
}

/* f with coordinate j at x; *same says whether every gate chose as at the unchanged point. */
static wg_status evaluate(const wgi_prober *p, int64_t j, double x, double *f, int *same) {
    uint64_t choices = 0;
    double kept = p->x[j];
    p->x[j] = x;
    wg_status s = wgi_program_run(p->program, p->error);
    if (s == WG_OK) s = wgi_program_signature(p->program, &choices, p->error);
    *f = *p->root;
    p->x[j] = kept; /* last: the leaf may be the root itself */
    *same = choices == p->choices;
    return s;
}

wg_status wgi_quotient_at(const wgi_prober *p, int64_t j, int scale, wgi_quotient *q) {
    double x = p->x[j], size = fmax(fabs(x), 1);
    double h = ldexp(cbrt(DBL_EPSILON) * size * p->factor, 3 * scale);
    double above = x + h, below = x - h, high = 0, low = 0;
    int same_above = 0, same_below = 0;
    wg_status s = evaluate(p, j, above, &high, &same_above);
    if (s == WG_OK) s = evaluate(p, j, below, &low, &same_below);
    q->step = (above - below) / 2; /* what x really moved by */
    q->slope = (high - low) / (above - below);
    q->size = fmax(fabs(high), fabs(low));
    q->rounding = 256 * DBL_EPSILON * q->size / q->step;
    q->error = q->rounding;
    q->outcome = !isfinite(q->slope) ? WGI_NOT_FINITE
                 : same_above && same_below ? WGI_SMOOTH : WGI_BRANCHED;
    return s;
}

/* Two quotients of a smooth f, steps 8h and h: their errors are 64 and 1 times the same, so the
 * extrapolation lies beyond the finer by 1/63 of their difference. */
static wgi_quotient extrapolate(const wgi_quotient *coarse, const wgi_quotient *fine) {
    wgi_quotient q = *fine;
    double difference = fine->slope - coarse->slope;
    q.slope = fine->slope + difference / 63;
    q.error = fabs(difference) + fine->rounding;
    return q;
}

wg_status wgi_quotient_best(const wgi_prober *p, int64_t j, wgi_quotient *best) {
    wgi_quotient previous = {.outcome = WGI_BRANCHED}, q = previous;
    int found = 0, extrapolated = 0, branched = 0;
    for (int scale = LARGEST; scale >= SMALLEST; --scale) {
        wg_status s = wgi_quotient_at(p, j, scale, &q);
        if (s != WG_OK) return s;
        branched |= q.outcome == WGI_BRANCHED;
        if (q.outcome == WGI_SMOOTH && previous.outcome == WGI_SMOOTH) {
            wgi_quotient finer = extrapolate(&previous, &q);
            if (!extrapolated || finer.error < best->error) *best = finer;
            found = extrapolated = 1;
        } else if (q.outcome == WGI_SMOOTH && !found) {
            *best = q;
            found = 1;
        }
        previous = q;
    }
    if (found) return WG_OK;
    *best = q; /* the last, of the smallest step */
    best->outcome = branched ? WGI_BRANCHED : WGI_NOT_FINITE;
    return WG_OK;
}
