/* schedule.c: how the learning rate goes down. */
#include "optim/optim.h"

#include "autograd/tape.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static double falling(const wg_schedule *s, uint64_t at) {
    switch (s->kind) {
    case WG_SCHEDULE_CONSTANT: break;
    case WG_SCHEDULE_STEP:
        if (s->every == 0) break;
        return pow(s->factor != 0 ? s->factor : 0.1, (double)(at / s->every));
    case WG_SCHEDULE_COSINE: {
        if (s->total == 0) break;
        double done = at < s->total ? (double)at / (double)s->total : 1;
        return s->factor + (1 - s->factor) * (1 + cos(PI * done)) / 2;
    }
    }
    return 1;
}

double wg_schedule_factor(const wg_schedule *s, uint64_t at) {
    if (!s) return 1;
    double rise = at < s->warmup ? (double)(at + 1) / (double)s->warmup : 1;
    return rise * falling(s, at);
}

wg_status wg_schedule_by_name(const char *name, wg_schedule_kind *kind, wg_error *error) {
    static const char *const names[] = {"constant", "step", "cosine"};
    wgi_error_clear(error);
    for (int i = 0; name && i < 3; ++i)
        if (strcmp(names[i], name) == 0) {
            *kind = (wg_schedule_kind)i;
            return WG_OK;
        }
    return wgi_error_to(error, WG_ERR_NAME, "no schedule %.40s; there is constant, step, cosine",
                        name ? name : "");
}
