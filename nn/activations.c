/* The layers that are one gate without parameters: RELU, LRELU, TANH, SIGMOID and the forms of
 * dropout, DROP, SDROP and PDROP. */
#include "nn/layer.h"

#include "ops/ops.h"

static wg_var relu(wgi_layer *l, wg_var x, int training) {
    (void)l;
    (void)training;
    return wg_relu(x);
}

static wg_var leaky_relu(wgi_layer *l, wg_var x, int training) {
    (void)training;
    return wg_leaky_relu(x, l->real);
}

static wg_var hyperbolic_tangent(wgi_layer *l, wg_var x, int training) {
    (void)l;
    (void)training;
    return wg_tanh(x);
}

static wg_var sigmoid(wgi_layer *l, wg_var x, int training) {
    (void)l;
    (void)training;
    return wg_sigmoid(x);
}

/* The gate divides by the probability, so that evaluation leaves x alone. */
static wg_var dropout(wgi_layer *l, wg_var x, int training) {
    return training ? wg_dropout(x, l->real) : x;
}

/* Alike, whole channels. */
static wg_var spatial_dropout(wgi_layer *l, wg_var x, int training) {
    return training ? wg_spatial_dropout(x, l->real) : x;
}

/* Evaluation multiplies. */
static wg_var plain_dropout(wgi_layer *l, wg_var x, int training) {
    return wg_plain_dropout(x, l->real, training);
}

static const wgi_layer_field slope[] = {
    {"slope", 0, 0, 1, offsetof(wgi_layer, real), 0, 1}, {NULL, 0, 0, 0, 0, 0, 0}};
static const wgi_layer_field keep[] = {
    {"probability of keeping", 0, 1, 1, offsetof(wgi_layer, real), 1e-6, 1},
    {NULL, 0, 0, 0, 0, 0, 0}};

const wgi_layer_kind wgi_relu_kind = {
    .token = "RELU", .name = "relu", .form = "RELU", .rectifier = 1, .apply = relu};
const wgi_layer_kind wgi_leaky_relu_kind = {.token = "LRELU",
                                            .name = "leaky_relu",
                                            .form = "LRELU0.01",
                                            .fields = slope,
                                            .rectifier = 1,
                                            .real = 0.01,
                                            .apply = leaky_relu};
const wgi_layer_kind wgi_tanh_kind = {
    .token = "TANH", .name = "tanh", .form = "TANH", .apply = hyperbolic_tangent};
const wgi_layer_kind wgi_sigmoid_kind = {
    .token = "SIGMOID", .name = "sigmoid", .form = "SIGMOID", .apply = sigmoid};
const wgi_layer_kind wgi_dropout_kind = {
    .token = "DROP", .name = "dropout", .form = "DROP0.5", .fields = keep, .apply = dropout};
const wgi_layer_kind wgi_spatial_dropout_kind = {.token = "SDROP",
                                                 .name = "spatial_dropout",
                                                 .form = "SDROP0.5",
                                                 .fields = keep,
                                                 .infer = wgi_layer_wants_image,
                                                 .apply = spatial_dropout};
const wgi_layer_kind wgi_plain_dropout_kind = {.token = "PDROP",
                                               .name = "plain_dropout",
                                               .form = "PDROP0.5",
                                               .fields = keep,
                                               .apply = plain_dropout};
