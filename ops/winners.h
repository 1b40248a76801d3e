/* winners.h: the winners of max_pool2d as an operand, checked like all data from outside. */
#ifndef WGI_WINNERS_H
#define WGI_WINNERS_H

#include "ops/pool2d.h"

/* RANGE unless every winner is a place of the image or -1, none. */
static inline wg_status wgi_winners_check(const wg_call *c, int64_t places) {
    const int64_t *winner = c->x[1]->data, n = wg_value_size(c->x[1]);
    for (int64_t i = 0; i < n; ++i)
        if (winner[i] < -1 || winner[i] >= places)
            return wg_fail(c, WG_ERR_RANGE, "winner %lld of window %lld; the image has %lld places",
                           (long long)winner[i], (long long)i, (long long)places);
    return WG_OK;
}

#endif
