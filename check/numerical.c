/* numerical.c: the gradient by one difference quotient a coordinate, as courses teach it. */
#include "autograd/tape.h"
#include "check/gradcheck.h"

wg_status wg_numerical_gradient(wg_var root, wg_var leaf, double h, int central, double *out) {
    wg_error e = {WG_OK, ""};
    wg_status s = wgi_check_root(root, "numerical_gradient");
    if (s == WG_OK) s = wgi_usable(leaf, "numerical_gradient") ? WG_OK : wgi_why_not(leaf);
    if (s != WG_OK) return s;
    if (leaf.tape != root.tape)
        return wgi_error(root.tape, WG_ERR_TAPE, "numerical_gradient: values of two tapes");
    if (wg_dtype_of(leaf) > WG_F64 || !(wgi_node_at(leaf.tape, leaf.index)->flags & WGI_LEAF))
        return wgi_error(root.tape, WG_ERR_DTYPE, "numerical_gradient: a leaf of floats is wanted");
    if (!(h >= 0))
        return wgi_error(root.tape, WG_ERR_RANGE, "numerical_gradient: the step is %g", h);
    int64_t n = wg_shape_size(wg_shape_of(leaf));
    wgi_program *p = wgi_program_new(root, 1, &e);
    wg_value x = {0};
    if (p) x = wgi_program_value(p, leaf.index);
    if (p && x.data) s = wgi_program_select(p, leaf.index, &e);
    if (p && x.data && s == WG_OK) s = wgi_program_anchor(p, &e);
    if (!p) s = e.status ? e.status : WG_ERR_MEMORY;
    const double *f = p ? wgi_program_value(p, root.index).data : NULL;
    double step = h > 0 ? h : 1e-5, f0 = f ? *f : 0;
    for (int64_t j = 0; j < n && s == WG_OK; ++j) {
        out[j] = 0;
        if (!x.data) continue; /* root does not depend on it */
        double at = ((double *)x.data)[j], above, below = f0;
        int self = f == (double *)x.data;
        s = wgi_program_move(p, j, at + step, NULL, &e);
        above = self ? at + step : *f;
        if (s == WG_OK && central) {
            s = wgi_program_move(p, j, at - step, NULL, &e);
            below = self ? at - step : *f;
        }
        out[j] = (above - below) / (central ? 2 * step : step);
    }
    wgi_program_free(p);
    return s == WG_OK ? s : wgi_error(root.tape, s, "%s", e.text);
}
