/* channels.h: arrays (..., C) with one number a channel: batch normalisation. */
#ifndef WGI_CHANNELS_H
#define WGI_CHANNELS_H

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"

static inline int64_t wgi_channels(const wg_value *x) { return x->dim[x->rank - 1]; }

/* Rows of C elements; 0 where there are no channels. */
static inline int64_t wgi_channel_rows(const wg_value *x) {
    return wgi_channels(x) ? wg_value_size(x) / wgi_channels(x) : 0;
}

/* Rows that are worth a thread of their own. */
static inline int64_t wgi_channel_grain(int64_t channels) {
    return 1 + WGI_GRAIN_ELEMENTS / (channels + 1);
}

/* SHAPE unless operands first .. end - 1, where given, are (C). */
static inline wg_status wgi_channels_check(const wg_call *c, int64_t channels, size_t first,
                                           size_t end) {
    char text[96];
    for (size_t i = first; i < end && i < c->n; ++i) {
        const wg_value *v = c->x[i];
        if (v && (v->rank != 1 || v->dim[0] != channels))
            return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it is (%lld), one a channel",
                           c->gate->operands[i], wgi_shape_text(text, sizeof text, v->rank, v->dim),
                           (long long)channels);
    }
    return WG_OK;
}

/* g and x, operands 0 and 1, have one shape (..., C); the others are (C). */
static inline wg_status wgi_channels_pair_check(const wg_call *c) {
    char a[96], b[96];
    const wg_value *g = c->x[0], *x = c->x[1];
    if (x->rank == 0 || !wgi_same_shape(g, x))
        return wg_fail(c, WG_ERR_SHAPE, "g %s and x %s; they are both (..., C)",
                       wgi_shape_text(a, sizeof a, g->rank, g->dim),
                       wgi_shape_text(b, sizeof b, x->rank, x->dim));
    return wgi_channels_check(c, wgi_channels(x), 2, c->n);
}

/* Row i of v (2, C) as (C). */
static inline wg_var wgi_channel_row(wg_var v, int i) {
    return wg_reshape(wg_slice(v, 0, i, i + 1, 1), WG_SHAPE(wg_shape_of(v).dim[1]));
}

#endif
