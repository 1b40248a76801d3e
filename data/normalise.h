/* normalise.h: one example through wg_preprocess; shared by the loader and by prediction. */
#ifndef WGI_DATA_NORMALISE_H
#define WGI_DATA_NORMALISE_H

#include "data/data.h"

/* x[i] = (scale * v[i] / top - mean[i mod n]) / std[i mod n] for i < size; p NULL: v[i] / top.
 * size is a multiple of p->n. */
void wgi_normalise_pixels(const wg_preprocess *p, int64_t size, const uint8_t *v, double top,
                          float *x);
void wgi_normalise_floats(const wg_preprocess *p, int64_t size, const float *v, double top,
                          float *x);

#endif
