/* dropout.h: the attributes of dropout, for the gates that record it. */
#ifndef WGI_DROPOUT_H
#define WGI_DROPOUT_H

#include "autograd/tape.h"
#include "ops/floats.h"
#include "ops/ops.h"

struct wgi_dropout {
    wg_random random; /* stream 0: to be drawn by wg_record */
    double keep;
    int plain;   /* what is kept is not divided by keep */
    int spatial; /* one draw for all places of a channel */
};

/* RANGE unless keep lies in (0, 1]. */
wg_status wgi_keep_check(const wg_call *c, double keep);

extern const wg_gate wg_gate_dropout;

#endif
