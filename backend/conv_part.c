/* conv_part.c: the portable convolution for one type; conv_portable.c includes it with REAL and
 * OF(name) as name_f32 or name_f64.
 *
 * Forward and to the input, a convolution is a matrix product whose left rows lie scattered in an
 * image: for each tap (u, v) of the kernel, the channels of one pixel.  Tiles take rows by pointers
 * (tile.h), so nothing is copied; where a tap falls on padding, its pointer goes to a row of zeros
 * (M. Dukhan, "The indirect convolution algorithm", 2019).  Groups follow one another. */

typedef struct OF(conv) {
    const wgi_conv2d *s;
    const OF(wgi_tiler) *tiler;
    const REAL *in, *w, *bias; /* x or g; bias only forward */
    REAL *out;                 /* y or dx */
    const REAL *zeros;         /* as many as a row of `in` has in a group */
    REAL *packed;              /* the group's weights: [panel][tap][rows of in][width] */
    int64_t taps, cg, og;      /* kh kw, c / groups, o / groups */
    int64_t group;
} OF(conv);

static OF(conv) OF(conv_of)(const wgi_conv2d *s, void *scratch, int64_t row) {
    OF(conv) v = {.s = s, .tiler = OF(wgi_tiler_of)(), .taps = s->kh * s->kw};
    v.cg = s->c / s->groups;
    v.og = s->o / s->groups;
    memset(scratch, 0, (size_t)row * sizeof(REAL));
    v.zeros = scratch;
    v.packed = (REAL *)scratch + rounded(row, sizeof(REAL));
    return v;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* Element (row, col) of a tap of the group: forward rows are input channels and columns output
 * channels; to the input it is the other way round. */
static void OF(pack_panel)(const OF(conv) *v, int64_t panel, int forward) {
    const int64_t width = v->tiler->width, j0 = panel * width;
    const int64_t rows = forward ? v->cg : v->og, all = forward ? v->og : v->cg;
    const int64_t cols = all - j0 < width ? all - j0 : width;
    const int64_t by_o = v->taps * v->cg;
    const int64_t row_step = forward ? 1 : by_o, col_step = forward ? by_o : 1;
    const REAL *w = v->w + v->group * v->og * by_o + j0 * col_step;
    REAL *to = v->packed + panel * v->taps * rows * width;
    for (int64_t tap = 0; tap < v->taps; ++tap, w += v->cg) {
        for (int64_t i = 0; i < rows; ++i, to += width) {
            for (int64_t j = 0; j < cols; ++j) to[j] = w[i * row_step + j * col_step];
            for (int64_t j = cols; j < width; ++j) to[j] = 0;
        }
    }
}

static void OF(pack_forward)(int64_t begin, int64_t end, void *arg) {
    for (int64_t panel = begin; panel < end; ++panel) OF(pack_panel)(arg, panel, 1);
}
static void OF(pack_backward)(int64_t begin, int64_t end, void *arg) {
    for (int64_t panel = begin; panel < end; ++panel) OF(pack_panel)(arg, panel, 0);
}

/* Runs a tile, whose rows of `in` are set, for all panels of columns; tap_at[i] says which tap of
 * the kernel the tile's tap i is. */
static void OF(run_panels)(const OF(conv) *v, OF(wgi_tile) *t, const int64_t *tap_at, int64_t cols,
                           int64_t rows_of_tap) {
    const REAL *b[TAPS];
    REAL *c = t->c;
    t->b = b;
    t->ldb = v->tiler->width;
    for (int64_t j0 = 0; j0 < cols; j0 += t->ldb) {
        const REAL *panel = v->packed + j0 * v->taps * rows_of_tap;
        for (int64_t i = 0; i < t->taps; ++i) b[i] = panel + tap_at[i] * rows_of_tap * t->ldb;
        t->c = c + j0;
        t->cols = cols - j0 < t->ldb ? (int)(cols - j0) : (int)t->ldb;
        (2 * t->cols <= t->ldb ? v->tiler->run_narrow : v->tiler->run)(t);
    }
    t->c = c;
}

/* ---- forward -------------------------------------------------------------------------------- */

/* Where the window of an output pixel begins; rows that a tile lacks repeat its first. */
typedef struct OF(window) {
    const REAL *image;
    int64_t row, col; /* may lie in the padding */
} OF(window);

static OF(window) OF(window_of)(const OF(conv) *v, int64_t pixel) {
    const wgi_conv2d *s = v->s;
    const int64_t line = pixel / s->ow, i = line / s->oh;
    OF(window) at = {v->in + i * s->h * s->w * s->c + v->group * v->cg,
                     line % s->oh * s->stride[0] - s->before[0],
                     pixel % s->ow * s->stride[1] - s->before[1]};
    return at;
}

static const REAL *OF(tap_of)(const OF(conv) *v, const OF(window) *at, int64_t tap) {
    const wgi_conv2d *s = v->s;
    const int64_t row = at->row + tap / s->kw * s->dilation[0];
    const int64_t col = at->col + tap % s->kw * s->dilation[1];
    if (row < 0 || row >= s->h || col < 0 || col >= s->w) return v->zeros;
    return at->image + (row * s->w + col) * s->c;
}

/* All taps of one tile, TAPS at a time. */
static void OF(forward_by_pointers)(const OF(conv) *v, OF(wgi_tile) *t, const OF(window) *at) {
    const REAL *a[TAPS * WGI_TILE_ROWS];
    int64_t tap_at[TAPS];
    const int height = v->tiler->height;
    t->a = a;
    t->k = v->cg;
    for (int64_t first = 0; first < v->taps; first += TAPS, t->add = 1) {
        t->taps = v->taps - first < TAPS ? v->taps - first : TAPS;
        for (int64_t j = 0; j < t->taps; ++j) {
            tap_at[j] = first + j;
            for (int i = 0; i < height; ++i) a[j * height + i] = OF(tap_of)(v, &at[i], first + j);
        }
        OF(run_panels)(v, t, tap_at, v->og, v->cg);
    }
}

/* A short window (few channels) is copied: its taps become one long row. */
static void OF(forward_by_copies)(const OF(conv) *v, OF(wgi_tile) *t, const OF(window) *at) {
    REAL copy[WGI_TILE_ROWS * COPIED];
    const REAL *a[WGI_TILE_ROWS];
    const int64_t tap_at[1] = {0}, length = v->taps * v->cg;
    for (int i = 0; i < v->tiler->height; ++i) {
        a[i] = copy + (i < t->rows ? i : 0) * length;
        for (int64_t tap = 0; tap < v->taps && i < t->rows; ++tap) {
            const REAL *from = OF(tap_of)(v, &at[i], tap);
            REAL *to = copy + i * length + tap * v->cg;
            for (int64_t j = 0; j < v->cg; ++j) to[j] = from[j];
        }
    }
    t->a = a;
    t->taps = 1;
    t->k = length;
    OF(run_panels)(v, t, tap_at, v->og, v->cg);
}

static void OF(forward_tiles)(int64_t begin, int64_t end, void *arg) {
    const OF(conv) *v = arg;
    const wgi_conv2d *s = v->s;
    const int64_t pixels = s->n * s->oh * s->ow, height = v->tiler->height;
    const int copies = v->cg < SHORT_ROW && v->taps * v->cg <= COPIED;
    OF(window) at[WGI_TILE_ROWS];
    for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t first = tile * height, left = pixels - first;
        OF(wgi_tile) t = {.step = 1, .ldc = s->o, .add = v->bias != NULL};
        t.rows = left < height ? (int)left : (int)height;
        t.c = v->out + first * s->o + v->group * v->og;
        for (int i = 0; i < height; ++i) {
            at[i] = OF(window_of)(v, first + (i < t.rows ? i : 0));
            if (v->bias && i < t.rows)
                memcpy(t.c + i * s->o, v->bias + v->group * v->og, (size_t)v->og * sizeof(REAL));
        }
        if (copies) OF(forward_by_copies)(v, &t, at);
        else OF(forward_by_pointers)(v, &t, at);
    }
}

/* ---- to the input --------------------------------------------------------------------------- */

/* The taps through which pixels (ih, iw), (ih, iw + stride), ... of dx are reached: those for which
 * the stride divides ih + before - u dilation, and so for iw.  Of each, p[] and q[] get the output
 * pixel that the first of them belongs to (q may lie outside).  Returns how many. */
static int64_t OF(taps_to)(const OF(conv) *v, int64_t ih, int64_t iw, int64_t from, int64_t *tap_at,
                           int64_t *p, int64_t *q, int64_t *next) {
    const wgi_conv2d *s = v->s;
    int64_t taps = 0, tap = from;
    for (; tap < v->taps && taps < TAPS; ++tap) {
        const int64_t row = ih + s->before[0] - tap / s->kw * s->dilation[0];
        const int64_t col = iw + s->before[1] - tap % s->kw * s->dilation[1];
        if (row < 0 || row % s->stride[0] || row / s->stride[0] >= s->oh) continue;
        if (col % s->stride[1]) continue;
        tap_at[taps] = tap;
        p[taps] = row / s->stride[0];
        q[taps++] = col / s->stride[1];
    }
    *next = tap;
    return taps;
}

/* A tile of dx: pixels (ih, iw + i stride), i < t->rows, of image n. */
static void OF(backward_tile)(const OF(conv) *v, OF(wgi_tile) *t, int64_t n, int64_t ih,
                              int64_t iw) {
    const wgi_conv2d *s = v->s;
    const REAL *a[TAPS * WGI_TILE_ROWS], *image = v->in + n * s->oh * s->ow * s->o;
    int64_t tap_at[TAPS], p[TAPS], q[TAPS], next = 0;
    t->a = a;
    t->k = v->og;
    do {
        t->taps = OF(taps_to)(v, ih, iw, next, tap_at, p, q, &next);
        for (int64_t j = 0; j < t->taps; ++j) {
            for (int i = 0; i < v->tiler->height; ++i) {
                const int64_t col = q[j] + i;
                const int there = i < t->rows && col >= 0 && col < s->ow;
                a[j * v->tiler->height + i] =
                    there ? image + (p[j] * s->ow + col) * s->o + v->group * v->og : v->zeros;
            }
        }
        OF(run_panels)(v, t, tap_at, v->cg, v->og);
        t->add = 1;
    } while (next < v->taps);
}

/* Lines begin .. end - 1 of dx, counted through all images; a line's pixels are taken in turns of
 * the stride, since those of one turn are reached through the same taps. */
static void OF(backward_lines)(int64_t begin, int64_t end, void *arg) {
    const OF(conv) *v = arg;
    const wgi_conv2d *s = v->s;
    const int64_t height = v->tiler->height, stride = s->stride[1];
    for (int64_t line = begin; line < end; ++line) {
        for (int64_t turn = 0; turn < stride && turn < s->w; ++turn) {
            const int64_t pixels = (s->w - turn + stride - 1) / stride;
            for (int64_t i = 0; i < pixels; i += height) {
                OF(wgi_tile) t = {.step = 1, .ldc = stride * s->c, .add = s->add != 0};
                t.rows = pixels - i < height ? (int)(pixels - i) : (int)height;
                const int64_t iw = turn + i * stride;
                t.c = v->out + (line * s->w + iw) * s->c + v->group * v->cg;
                OF(backward_tile)(v, &t, line / s->h, line % s->h, iw);
            }
        }
    }
}
