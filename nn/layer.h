/* layer.h: what a kind of layer is in an architecture string: its token and numbers, the shape it
 * gives, its parameters and its gates.  One file a kind; layers.c lists them. */
#ifndef WGI_LAYER_H
#define WGI_LAYER_H

#include "nn/nn.h"

#include <stddef.h>

typedef struct wgi_layer_kind wgi_layer_kind;

/* A number in a layer's text, behind `key`, or directly behind the token where key is 0. */
typedef struct wgi_layer_field {
    const char *what; /* for messages: "filters"; NULL ends the list */
    char key;
    int required, real; /* real: a double at offset, else an int64_t */
    size_t offset;      /* in wgi_layer */
    double lo, hi;
} wgi_layer_field;

/* A layer of an architecture.  Before infer, height, width and channels are those of its input. */
typedef struct wgi_layer {
    const wgi_layer_kind *kind;
    size_t column;                      /* of its text, from 0 */
    size_t length;
    int64_t size, units, stride, pad, bias; /* as far as the kind has them; -1: not given */
    double real;                        /* probability of keeping; slope */
    int64_t height, width, channels;    /* of the output, after infer */
    int flat;                           /* the output is (N, channels) */
    int64_t in_channels, numbers;       /* of the input; trainable numbers */
    int before_relu;                    /* what it gives feeds a rectifier */
    union {
        wg_dense_layer dense;
        wg_conv_layer conv;
        wg_norm_layer norm;
        wg_residual_layer residual;
    } u;
} wgi_layer;

struct wgi_layer_kind {
    const char *token; /* upper case */
    const char *name;  /* of its parameters, and in tables */
    const char *form;  /* an example */
    const wgi_layer_field *fields; /* NULL: none */
    int rectifier, weighted; /* is one; has weights drawn at random */
    double real; /* preset of wgi_layer.real */
    /* Output shape and trainable numbers; SHAPE with a text without place.  NULL: the input's. */
    wg_status (*infer)(wgi_layer *l, wg_error *e);
    /* Adds the parameters as "name.w", ... to the store.  These three are NULL where there are
     * none. */
    wg_status (*build)(wgi_layer *l, wg_params *p, const char *name, wg_dtype dtype);
    /* Writes first values; index tells parameters apart. */
    wg_status (*start)(wgi_layer *l, const wg_model_options *o, uint64_t index);
    wg_status (*update)(wgi_layer *l);
    wg_var (*apply)(wgi_layer *l, wg_var x, int training);
    /* The same with the rectifier of a RELU layer behind it; NULL: no gate does both. */
    wg_var (*apply_relu)(wgi_layer *l, wg_var x, int training);
};

extern const wgi_layer_kind *const wgi_layer_kinds[]; /* NULL ended */
extern const wgi_layer_kind wgi_dense_kind; /* of the last layer, which is understood */
extern const wgi_layer_kind wgi_relu_kind;

/* The layers of an architecture; layers is owned. */
typedef struct wgi_arch {
    int64_t height, width, channels, classes; /* of the input; scores */
    size_t n, room;
    wgi_layer *layers;
} wgi_arch;

/* The architecture of that name, such as resnet20, else the text itself; "" for NULL. */
const char *wgi_arch_text(const char *arch);
/* Parses, adds the class layer, infers all shapes.  On failure arch is left empty. */
wg_status wgi_arch_init(wgi_arch *arch, const char *text, int64_t height, int64_t width,
                        int64_t channels, int64_t classes, wg_error *error);
void wgi_arch_clear(wgi_arch *arch);
/* Appends the layers of text, without shapes. */
wg_status wgi_arch_parse(wgi_arch *arch, const char *text, wg_error *error);
/* Writes the error "message\n  text\n     ^" with the caret under `column`; returns status. */
wg_status wgi_arch_error(wg_error *error, wg_status status, const char *text, size_t column,
                         const char *message);

/* The parameter "name.suffix", 0 where it could not be added. */
wg_param *wgi_layer_param(wg_params *p, const char *name, const char *suffix, wg_dtype dtype,
                          wg_shape shape, int trainable);
/* The size that windows give along one axis: *out = (in - size + 2 pad) / stride + 1; SHAPE with
 * the arithmetic where that is not whole or below 1. */
wg_status wgi_layer_extent(int64_t in, const wgi_layer *l, int64_t *out, wg_error *e);
/* The weights of a layer by its options. */
wg_status wgi_layer_fill(wg_param *w, int before_relu, const wg_model_options *o, uint64_t index);
/* SHAPE where the input is flat, as the kinds that want an image have it. */
wg_status wgi_layer_wants_image(wgi_layer *l, wg_error *e);

#endif
