/* reduction.h: what the file of a reduction (sum, mean, max, min) includes first: the attribute
 * rows and the samples that they share. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce.h"

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_reduction_attrs, axis),
     .doc = "the axes to reduce; all when not given"},
    {.name = "keepdims", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_reduction_attrs, keepdims),
     .doc = "1 leaves reduced axes with extent 1"},
    {.name = NULL},
};

static const struct wgi_reduction_attrs over_all = {{0, {0}}, 0}, over_rows = {{1, {-1}}, 0},
                                        over_columns = {{1, {0}}, 1},
                                        over_two = {{2, {2, 0}}, 0};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &over_all},       {.shapes = "", .attrs = &over_all},
    {.shapes = "2,3", .attrs = &over_rows},      {.shapes = "3,2", .attrs = &over_columns},
    {.shapes = "2,3,2", .attrs = &over_two},     {.shapes = NULL},
};
