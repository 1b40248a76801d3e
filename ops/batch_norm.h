/* batch_norm.h: what batch_norm and batch_norm_relu share.  Operands 0 .. 4 are x, gamma, beta,
 * mean and var; operand 5, where there is one, is added before the rectifier. */
#ifndef WGI_BATCH_NORM_H
#define WGI_BATCH_NORM_H

#include "autograd/gate.h"

struct wgi_batch_norm {
    double eps;
};

/* Shapes, eps, and the saved block: m, r and v (3, C) where the statistics are those of x. */
wg_status wgi_batch_norm_infer(wg_call *c);
/* y, and the saved block. */
wg_status wgi_batch_norm_forward(wg_call *c, int relu);
/* dx[0] .. dx[4] from h, the cotangent of what the normalisation alone gives. */
void wgi_batch_norm_rule(wg_pull *p, wg_var h);
/* The direct reverse kernel; with relu, y says what the rectifier let through. */
wg_status wgi_batch_norm_direct(const wg_call *c, const wg_value *g, const wg_into *into, int relu);

extern const wg_attr wgi_batch_norm_attrs[];

#endif
