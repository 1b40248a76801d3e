/* matrices.h: what rules say of matrices, the last two axes of a value. */
#ifndef WGI_MATRICES_H
#define WGI_MATRICES_H

#include "autograd/gate.h"

/* v with an axis of one element put in at `at`; v without such an axis. */
wg_var wgi_with_axis(wg_var v, int at);
wg_var wgi_without_axis(wg_var v, int at);
/* The last two axes exchanged: a view. */
wg_var wgi_matrix_transpose(wg_var v);

#endif
