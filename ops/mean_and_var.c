/* mean_and_var.c: mean and biased variance as two values.  No gate: a gate has one output, and
 * these are the halves of moments. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"

wg_status wg_mean_and_var(wg_var x, wg_axes axes, int keepdims, wg_var *mean, wg_var *var) {
    wg_var both = wg_moments_over(x, axes, 0);
    *mean = *var = both;
    if (!both.index) return both.tape ? wg_tape_status(both.tape) : WG_ERR_TAPE;
    wg_shape given = wg_shape_of(x), shape = wg_shape_of(both);
    if (keepdims) {
        shape = wgi_axes_kept(given, wgi_axes_mask(&axes, given.rank));
    } else {
        --shape.rank;
        for (int i = 0; i < shape.rank; ++i) shape.dim[i] = shape.dim[i + 1];
    }
    *mean = wg_reshape(wg_slice(both, 0, 0, 1, 1), shape);
    *var = wg_reshape(wg_slice(both, 0, 1, 2, 1), shape);
    return wg_tape_status(x.tape);
}
