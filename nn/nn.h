/* nn.h: layers made of gates, their initialisation, and models built from an architecture string.
 *
 *     wg_model *m = wg_model_new("(CONV3x16-RELU-POOL2)*2-FC64-RELU", 8, 8, 1, 10, NULL, &error);
 *     wg_var scores = wg_model_forward(m, tape, x, 1);            // x (N, 8, 8, 1) -> (N, 10)
 *     wg_backward(wg_softmax_loss(scores, labels));
 *
 * Images are channels last, (N, H, W, C).  A layer is a struct of parameters and a function of
 * them; whoever wants a network that is no chain calls those functions.  Nothing here has a mode:
 * training or evaluation is an argument. */
#ifndef WG_NN_H
#define WG_NN_H

#include "autograd/autograd.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- initialisation ------------------------------------------------------------------------- */

/* Deviations of the normal numbers, mean 0, that a weight starts with.  fan_in is how many numbers
 * one output sums: (in, out) has fan_in = in and fan_out = out, a filter bank (out, kh, kw, in) has
 * fan_in = kh kw in and fan_out = kh kw out. */
typedef enum {
    WG_INIT_AUTO,   /* of a model: He before RELU and LRELU, else Xavier.  Alone: Xavier */
    WG_INIT_XAVIER, /* 1 / sqrt(fan_in), as the course and Caffe have it (X. Glorot, Y. Bengio,
                       "Understanding the difficulty of training deep feedforward neural networks",
                       AISTATS 2010, of which the next but one is the paper's own) */
    WG_INIT_HE,     /* sqrt(2 / fan_in) (K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into
                       rectifiers", ICCV 2015) */
    WG_INIT_GLOROT, /* sqrt(2 / (fan_in + fan_out)) */
    WG_INIT_NORMAL  /* a deviation given by the caller */
} wg_init_kind;

/* The deviation that `kind` gives a weight of `shape`; NaN where the shape is neither (in, out) nor
 * (out, kh, kw, in) with at least one number, and for WG_INIT_NORMAL. */
WG_API double wg_init_deviation(wg_init_kind kind, wg_shape shape);
/* Fills a parameter with normal numbers, mean 0.  Number i is a function of (seed, index, i) alone:
 * index tells the parameters of one store apart.  MEMORY when the store cannot be laid out. */
WG_API wg_status wg_param_fill_normal(wg_param *param, double deviation, uint64_t seed,
                                      uint64_t index);
/* Sets every number of a parameter. */
WG_API wg_status wg_param_fill(wg_param *param, double value);

/* ---- layers --------------------------------------------------------------------------------- */

/* A layer's parameters belong to the store given to _init, under "name.w" and so on, and start as
 * zeros (gamma and the running variance: ones, once wg_norm_layer_reset ran).  _init fails with the
 * store's message (wg_params_message) and its status. */

typedef struct wg_dense_layer {
    wg_param *w, *b; /* (in, out), (out) */
} wg_dense_layer;
WG_API wg_status wg_dense_layer_init(wg_dense_layer *layer, wg_params *params, const char *name,
                                     wg_dtype dtype, int64_t in, int64_t out);
/* x w + b: (N, in) -> (N, out) */
WG_API wg_var wg_dense_layer_apply(const wg_dense_layer *layer, wg_var x);

typedef struct wg_conv_layer {
    wg_param *w, *b; /* (out, size, size, in), (out); b is NULL where there is none */
    int64_t stride, pad;
} wg_conv_layer;
WG_API wg_status wg_conv_layer_init(wg_conv_layer *layer, wg_params *params, const char *name,
                                    wg_dtype dtype, int64_t size, int64_t in, int64_t out,
                                    int64_t stride, int64_t pad);
/* The same without bias, as where a normalisation follows. */
WG_API wg_status wg_conv_layer_init_bare(wg_conv_layer *layer, wg_params *params, const char *name,
                                         wg_dtype dtype, int64_t size, int64_t in, int64_t out,
                                         int64_t stride, int64_t pad);
/* (N, H, W, in) -> (N, H', W', out), H' = (H - size + 2 pad) / stride + 1, which must be whole */
WG_API wg_var wg_conv_layer_apply(const wg_conv_layer *layer, wg_var x);
/* max(.., 0) of that, as one gate. */
WG_API wg_var wg_conv_layer_apply_relu(const wg_conv_layer *layer, wg_var x);

/* Batch normalisation over all axes but the last (S. Ioffe, C. Szegedy, ICML 2015).  mean and var
 * are buffers: running = momentum running + (1 - momentum) of the batch, the variance unbiased. */
typedef struct wg_norm_layer {
    wg_param *gamma, *beta, *mean, *var; /* (C) each */
    double momentum, eps;                /* 0.9, 1e-5 */
    wg_var seen; /* what was normalised last in training; for wg_norm_layer_update */
} wg_norm_layer;
WG_API wg_status wg_norm_layer_init(wg_norm_layer *layer, wg_params *params, const char *name,
                                    wg_dtype dtype, int64_t channels);
/* gamma = 1, beta = 0, running mean 0 and variance 1: after all parameters are made. */
WG_API wg_status wg_norm_layer_reset(wg_norm_layer *layer);
/* With the batch's statistics in training, else with the running ones. */
WG_API wg_var wg_norm_layer_apply(wg_norm_layer *layer, wg_var x, int training);
/* max(.. + shortcut, 0) of that, as one gate; shortcut has x's shape or is WG_NONE. */
WG_API wg_var wg_norm_layer_apply_relu(wg_norm_layer *layer, wg_var x, wg_var shortcut,
                                       int training);
/* Takes the statistics of the last batch into the running ones: once a training step, while its
 * values are on the tape (STALE otherwise).  Does nothing after no training forward. */
WG_API wg_status wg_norm_layer_update(wg_norm_layer *layer);

/* The residual block of K. He et al. (CVPR 2016) with the shortcut without parameters, A:
 *
 *     y = relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
 *
 * The convolutions have no bias, conv1 has the stride; the shortcut is every stride-th row and
 * column of x, with zeros for the channels that x has not.  size is odd, out at least in.  The
 * parameters are name.conv1.w, name.bn1.gamma, ... */
typedef struct wg_residual_layer {
    wg_conv_layer conv[2];
    wg_norm_layer norm[2];
    int64_t in, out;
} wg_residual_layer;
WG_API wg_status wg_residual_layer_init(wg_residual_layer *layer, wg_params *params,
                                        const char *name, wg_dtype dtype, int64_t size, int64_t in,
                                        int64_t out, int64_t stride);
/* wg_norm_layer_reset and wg_norm_layer_update for both normalisations. */
WG_API wg_status wg_residual_layer_reset(wg_residual_layer *layer);
WG_API wg_status wg_residual_layer_update(wg_residual_layer *layer);
/* (N, H, W, in) -> (N, ceil(H / stride), ceil(W / stride), out) */
WG_API wg_var wg_residual_layer_apply(wg_residual_layer *layer, wg_var x, int training);

/* (N, ...) -> (N, product of the rest) */
WG_API wg_var wg_flatten(wg_var x);

/* ---- architectures -------------------------------------------------------------------------- */

/* A chain of layers in the course's notation, `[(CONV3x32-RELU)*2-POOL2]*2-(FC256-RELU)*1`:
 *
 *   CONV3x32     32 filters of 3x3, stride 1, padded to keep the size; s and p say otherwise, as
 *                in CONV3x8s3p0; b0 leaves the bias out
 *   POOL2        the largest of each 2x2, stride 2; POOL3s2 has 3x3 windows, stride 2
 *   AVGPOOL2     the mean, alike
 *   GMP GAP      the largest and the mean of each channel over the whole image: flat
 *   FC256        a dense layer (flattens an image)
 *   RELU LRELU TANH SIGMOID     LRELU0.1 has slope 0.1, LRELU 0.01
 *   DROP0.5      dropout in training, keeping with probability 0.5; what is kept is divided by it
 *   PDROP0.5     the same without division: instead evaluation multiplies by the probability
 *   SDROP0.5     dropout of whole channels of an image
 *   BN           batch normalisation
 *   RES3x32      a residual block of two convolutions (wg_residual_layer); RES3x32s2 halves the
 *                size
 *   (...)*3 or [...]*3     a group, repeated; groups nest
 *
 * resnet20, resnet32, resnet44 and resnet56, alone, name He et al.'s networks for 32x32 images.
 *
 * Layers are parted by '-'.  A last dense layer to the classes, whose scores the loss reads, is
 * understood and not written; the empty text is a linear classifier.  A stride that does not fit is
 * refused with the arithmetic.  At most 1024 layers and 16 groups within each other.  Errors point
 * at the column: SYNTAX for the text, SHAPE for layers that do not fit, RANGE for numbers. */

/* Writes a table of layers, output shapes and parameters to `out`, ending with their sum. */
WG_API wg_status wg_arch_describe(const char *arch, int64_t height, int64_t width,
                                  int64_t channels, int64_t classes, FILE *out, wg_error *error);

/* ---- models --------------------------------------------------------------------------------- */

typedef struct wg_model wg_model;

typedef struct wg_model_options {
    size_t size;      /* sizeof(wg_model_options); 0 means this version's */
    wg_dtype dtype;   /* WG_F32 (0, the default) or WG_F64 */
    wg_init_kind init;
    double deviation; /* of WG_INIT_NORMAL */
    uint64_t seed;
    int64_t sections; /* in training, the layers in so many parts whose inner values are computed
                         again in the sweep (wg_checkpoint): less memory for one more forward pass;
                         0 and 1: all are kept */
} wg_model_options;

/* A model over images (height, width, channels) with one score a class, weights drawn by seed,
 * biases zero.  options may be NULL.  NULL on failure.  Free it with wg_model_free (NULL allowed),
 * after the tapes that use it were rewound or freed. */
WG_API wg_model *wg_model_new(const char *arch, int64_t height, int64_t width, int64_t channels,
                              int64_t classes, const wg_model_options *options, wg_error *error);
WG_API void wg_model_free(wg_model *model);
/* Scores (N, classes) of x (N, height, width, channels), of the model's dtype. */
WG_API wg_var wg_model_forward(wg_model *model, wg_tape *tape, wg_var x, int training);
/* Updates the running statistics of batch normalisation: once a training step, after
 * wg_model_forward(..., 1), while its values are on the tape. */
WG_API wg_status wg_model_update(wg_model *model);
/* The store, owned by the model, with its parameters in order of the layers: conv1.w, conv1.b,
 * bn1.gamma, bn1.beta, bn1.mean, bn1.var, fc1.w, ... */
WG_API wg_params *wg_model_params(wg_model *model);
WG_API int64_t wg_model_size(const wg_model *model); /* trainable numbers */
WG_API const char *wg_model_arch(const wg_model *model);
WG_API void wg_model_input(const wg_model *model, int64_t *height, int64_t *width,
                           int64_t *channels);
WG_API int64_t wg_model_classes(const wg_model *model);
WG_API wg_dtype wg_model_dtype(const wg_model *model);

#ifdef __cplusplus
}
#endif
#endif
