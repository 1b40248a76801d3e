/* normalise.h: what layer_norm, group_norm, instance_norm and rms_norm share.
 *
 * x is seen in a shape `view` of the same elements, in which the elements that are normalised
 * together lie along the axes of the mask `over`, and gamma and beta repeat along the axes of the
 * mask `along`:
 *
 *     z = (x - m) r,   r = 1/sqrt(v + eps),   y = gamma z + beta
 *
 * with m the mean and v the biased variance over `over`; not centred, m = 0 and v = mean x^2.  With
 * h = gamma g and mean() over `over`:
 *
 *     dx = r (h - mean(h) - z mean(h z))      (not centred: without mean(h))
 *     dgamma = sum(g z),  dbeta = sum(g), over `along` */
#ifndef WGI_NORMALISE_H
#define WGI_NORMALISE_H

#include "autograd/gate.h"

typedef struct wgi_normal {
    wg_shape view;
    unsigned over, along;
    int centred;
    double eps;
} wgi_normal;

/* y as x; gamma and beta, operands 1 and 2 where there are any, have the shape `affine`; eps is
 * finite and not negative; room for m and r. */
wg_status wgi_normal_infer(wg_call *c, const wgi_normal *k, wg_shape affine);
wg_status wgi_normal_forward(wg_call *c, const wgi_normal *k);
void wgi_normal_rule(wg_pull *p, const wgi_normal *k);

/* (N, S, C) of x (N, ..., C), the axes between them made one; 1 if x has the rank for it. */
static inline int wgi_normal_images(wg_shape x, wg_shape *view) {
    if (x.rank < 2) return 0;
    *view = (wg_shape){3, {x.dim[0], 1, x.dim[x.rank - 1]}};
    for (int i = 1; i < x.rank - 1; ++i) view->dim[1] *= x.dim[i];
    return 1;
}

#endif
