/* pool_part.c: pools for one type: the calls, and the loops that exist once; pool.c includes it
 * with REAL and OF(name).  Threads take whole images, and every inner loop runs along the channels
 * of a pixel. */

void OF(wgi_max_pool2d)(const wgi_pool2d *s, const REAL *x, REAL *y, int64_t *winners) {
    pool v = {.s = s, .in = x, .out = y, .winners = winners};
    wgi_parallel_for(s->n, images_grain(s), OF(loops)[wgi_isa_chosen()]->max_images, &v);
}

void OF(wgi_max_pool2d_grad)(const wgi_pool2d *s, const REAL *g, const int64_t *winners, REAL *dx) {
    pool v = {.s = s, .in = g, .out = dx, .given = winners};
    const int few = !s->adaptive && s->size[0] <= FEW && s->size[1] <= FEW &&
                    wgi_isa_chosen() != WGI_ISA_BASE;
    if (s->h * s->w * s->c == 0) return;
    const pool_loops *loops = OF(loops)[wgi_isa_chosen()];
    wgi_parallel_for(s->n, images_grain(s), few ? loops->max_spread : loops->max_scatter, &v);
}

void OF(wgi_max_pool2d_pick)(const wgi_pool2d *s, const REAL *x, const int64_t *winners, REAL *y) {
    pool v = {.s = s, .in = x, .out = y, .given = winners};
    wgi_parallel_for(s->n, images_grain(s), OF(loops)[wgi_isa_chosen()]->max_gather, &v);
}

void OF(wgi_avg_pool2d)(const wgi_pool2d *s, const REAL *x, REAL *y) {
    pool v = {.s = s, .in = x, .out = y};
    wgi_parallel_for(s->n, images_grain(s), OF(loops)[wgi_isa_chosen()]->avg_images, &v);
}

void OF(wgi_avg_pool2d_grad)(const wgi_pool2d *s, const REAL *g, REAL *dx) {
    pool v = {.s = s, .in = g, .out = dx};
    if (s->h * s->w * s->c > 0)
        wgi_parallel_for(s->n, images_grain(s), OF(loops)[wgi_isa_chosen()]->avg_scatter, &v);
}

/* ---- root of the sum of squares ------------------------------------------------------------- */

/* One channel of one window, x pointing at the image's channel, where the plain sum may have lost
 * something: scaled by a power of two, which is exact. */
static REAL OF(root_scaled)(const REAL *x, const wgi_pool2d *s, window at) {
    double largest = 0, sum = 0;
    for (int64_t row = at.row; row < at.row_end; ++row)
        for (int64_t col = at.col; col < at.col_end; ++col)
            largest = fmax(largest, fabs((double)x[(row * s->w + col) * s->c]));
    if (largest == 0 || isinf(largest)) return (REAL)largest;
    const int scale = ilogb(largest);
    for (int64_t row = at.row; row < at.row_end; ++row)
        for (int64_t col = at.col; col < at.col_end; ++col) {
            const double v = scalbn((double)x[(row * s->w + col) * s->c], -scale);
            sum += v * v;
        }
    return (REAL)scalbn(sqrt(sum), scale);
}

static void OF(l2_images)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow;
    double sum[BLOCK];
    REAL *y = v->out;
    for (int64_t i = begin * area * s->c; i < end * area * s->c;) {
        const int64_t pixel = i / s->c, c = i % s->c;
        const int64_t channels = s->c - c < BLOCK ? s->c - c : BLOCK;
        const window at = window_at(s, pixel);
        const REAL *x = (const REAL *)v->in + pixel / area * s->h * s->w * s->c + c;
        for (int64_t j = 0; j < channels; ++j) sum[j] = 0;
        for (int64_t row = at.row; row < at.row_end; ++row)
            for (int64_t col = at.col; col < at.col_end; ++col) {
                const REAL *at_pixel = x + (row * s->w + col) * s->c;
                for (int64_t j = 0; j < channels; ++j)
                    sum[j] += (double)at_pixel[j] * (double)at_pixel[j];
            }
        for (int64_t j = 0; j < channels; ++j)
            y[i + j] = (sum[j] >= SAFE_LOW && sum[j] <= SAFE_HIGH) || isnan(sum[j])
                                ? (REAL)sqrt(sum[j])
                                : OF(root_scaled)(x + j, s, at);
        i += channels;
    }
}

static void OF(l2_scatter)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow, size = s->h * s->w * s->c;
    REAL *out = v->out;
    memset(out + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *g = (const REAL *)v->in + pixel * s->c;
        const REAL *y = (const REAL *)v->y + pixel * s->c;
        for (int64_t row = at.row; row < at.row_end; ++row)
            for (int64_t col = at.col; col < at.col_end; ++col) {
                const int64_t place = pixel / area * size + (row * s->w + col) * s->c;
                const REAL *x = (const REAL *)v->x + place;
                REAL *dx = out + place;
                for (int64_t j = 0; j < s->c; ++j) dx[j] += y[j] != 0 ? g[j] * (x[j] / y[j]) : 0;
            }
    }
}

void OF(wgi_l2_pool2d)(const wgi_pool2d *s, const REAL *x, REAL *y) {
    pool v = {.s = s, .in = x, .out = y};
    wgi_parallel_for(s->n, images_grain(s), OF(l2_images), &v);
}

void OF(wgi_l2_pool2d_grad)(const wgi_pool2d *s, const REAL *g, const REAL *x, const REAL *y,
                            REAL *dx) {
    pool v = {.s = s, .in = g, .out = dx, .x = x, .y = y};
    if (s->h * s->w * s->c > 0) wgi_parallel_for(s->n, images_grain(s), OF(l2_scatter), &v);
}
