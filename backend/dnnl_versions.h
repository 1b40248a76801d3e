/* dnnl_versions.h: what differs between the C interfaces of oneDNN 2.x and 3.x, for dnnl.c
 * alone. */
#ifndef WGI_DNNL_VERSIONS_H
#define WGI_DNNL_VERSIONS_H

#include "backend/conv.h"

#include <oneapi/dnnl/dnnl.h>
#include <string.h>

/* A layout that this file made, and one that it may only look at. */
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t layout;
typedef const_dnnl_memory_desc_t layout_ref;
static layout_ref look(const layout *l) { return *l; }

static int layout_make(layout *l, int rank, const dnnl_dims_t dim, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_create_with_tag(l, rank, dim, dnnl_f32, tag) == dnnl_success;
}
static void layout_clear(layout *l) {
    if (*l) (void)dnnl_memory_desc_destroy(*l);
    *l = NULL;
}
#else
typedef dnnl_memory_desc_t layout;
typedef const dnnl_memory_desc_t *layout_ref;
static layout_ref look(const layout *l) { return l; }

static int layout_make(layout *l, int rank, const dnnl_dims_t dim, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_init_by_tag(l, rank, dim, dnnl_f32, tag) == dnnl_success;
}
static void layout_clear(layout *l) { memset(l, 0, sizeof *l); }
#endif

/* The layouts and numbers that describe one convolution to oneDNN. */
typedef struct outline {
    layout x, w, w_user, b, y; /* w: oneDNN's choice; w_user: ours */
    dnnl_dims_t stride, dilation, before, after;
} outline;

static int describe(const outline *o, wgi_conv2d_pass pass, dnnl_engine_t engine,
                    dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *out) {
    const layout_ref x = look(&o->x), w = look(&o->w), b = look(&o->b), y = look(&o->y);
    const dnnl_alg_kind_t direct = dnnl_convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    if (pass == WGI_CONV2D_FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(
                   out, engine, dnnl_forward_training, direct, x, w, b, y, o->stride, o->dilation,
                   o->before, o->after, attr) == dnnl_success;
    /* the hint: what the forward pass would do */
    dnnl_primitive_desc_t forward = NULL;
    dnnl_status_t made = dnnl_convolution_forward_primitive_desc_create(
        &forward, engine, dnnl_forward_training, direct, x, w, b, y, o->stride, o->dilation,
        o->before, o->after, attr);
    if (made != dnnl_success) return 0;
    if (pass == WGI_CONV2D_GRAD_INPUT)
        made = dnnl_convolution_backward_data_primitive_desc_create(
            out, engine, direct, x, w, y, o->stride, o->dilation, o->before, o->after, forward,
            attr);
    else
        made = dnnl_convolution_backward_weights_primitive_desc_create(
            out, engine, direct, x, w, b, y, o->stride, o->dilation, o->before, o->after, forward,
            attr);
    (void)dnnl_primitive_desc_destroy(forward);
    return made == dnnl_success;
#else
    dnnl_convolution_desc_t c, hint;
    dnnl_primitive_desc_t forward = NULL;
    if (dnnl_dilated_convolution_forward_desc_init(
            &hint, dnnl_forward_training, direct, x, w, b, y, o->stride, o->dilation, o->before,
            o->after) != dnnl_success)
        return 0;
    if (pass == WGI_CONV2D_FORWARD)
        return dnnl_primitive_desc_create(out, &hint, attr, engine, NULL) == dnnl_success;
    dnnl_status_t made =
        pass == WGI_CONV2D_GRAD_INPUT
            ? dnnl_dilated_convolution_backward_data_desc_init(
                  &c, direct, x, w, y, o->stride, o->dilation, o->before, o->after)
            : dnnl_dilated_convolution_backward_weights_desc_init(
                  &c, direct, x, w, b, y, o->stride, o->dilation, o->before, o->after);
    if (made != dnnl_success) return 0;
    if (dnnl_primitive_desc_create(&forward, &hint, attr, engine, NULL) != dnnl_success) return 0;
    made = dnnl_primitive_desc_create(out, &c, attr, engine, forward);
    (void)dnnl_primitive_desc_destroy(forward);
    return made == dnnl_success;
#endif
}

/* Makes primitives of attr add to what lies in their destination. */
static int adds_up(dnnl_primitive_attr_t attr) {
    dnnl_post_ops_t after = NULL;
    if (dnnl_post_ops_create(&after) != dnnl_success) return 0;
#if DNNL_VERSION_MAJOR >= 3
    int done = dnnl_post_ops_append_sum(after, 1, 0, dnnl_data_type_undef) == dnnl_success;
#else
    int done = dnnl_post_ops_append_sum(after, 1) == dnnl_success;
#endif
    done = done && dnnl_primitive_attr_set_post_ops(attr, after) == dnnl_success;
    (void)dnnl_post_ops_destroy(after);
    return done;
}

#endif
