/* floats.h: the check of dtype in the infer of compositions, whose gates would speak of
 * themselves. */
#ifndef WGI_FLOATS_H
#define WGI_FLOATS_H

#include "autograd/gate.h"

/* DTYPE unless the operands are float32 or float64. */
static inline wg_status wgi_floats_check(const wg_call *c) {
    if (c->dtype <= WG_F64) return WG_OK;
    return wg_fail(c, WG_ERR_DTYPE, "not defined for %s", wg_dtype_name(c->dtype));
}

#endif
