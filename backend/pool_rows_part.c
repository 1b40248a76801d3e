/* pool_rows_part.c: the loops of maximum and average for one type and one instruction set; pool.c
 * includes it with REAL, IN(name) as the name within the set, LANES elements to a vector, and
 * PLACE, an integer as long as REAL, so that numbers and places have vectors of one length.  All
 * take images begin .. end - 1. */

/* ---- maximum -------------------------------------------------------------------------------- */

typedef REAL IN(vector) __attribute__((vector_size(LANES * sizeof(REAL))));
typedef REAL IN(loose)
    __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
typedef PLACE IN(mask) __attribute__((vector_size(LANES * sizeof(PLACE))));

/* An element p is taken instead of best where it is larger or the first that is not a number.
 * LANES channels of a window with elements: best and place get the largest and where it is, counted
 * from the window's corner in rows of the image. */
static void IN(best_of_lanes)(const REAL *x, const wgi_pool2d *s, int64_t rows, int64_t cols,
                              REAL *best, PLACE *place) {
    IN(vector) most = *(const IN(loose) *)x;
    IN(mask) at = {0};
    for (int64_t row = 0; row < rows; ++row) {
        for (int64_t col = row == 0; col < cols; ++col) {
            const int64_t here = row * s->w + col;
            const IN(vector) p = *(const IN(loose) *)(x + here * s->c);
            const IN(mask) takes = ~(p <= most) & (most == most);
            most = (IN(vector))((takes & (IN(mask))p) | (~takes & (IN(mask))most));
            at = (takes & ((PLACE)here - (IN(mask)){0})) | (~takes & at);
        }
    }
    memcpy(best, &most, sizeof most);
    memcpy(place, &at, sizeof at);
}

/* The same of one channel. */
static void IN(best_of_one)(const REAL *x, const wgi_pool2d *s, int64_t rows, int64_t cols,
                            REAL *best, PLACE *place) {
    *best = *x;
    *place = 0;
    for (int64_t row = 0; row < rows; ++row) {
        for (int64_t col = 0; col < cols; ++col) {
            const int64_t here = row * s->w + col;
            const REAL p = x[here * s->c];
            if (p <= *best || *best != *best) continue;
            *best = p;
            *place = (PLACE)here;
        }
    }
}

/* Channels c .. c + channels - 1 of output pixel `pixel`. */
static void IN(max_pixel)(const pool *v, int64_t pixel, const window *at, int64_t c,
                          int64_t channels) {
    const wgi_pool2d *s = v->s;
    REAL best[BLOCK];
    PLACE place[BLOCK];
    const REAL *x = (const REAL *)v->in + pixel / (s->oh * s->ow) * s->h * s->w * s->c + c;
    const int64_t rows = at->row_end - at->row, cols = at->col_end - at->col;
    const int64_t corner = at->row * s->w + at->col;
    int64_t *winners = v->winners ? v->winners + pixel * s->c + c : NULL;
    if (rows <= 0 || cols <= 0) {
        for (int64_t j = 0; j < channels; ++j) best[j] = -(REAL)INFINITY;
        for (int64_t j = 0; winners && j < channels; ++j) winners[j] = -1;
    } else {
        const int64_t whole = channels / LANES * LANES;
        x += corner * s->c;
        for (int64_t j = 0; j < whole; j += LANES)
            IN(best_of_lanes)(x + j, s, rows, cols, best + j, place + j);
        for (int64_t j = whole; j < channels; ++j)
            IN(best_of_one)(x + j, s, rows, cols, best + j, place + j);
        for (int64_t j = 0; winners && j < channels; ++j) winners[j] = corner + place[j];
    }
    memcpy((REAL *)v->out + pixel * s->c + c, best, (size_t)channels * sizeof(REAL));
}

static void IN(max_images)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const int64_t area = v->s->oh * v->s->ow, all = v->s->c;
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(v->s, pixel);
        for (int64_t c = 0; c < all; c += BLOCK)
            IN(max_pixel)(v, pixel, &at, c, all - c < BLOCK ? all - c : BLOCK);
    }
}

/* What winners outside their window, which a caller may give, are due. */
static void IN(scatter_outside)(const pool *v, int64_t pixel, const window *at, REAL *dx) {
    const int64_t channels = v->s->c, across = v->s->w, *winners = v->given + pixel * channels;
    const REAL *g = (const REAL *)v->in + pixel * channels;
    for (int64_t j = 0; j < channels; ++j) {
        const int64_t row = winners[j] / across, col = winners[j] % across;
        const int inside = row >= at->row && row < at->row_end && col >= at->col &&
                           col < at->col_end;
        if (winners[j] >= 0 && !inside) dx[winners[j] * channels + j] += g[j];
    }
}

/* As max_scatter, for small windows: all their elements get g or 0 added, in vectors. */
static void IN(max_spread)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow, size = s->h * s->w * s->c;
    REAL *out = v->out;
    memset(out + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *g = (const REAL *)v->in + pixel * s->c;
        const int64_t *winners = v->given + pixel * s->c;
        int64_t hits = 0;
        for (int64_t row = at.row; row < at.row_end; ++row) {
            for (int64_t here = row * s->w + at.col; here < row * s->w + at.col_end; ++here) {
                REAL *restrict dx = out + pixel / area * size + here * s->c;
                for (int64_t j = 0; j < s->c; ++j) {
                    dx[j] += winners[j] == here ? g[j] : 0;
                    hits += winners[j] == here;
                }
            }
        }
        if (hits < s->c) IN(scatter_outside)(v, pixel, &at, out + pixel / area * size);
    }
}

static void IN(max_scatter)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow, size = s->h * s->w * s->c;
    REAL *out = v->out;
    memset(out + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const REAL *g = (const REAL *)v->in + pixel * s->c;
        REAL *dx = out + pixel / area * size;
        for (int64_t j = 0; j < s->c; ++j) {
            const int64_t at = v->given[pixel * s->c + j];
            if (at >= 0) dx[at * s->c + j] += g[j];
        }
    }
}

static void IN(max_gather)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow;
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const REAL *x = (const REAL *)v->in + pixel / area * s->h * s->w * s->c;
        REAL *y = (REAL *)v->out + pixel * s->c;
        for (int64_t j = 0; j < s->c; ++j) {
            const int64_t at = v->given[pixel * s->c + j];
            y[j] = at >= 0 ? x[at * s->c + j] : 0;
        }
    }
}

/* ---- average -------------------------------------------------------------------------------- */

static void IN(avg_images)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow;
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *x = (const REAL *)v->in + pixel / area * s->h * s->w * s->c;
        REAL *restrict y = (REAL *)v->out + pixel * s->c;
        for (int64_t j = 0; j < s->c; ++j) y[j] = 0;
        for (int64_t row = at.row; row < at.row_end; ++row)
            for (int64_t col = at.col; col < at.col_end; ++col)
                for (int64_t j = 0; j < s->c; ++j) y[j] += x[(row * s->w + col) * s->c + j];
        const REAL count = (REAL)divisor_at(s, pixel, at);
        for (int64_t j = 0; j < s->c; ++j) y[j] /= count;
    }
}

/* Adds channels' share of g to every element of the window. */
static void IN(avg_pixel)(const wgi_pool2d *s, const window *at, int64_t channels, const REAL *g,
                          REAL count, REAL *restrict dx) {
    REAL share[BLOCK];
    for (int64_t j = 0; j < channels; ++j) share[j] = g[j] / count;
    for (int64_t row = at->row; row < at->row_end; ++row) {
        REAL *restrict to = dx + (row * s->w + at->col) * s->c;
        for (int64_t i = 0; i < at->col_end - at->col; ++i, to += s->c)
            for (int64_t j = 0; j < channels; ++j) to[j] += share[j];
    }
}

static void IN(avg_scatter)(int64_t begin, int64_t end, void *arg) {
    const pool *v = arg;
    const wgi_pool2d *s = v->s;
    const int64_t area = s->oh * s->ow, size = s->h * s->w * s->c;
    REAL *out = v->out;
    memset(out + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t pixel = begin * area; pixel < end * area; ++pixel) {
        const window at = window_at(s, pixel);
        const REAL *g = (const REAL *)v->in + pixel * s->c;
        const REAL count = (REAL)divisor_at(s, pixel, at);
        for (int64_t c = 0; c < s->c; c += BLOCK)
            IN(avg_pixel)(s, &at, s->c - c < BLOCK ? s->c - c : BLOCK, g + c, count,
                          out + pixel / area * size + c);
    }
}

static const pool_loops IN(loops) = {
    IN(max_images), IN(max_spread), IN(max_scatter), IN(max_gather), IN(avg_images),
    IN(avg_scatter),
};
