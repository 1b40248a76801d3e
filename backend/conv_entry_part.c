/* conv_entry_part.c: the portable convolution's three functions for one type; conv_portable.c
 * includes it last, with PORTABLE(name) as the public name. */

/* What the work of one tile is worth, so that threads get no less than WORK_GRAIN. */
static int64_t OF(tile_grain)(const OF(conv) *v, int64_t cols, int64_t rows) {
    const int64_t width = (cols + v->tiler->width - 1) / v->tiler->width * v->tiler->width;
    return 1 + WORK_GRAIN / (v->tiler->height * width * rows * v->taps + 1);
}

void PORTABLE(wgi_conv2d_forward)(const wgi_conv2d *s, const REAL *x, const REAL *w, const REAL *b,
                                  REAL *y, void *scratch) {
    const int64_t pixels = s->n * s->oh * s->ow;
    if (pixels == 0 || s->o == 0) return;
    if (s->c == 0 || s->kh * s->kw == 0) {
        for (int64_t i = 0; i < pixels * s->o; ++i) y[i] = b ? b[i % s->o] : 0;
        return;
    }
    OF(conv) v = OF(conv_of)(s, scratch, s->c / s->groups);
    v.in = x;
    v.w = w;
    v.bias = b;
    v.out = y;
    if (is_depthwise(s)) {
        OF(turn)(w, s->c, v.taps, v.packed);
        wgi_parallel_for(pixels, 1 + COPY_GRAIN / (v.taps * s->c), OF(depthwise_forward), &v);
        return;
    }
    const int64_t panels = (v.og + v.tiler->width - 1) / v.tiler->width;
    const int64_t tiles = (pixels + v.tiler->height - 1) / v.tiler->height;
    for (v.group = 0; v.group < s->groups; ++v.group) {
        wgi_parallel_for(panels, 1 + COPY_GRAIN / (v.tiler->width * v.taps * v.cg),
                         OF(pack_forward), &v);
        wgi_parallel_for(tiles, OF(tile_grain)(&v, v.og, v.cg), OF(forward_tiles), &v);
    }
}

void PORTABLE(wgi_conv2d_grad_input)(const wgi_conv2d *s, const REAL *g, const REAL *w, REAL *dx,
                                     void *scratch) {
    const int64_t lines = s->n * s->h;
    if (lines == 0 || s->w == 0 || s->c == 0) return;
    if (s->o == 0 || s->oh == 0 || s->ow == 0 || s->kh * s->kw == 0) {
        if (!s->add) memset(dx, 0, (size_t)(lines * s->w * s->c) * sizeof(REAL));
        return;
    }
    OF(conv) v = OF(conv_of)(s, scratch, s->o / s->groups);
    v.in = g;
    v.w = w;
    v.out = dx;
    if (is_depthwise(s)) {
        OF(turn)(w, s->c, v.taps, v.packed);
        wgi_parallel_for(lines * s->w, 1 + COPY_GRAIN / (v.taps * s->c), OF(depthwise_backward),
                         &v);
        return;
    }
    const int64_t panels = (v.cg + v.tiler->width - 1) / v.tiler->width;
    const int64_t tiles = (s->w + v.tiler->height - 1) / v.tiler->height; /* of a line */
    for (v.group = 0; v.group < s->groups; ++v.group) {
        wgi_parallel_for(panels, 1 + COPY_GRAIN / (v.tiler->width * v.taps * v.og),
                         OF(pack_backward), &v);
        wgi_parallel_for(lines, 1 + OF(tile_grain)(&v, v.cg, v.og) / tiles, OF(backward_lines), &v);
    }
}

void PORTABLE(wgi_conv2d_grad_weight)(const wgi_conv2d *s, const REAL *x, const REAL *g, REAL *dw,
                                      REAL *db, void *scratch) {
    const int64_t pixels = s->n * s->oh * s->ow, length = s->kh * s->kw * (s->c / s->groups);
    OF(bias_sum) bias = {g, db, pixels, s->o};
    if (db) wgi_parallel_for(s->o, 16 + COPY_GRAIN / (pixels + 1), OF(sum_bias), &bias);
    if (pixels == 0) memset(dw, 0, (size_t)(s->o * length) * sizeof(REAL));
    if (pixels == 0 || s->o * length == 0) return;
    OF(weigh) e = {.v = OF(conv_of)(s, scratch, s->c / s->groups), .g = g, .dw = dw};
    e.v.in = x;
    if (is_depthwise(s)) {
        wgi_parallel_for(s->c, 16 + COPY_GRAIN / (pixels * e.v.taps), OF(depthwise_weight), &e);
        OF(turn)(e.v.packed + e.v.taps * s->c, e.v.taps, s->c, dw);
        return;
    }
    const int64_t width = e.v.tiler->width;
    e.windows = e.v.packed;
    e.length = length;
    e.across = (length + width - 1) / width * width;
    for (e.v.group = 0; e.v.group < s->groups; ++e.v.group) {
        if (OF(takes_lines)(&e)) OF(weigh_group_by_lines)(&e);
        else OF(weigh_group)(&e, pixels, window_block(s, sizeof(REAL)));
    }
}
