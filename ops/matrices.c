/* matrices.c: see matrices.h */
#include "ops/matrices.h"

#include "ops/ops.h"

wg_var wgi_with_axis(wg_var v, int at) {
    wg_shape s = wg_shape_of(v);
    if (s.rank < 0) return v; /* poison */
    for (int i = s.rank; i > at; --i) s.dim[i] = s.dim[i - 1];
    s.dim[at] = 1;
    ++s.rank;
    return wg_reshape(v, s);
}

wg_var wgi_without_axis(wg_var v, int at) {
    wg_shape s = wg_shape_of(v);
    if (s.rank < 0) return v;
    --s.rank;
    for (int i = at; i < s.rank; ++i) s.dim[i] = s.dim[i + 1];
    return wg_reshape(v, s);
}

wg_var wgi_matrix_transpose(wg_var v) {
    wg_axes a = {wg_shape_of(v).rank, {0}};
    for (int i = 0; i < a.n; ++i) a.axis[i] = i;
    if (a.n < 2) return v; /* poison */
    a.axis[a.n - 2] = a.n - 1;
    a.axis[a.n - 1] = a.n - 2;
    return wg_permute(v, a);
}
