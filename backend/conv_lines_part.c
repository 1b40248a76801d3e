/* conv_lines_part.c: the gradient of a convolution to its weights without copies of the windows,
 * for one type; conv_portable.c includes it after conv_weight_part.c.
 *
 * For one tap (u, v), dw[o, u, v, j] = sum over pixels (p, q) of g[p, q, o] x[r(p, u), s(q, v), j]:
 * along a line of the image both factors lie at equal distances, and so do the lines.  So a tile of
 * (o, j) takes whole lines as they are (tile.h, `lined`), those pixels left out for which x would
 * lie in the padding.  Panels of j are whole vectors: cg must be a multiple of half a tile. */

/* Outputs [*from, *to) along an axis whose tap `at` falls on the image. */
static void OF(reached)(const wgi_conv2d *s, int axis, int64_t tap, int64_t *from, int64_t *to) {
    const int64_t in = axis ? s->w : s->h, out = axis ? s->ow : s->oh, stride = s->stride[axis];
    const int64_t first = s->before[axis] - tap * s->dilation[axis]; /* the place 0 of x */
    const int64_t last = in - 1 + first;
    *from = first > 0 ? (first + stride - 1) / stride : 0;
    *to = last < 0 ? 0 : last / stride + 1;
    if (*to > out) *to = out;
}

/* A tile of dw, and the outputs that its tap is reached from: rows [p0, p1), columns [q0, q1). */
typedef struct OF(spot) {
    int64_t o, j, u, v, p0, p1, q0, q1;
} OF(spot);

static OF(spot) OF(spot_of)(const OF(weigh) *e, int64_t tile) {
    const wgi_conv2d *s = e->v.s;
    const int64_t width = e->v.tiler->width, panels = (e->v.cg + width - 1) / width;
    OF(spot) at = {.j = tile % panels * width};
    const int64_t rest = tile / panels, tap = rest % e->v.taps;
    at.o = rest / e->v.taps * e->v.tiler->height;
    at.u = tap / s->kw;
    at.v = tap % s->kw;
    OF(reached)(s, 0, at.u, &at.p0, &at.p1);
    OF(reached)(s, 1, at.v, &at.q0, &at.q1);
    return at;
}

/* Adds to the tile at a spot what rows [p0, p1) of image n give. */
static void OF(add_lines)(const OF(weigh) *e, const OF(spot) *at, int64_t n, int64_t p0,
                          int64_t p1) {
    const wgi_conv2d *s = e->v.s;
    const OF(wgi_tiler) *tiler = e->v.tiler;
    const int64_t row = p0 * s->stride[0] + at->u * s->dilation[0] - s->before[0];
    const int64_t col = at->q0 * s->stride[1] + at->v * s->dilation[1] - s->before[1];
    const int64_t rows = e->v.og - at->o, cols = e->v.cg - at->j;
    const REAL *a[WGI_TILE_ROWS], *b = e->v.in + ((n * s->h + row) * s->w + col) * s->c;
    const REAL *g = e->g + ((n * s->oh + p0) * s->ow + at->q0) * s->o + e->v.group * e->v.og;
    b += e->v.group * e->v.cg + at->j;
    OF(wgi_tile) t = {.taps = p1 - p0, .k = at->q1 - at->q0, .a = a, .step = s->o, .b = &b,
                      .ldb = s->stride[1] * s->c, .add = 1, .lined = 1, .a_line = s->ow * s->o,
                      .b_line = s->stride[0] * s->w * s->c};
    if (t.b_line == t.k * t.ldb && t.a_line == t.k * t.step) { /* lines in a line */
        t.k *= t.taps;
        t.taps = 1;
    }
    t.ldc = e->length;
    t.rows = rows < tiler->height ? (int)rows : tiler->height;
    t.cols = cols < tiler->width ? (int)cols : tiler->width;
    for (int i = 0; i < tiler->height; ++i) a[i] = g + at->o + (i < t.rows ? i : 0);
    t.c = e->dw + (e->v.group * e->v.og + at->o) * e->length +
          (at->u * s->kw + at->v) * e->v.cg + at->j;
    (2 * t.cols <= tiler->width ? tiler->run_narrow : tiler->run)(&t);
}

/* Tiles begin .. end - 1 of a group's dw; e->first lines at a time, so that they stay in the
 * nearest cache while all tiles go over them. */
static void OF(weigh_lines)(int64_t begin, int64_t end, void *arg) {
    const OF(weigh) *e = arg;
    const wgi_conv2d *s = e->v.s;
    for (int64_t n = 0; n < s->n; ++n) {
        for (int64_t first = 0; first < s->oh; first += e->first) {
            for (int64_t tile = begin; tile < end; ++tile) {
                const OF(spot) at = OF(spot_of)(e, tile);
                const int64_t p0 = at.p0 > first ? at.p0 : first;
                const int64_t p1 = at.p1 < first + e->first ? at.p1 : first + e->first;
                if (p0 < p1 && at.q0 < at.q1) OF(add_lines)(e, &at, n, p0, p1);
            }
        }
    }
}

static int OF(takes_lines)(const OF(weigh) *e) {
    return e->v.cg % (e->v.tiler->width / 2) == 0;
}

static void OF(weigh_group_by_lines)(OF(weigh) *e) {
    const wgi_conv2d *s = e->v.s;
    const OF(wgi_tiler) *tiler = e->v.tiler;
    const int64_t tiles = (e->v.og + tiler->height - 1) / tiler->height * e->v.taps *
                          ((e->v.cg + tiler->width - 1) / tiler->width);
    const int64_t line = (s->ow * e->v.og + s->w * s->stride[0] * e->v.cg) * (int64_t)sizeof(REAL);
    e->first = LINES / line > 1 ? LINES / line : 1;
    const int64_t work = tiler->height * tiler->width * s->n * s->oh * s->ow;
    memset(e->dw + e->v.group * e->v.og * e->length, 0,
           (size_t)(e->v.og * e->length) * sizeof(REAL));
    wgi_parallel_for(tiles, 1 + WORK_GRAIN / work, OF(weigh_lines), e);
}
