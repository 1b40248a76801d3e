/* conv_axes.h: what convolutions over one, two and three axes check alike: places along an axis,
 * channels, bias. */
#ifndef WGI_CONV_AXES_H
#define WGI_CONV_AXES_H

#include "autograd/tape.h"
#include "ops/ops.h"

#include <string.h>

/* A kernel of k elements, `dilation` apart, that steps by `stride` along an axis of `in`. */
typedef struct wgi_conv_axis {
    int64_t in, k, stride, pad, dilation;
    int padding; /* WG_PADDING_* */
    int exact;   /* refuse a stride that does not fit; `same` always does */
} wgi_conv_axis;

/* Its places: out = floor((in + before + after - reach)/stride) + 1, reach = dilation (k - 1) + 1,
 * with before = after = pad, and for `same`
 *
 *     out = ceil(in/stride),  before + after = max((out - 1) stride + reach - in, 0),
 *
 * the odd one behind.  `reflect` needs in > pad. */
typedef struct wgi_conv_places {
    int64_t out, before, after;
} wgi_conv_places;
wg_status wgi_conv_count(const wg_call *c, const wgi_conv_axis *a, wgi_conv_places *places);

/* The transpose: an axis of `in` is spread, one place every `stride`, and summed over the kernel,
 *
 *     out = (in - 1) stride - 2 pad + dilation (k - 1) + output_pad + 1,
 *
 * pad, output_pad >= 0, output_pad < max(stride, dilation). */
typedef struct wgi_transpose_axis {
    int64_t in, k, stride, pad, output_pad, dilation;
} wgi_transpose_axis;
wg_status wgi_transpose_count(const wg_call *c, const wgi_transpose_axis *a, int64_t *out);
/* The channels of x against those of a transpose's kernel, (C, K ..., O/groups), and O. */
wg_status wgi_transpose_channels(const wg_call *c, int64_t channels, int64_t groups, int rank,
                                 const int64_t *w, int64_t *o);

/* The channels of x against those of a kernel of that rank, (O, K ..., C/groups). */
wg_status wgi_conv_channels(const wg_call *c, int64_t channels, int64_t groups, int rank,
                            const int64_t *w);
/* SHAPE unless b is absent or has one element for each of o output channels. */
wg_status wgi_conv_bias(const wg_call *c, const wg_value *b, int64_t o);
/* SHAPE unless v, called `name` in the message, has that rank. */
wg_status wgi_conv_rank(const wg_call *c, const char *name, const wg_value *v, int rank);

/* The rows of attributes that these gates have in common. */
extern const char *const wgi_paddings[]; /* zero, same, reflect */
#define WGI_CONV_GROUPS_ROW(type)                                                                  \
    {.name = "groups", .kind = WG_ATTR_INT, .offset = offsetof(type, groups), .preset = 1,         \
     .doc = "parts into which the channels are divided"}
#define WGI_CONV_PADDING_ROW(type)                                                                 \
    {.name = "padding", .kind = WG_ATTR_WORD, .offset = offsetof(type, padding),                   \
     .preset = WG_PADDING_ZERO, .words = wgi_paddings,                                             \
     .doc = "pad zeros; zeros that give ceil(input/stride) places; pad places mirrored"}
#define WGI_CONV_EXACT_ROW(type)                                                                   \
    {.name = "exact", .kind = WG_ATTR_BOOL, .offset = offsetof(type, exact),                       \
     .doc = "1: a stride that does not fit is an error"}

/* Options of a later version, longer, or of an earlier one, shorter: read what both know.  Every
 * option struct begins with its size; 0 stands for the whole. */
static inline void wgi_read_options(void *options, size_t bytes, const void *given) {
    size_t size = 0;
    memset(options, 0, bytes);
    if (given) memcpy(&size, given, sizeof size);
    if (given) memcpy(options, given, size && size < bytes ? size : bytes);
}

#endif
