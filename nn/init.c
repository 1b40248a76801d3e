/* init.c: the numbers that parameters start with.
 *
 * With y = sum over fan_in of w x and independent zero-mean w, Var y = fan_in Var w E[x^2].
 * Keeping Var y = Var x asks for Var w = 1 / fan_in where x has zero mean (Xavier); a rectifier
 * before it halves E[x^2], so He doubles Var w.  Glorot and Bengio asked the same of the gradient,
 * whose sum has fan_out terms, and took the mean of both demands: 2 / (fan_in + fan_out). */
#include "nn/nn.h"

#include "autograd/store.h"
#include "autograd/tape.h"
#include "backend/random.h"

#include <math.h>

/* Parameters draw from streams of their own, apart from those of shuffling, splits and dropout. */
static const uint64_t STREAM = UINT64_C(0x6e6e) << 48;

double wg_init_deviation(wg_init_kind kind, wg_shape shape) {
    double in, out;
    if (wg_shape_size(shape) <= 0) return (double)NAN;
    const int64_t *d = shape.dim;
    if (shape.rank == 2) {
        in = (double)d[0];
        out = (double)d[1];
    } else if (shape.rank == 4) {
        in = (double)d[1] * (double)d[2] * (double)d[3];
        out = (double)d[1] * (double)d[2] * (double)d[0];
    } else {
        return (double)NAN;
    }
    switch (kind) {
    case WG_INIT_AUTO:
    case WG_INIT_XAVIER: return 1 / sqrt(in);
    case WG_INIT_HE: return sqrt(2 / in);
    case WG_INIT_GLOROT: return sqrt(2 / (in + out));
    case WG_INIT_NORMAL: break;
    }
    return (double)NAN;
}

/* The numbers of a parameter, laid out; 0 elements are fine and have no address. */
static wg_status numbers(wg_param *p, int64_t *n, void **data) {
    if (!p) return WG_ERR_STATE;
    *n = wg_shape_size(wg_param_shape(p));
    *data = wg_param_data(p);
    if (*n > 0 && !*data) return WG_ERR_MEMORY;
    wg_params_changed(wgi_param_store(p));
    return WG_OK;
}

wg_status wg_param_fill_normal(wg_param *p, double deviation, uint64_t seed, uint64_t index) {
    int64_t n;
    void *data;
    wg_status s = numbers(p, &n, &data);
    if (s != WG_OK || n == 0) return s;
    wg_dtype dtype = wg_param_dtype(p);
    uint64_t stream = STREAM + index;
    if (deviation == 0) return wg_param_fill(p, 0);
    if (dtype == WG_F32) wgi_fill_normal_f32(data, n, 0, deviation, seed, stream, 0);
    else if (dtype == WG_F64) wgi_fill_normal_f64(data, n, 0, deviation, seed, stream, 0);
    else return WG_ERR_DTYPE;
    return WG_OK;
}

wg_status wg_param_fill(wg_param *p, double value) {
    int64_t n;
    void *data;
    wg_status s = numbers(p, &n, &data);
    if (s != WG_OK) return s;
    wg_dtype dtype = wg_param_dtype(p);
    if (dtype > WG_F64) return WG_ERR_DTYPE;
    for (int64_t i = 0; i < n; ++i) {
        if (dtype == WG_F32) ((float *)data)[i] = (float)value;
        else ((double *)data)[i] = value;
    }
    return WG_OK;
}
