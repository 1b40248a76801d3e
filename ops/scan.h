/* scan.h: running gates along an axis, from its front, or with `reverse` from its end. */
#ifndef WGI_SCAN_H
#define WGI_SCAN_H

#include "ops/lanes.h"

struct wgi_scan_attrs {
    struct wgi_axis_attrs along;
    int reverse;
};

/* Recorded with `reverse`, which the constructors leave out. */
extern const wg_gate wg_gate_cumsum, wg_gate_cumprod;

/* v moved along the axis by one place, up (by = 1: y[i] = v[i - 1]) or down (by = -1); `fill`
 * enters at the end that is left. */
wg_var wgi_shift_along(wg_var v, int axis, int by, double fill);

/* Where lane i of a scan begins and how its elements follow each other. */
static inline int64_t wgi_scan_start(const struct wgi_lane_job *j, int64_t i, int64_t *step) {
    const struct wgi_scan_attrs *a = j->call->attrs;
    int64_t at = wgi_lane_start(&j->lanes, i);
    *step = a->reverse ? -j->lanes.step : j->lanes.step;
    return a->reverse && j->lanes.n ? at + (j->lanes.n - 1) * j->lanes.step : at;
}

#endif
