/* choices.h: what the signatures of kinked array gates are made with. */
#ifndef WGI_CHOICES_H
#define WGI_CHOICES_H

#include "ops/signature.h"

/* Element `at`, strides already applied, of an array of floats. */
static inline double wgi_float_at(const wg_value *v, int64_t at) {
    if (v->dtype == WG_F32) return (double)((const float *)v->data)[at];
    return ((const double *)v->data)[at];
}

#endif
