/* pool_part.c: pools for one type; pool.c includes it with REAL and OF(name).  Threads take whole
 * images, and every inner loop runs along the channels of a pixel. */

typedef struct OF(pool) {
    const wgi_pool2d *s;
    const REAL *in;
    REAL *out;
    int64_t *winners;
    const int64_t *given; /* winners of an earlier call */
    const REAL *x, *y;    /* input and output of an earlier call */
} OF(pool);

/* ---- maximum -------------------------------------------------------------------------------- */

/* Channels of one window, at most BLOCK: best and place get the largest and where it is. */
static void OF(best_of)(const REAL *x, const wgi_pool2d *s, window at, int64_t channels, REAL *best,
                        int32_t *place) {
    for (int64_t j = 0; j < channels; ++j) {
        best[j] = -(REAL)INFINITY;
        place[j] = -1;
    }
    for (int64_t row = at.row; row < at.row_end; ++row) {
        for (int64_t col = at.col; col < at.col_end; ++col) {
            const REAL *pixel = x + (row * s->w + col) * s->c;
            const int32_t here = (int32_t)((row - at.row) * (at.col_end - at.col) + col - at.col);
            for (int64_t j = 0; j < channels; ++j) {
                /* a first element, a larger one, or the first that is not a number */
                const int takes = (place[j] < 0) | (pixel[j] > best[j]) |
                                  ((pixel[j] != pixel[j]) & (best[j] == best[j]));
                best[j] = takes ? pixel[j] : best[j];
                place[j] = takes ? here : place[j];
            }
        }
    }
}

static void OF(max_images)(int64_t begin, int64_t end, void *arg) {
    const OF(pool) *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow;
    REAL best[BLOCK];
    int32_t place[BLOCK];
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *x = v->in + pixel / area * s->h * s->w * s->c;
        const int64_t across = at.col_end - at.col;
        for (int64_t c = 0; c < s->c; c += BLOCK) {
            const int64_t channels = s->c - c < BLOCK ? s->c - c : BLOCK;
            OF(best_of)(x + c, s, at, channels, best, place);
            memcpy(v->out + pixel * s->c + c, best, (size_t)channels * sizeof(REAL));
            int64_t *winners = v->winners ? v->winners + pixel * s->c + c : NULL;
            for (int64_t j = 0; winners && j < channels; ++j)
                winners[j] = place[j] < 0 ? -1
                                          : (at.row + place[j] / across) * s->w + at.col +
                                                place[j] % across;
        }
    }
}

static void OF(max_scatter)(int64_t begin, int64_t end, void *arg) {
    const OF(pool) *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow, size = s->h * s->w * s->c;
    memset(v->out + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        REAL *dx = v->out + pixel / area * size;
        for (int64_t j = 0; j < s->c; ++j) {
            const int64_t at = v->given[pixel * s->c + j];
            if (at >= 0) dx[at * s->c + j] += v->in[pixel * s->c + j];
        }
    }
}

static void OF(max_gather)(int64_t begin, int64_t end, void *arg) {
    const OF(pool) *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow;
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const REAL *x = v->in + pixel / area * s->h * s->w * s->c;
        for (int64_t j = 0; j < s->c; ++j) {
            const int64_t at = v->given[pixel * s->c + j];
            v->out[pixel * s->c + j] = at >= 0 ? x[at * s->c + j] : 0;
        }
    }
}

void OF(wgi_max_pool2d)(const wgi_pool2d *s, const REAL *x, REAL *y, int64_t *winners) {
    OF(pool) v = {.s = s, .in = x, .out = y, .winners = winners};
    wgi_parallel_for(s->n, images_grain(s), OF(max_images), &v);
}

void OF(wgi_max_pool2d_grad)(const wgi_pool2d *s, const REAL *g, const int64_t *winners, REAL *dx) {
    OF(pool) v = {.s = s, .in = g, .out = dx, .given = winners};
    if (s->h * s->w * s->c > 0) wgi_parallel_for(s->n, images_grain(s), OF(max_scatter), &v);
}

void OF(wgi_max_pool2d_pick)(const wgi_pool2d *s, const REAL *x, const int64_t *winners, REAL *y) {
    OF(pool) v = {.s = s, .in = x, .out = y, .given = winners};
    wgi_parallel_for(s->n, images_grain(s), OF(max_gather), &v);
}

/* ---- average -------------------------------------------------------------------------------- */

static void OF(avg_images)(int64_t begin, int64_t end, void *arg) {
    const OF(pool) *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow;
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *x = v->in + pixel / area * s->h * s->w * s->c;
        REAL *y = v->out + pixel * s->c;
        for (int64_t j = 0; j < s->c; ++j) y[j] = 0;
        for (int64_t row = at.row; row < at.row_end; ++row)
            for (int64_t col = at.col; col < at.col_end; ++col)
                for (int64_t j = 0; j < s->c; ++j) y[j] += x[(row * s->w + col) * s->c + j];
        const REAL count = (REAL)divisor_at(s, pixel, at);
        for (int64_t j = 0; j < s->c; ++j) y[j] /= count;
    }
}

static void OF(avg_scatter)(int64_t begin, int64_t end, void *arg) {
    const OF(pool) *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow, size = s->h * s->w * s->c;
    memset(v->out + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *g = v->in + pixel * s->c;
        REAL *dx = v->out + pixel / area * size;
        const REAL count = (REAL)divisor_at(s, pixel, at);
        for (int64_t row = at.row; row < at.row_end; ++row) {
            REAL *to = dx + (row * s->w + at.col) * s->c;
            for (int64_t i = 0; i < at.col_end - at.col; ++i, to += s->c)
                for (int64_t j = 0; j < s->c; ++j) to[j] += g[j] / count;
        }
    }
}

void OF(wgi_avg_pool2d)(const wgi_pool2d *s, const REAL *x, REAL *y) {
    OF(pool) v = {.s = s, .in = x, .out = y};
    wgi_parallel_for(s->n, images_grain(s), OF(avg_images), &v);
}

void OF(wgi_avg_pool2d_grad)(const wgi_pool2d *s, const REAL *g, REAL *dx) {
    OF(pool) v = {.s = s, .in = g, .out = dx};
    if (s->h * s->w * s->c > 0) wgi_parallel_for(s->n, images_grain(s), OF(avg_scatter), &v);
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
    const OF(pool) *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow;
    double sum[BLOCK];
    for (int64_t i = begin * area * s->c; i < end * area * s->c;) {
        const int64_t pixel = i / s->c, c = i % s->c;
        const int64_t channels = s->c - c < BLOCK ? s->c - c : BLOCK;
        const window at = window_at(s, pixel);
        const REAL *x = v->in + pixel / area * s->h * s->w * s->c + c;
        for (int64_t j = 0; j < channels; ++j) sum[j] = 0;
        for (int64_t row = at.row; row < at.row_end; ++row)
            for (int64_t col = at.col; col < at.col_end; ++col) {
                const REAL *at_pixel = x + (row * s->w + col) * s->c;
                for (int64_t j = 0; j < channels; ++j)
                    sum[j] += (double)at_pixel[j] * (double)at_pixel[j];
            }
        for (int64_t j = 0; j < channels; ++j)
            v->out[i + j] = (sum[j] >= SAFE_LOW && sum[j] <= SAFE_HIGH) || isnan(sum[j])
                                ? (REAL)sqrt(sum[j])
                                : OF(root_scaled)(x + j, s, at);
        i += channels;
    }
}

static void OF(l2_scatter)(int64_t begin, int64_t end, void *arg) {
    const OF(pool) *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow, size = s->h * s->w * s->c;
    memset(v->out + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *g = v->in + pixel * s->c, *y = v->y + pixel * s->c;
        for (int64_t row = at.row; row < at.row_end; ++row)
            for (int64_t col = at.col; col < at.col_end; ++col) {
                const int64_t place = pixel / area * size + (row * s->w + col) * s->c;
                const REAL *x = v->x + place;
                REAL *dx = v->out + place;
                for (int64_t j = 0; j < s->c; ++j) dx[j] += y[j] != 0 ? g[j] * (x[j] / y[j]) : 0;
            }
    }
}

void OF(wgi_l2_pool2d)(const wgi_pool2d *s, const REAL *x, REAL *y) {
    OF(pool) v = {.s = s, .in = x, .out = y};
    wgi_parallel_for(s->n, images_grain(s), OF(l2_images), &v);
}

void OF(wgi_l2_pool2d_grad)(const wgi_pool2d *s, const REAL *g, const REAL *x, const REAL *y,
                            REAL *dx) {
    OF(pool) v = {.s = s, .in = g, .out = dx, .x = x, .y = y};
    if (s->h * s->w * s->c > 0) wgi_parallel_for(s->n, images_grain(s), OF(l2_scatter), &v);
}
