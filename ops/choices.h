/* choices.h: what the signatures of kinked array gates are made with. */
#ifndef WGI_CHOICES_H
#define WGI_CHOICES_H

#include "ops/elementwise.h"
#include "ops/signature.h"

/* Element `at`, strides already applied, of an array of floats. */
static inline double wgi_float_at(const wg_value *v, int64_t at) {
    if (v->dtype == WG_F32) return (double)((const float *)v->data)[at];
    return ((const double *)v->data)[at];
}

/* Element i of an array of floats in row-major order, any strides. */
static inline double wgi_element(const wg_value *v, int64_t i) {
    int64_t at = 0;
    for (int k = v->rank - 1; k >= 0; --k) {
        at += i % v->dim[k] * v->stride[k];
        i /= v->dim[k];
    }
    return wgi_float_at(v, at);
}

/* A hash of the signs of a dense array of floats. */
static inline uint64_t wgi_signs_hash(const wg_value *v) {
    const int64_t size = wg_value_size(v);
    uint64_t hash = 0;
    for (int64_t i = 0; i < size; ++i)
        hash = wgi_hash(hash, (uint64_t)wgi_sign_branch(wgi_float_at(v, i)));
    return hash;
}

#endif
