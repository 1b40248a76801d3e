/* conv_depthwise_part.c: the convolution of each channel with a kernel of its own (groups = c = o),
 * for one type; conv_portable.c includes it after conv_weight_part.c.  The weights are turned from
 * (c, taps) to (taps, c), so that every inner loop runs along the channels of a pixel. */

static void OF(turn)(const REAL *from, int64_t rows, int64_t cols, REAL *to) {
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < cols; ++j) to[j * rows + i] = from[i * cols + j];
}

static void OF(add_products)(int64_t n, const REAL *x, const REAL *y, REAL *sum) {
    for (int64_t i = 0; i < n; ++i) sum[i] += x[i] * y[i];
}

static void OF(depthwise_forward)(int64_t begin, int64_t end, void *arg) {
    const OF(conv) *v = arg;
    const int64_t c = v->s->c;
    for (int64_t pixel = begin; pixel < end; ++pixel) {
        const OF(window) at = OF(window_of)(v, pixel);
        REAL *y = v->out + pixel * c;
        if (v->bias) memcpy(y, v->bias, (size_t)c * sizeof(REAL));
        else memset(y, 0, (size_t)c * sizeof(REAL));
        for (int64_t tap = 0; tap < v->taps; ++tap) {
            const REAL *x = OF(tap_of)(v, &at, tap);
            if (x != v->zeros) OF(add_products)(c, x, v->packed + tap * c, y);
        }
    }
}

static void OF(depthwise_backward)(int64_t begin, int64_t end, void *arg) {
    const OF(conv) *v = arg;
    const wgi_conv2d *s = v->s;
    for (int64_t pixel = begin; pixel < end; ++pixel) {
        const int64_t line = pixel / s->w, iw = pixel % s->w;
        const REAL *g = v->in + line / s->h * s->oh * s->ow * s->o;
        REAL *dx = v->out + pixel * s->c;
        if (!s->add) memset(dx, 0, (size_t)s->c * sizeof(REAL));
        int64_t tap_at[TAPS], p[TAPS], q[TAPS], next = 0;
        while (next < v->taps) {
            const int64_t taps = OF(taps_to)(v, line % s->h, iw, next, tap_at, p, q, &next);
            for (int64_t i = 0; i < taps; ++i) {
                if (q[i] < 0 || q[i] >= s->ow) continue;
                OF(add_products)(s->c, g + (p[i] * s->ow + q[i]) * s->c,
                                 v->packed + tap_at[i] * s->c, dx);
            }
        }
    }
}

/* Channels begin .. end - 1; packed holds two (taps, c): the sums of one image, and of all. */
static void OF(depthwise_weight)(int64_t begin, int64_t end, void *arg) {
    const OF(weigh) *e = arg;
    const OF(conv) *v = &e->v;
    const int64_t c = v->s->c, n = end - begin, area = v->s->oh * v->s->ow;
    REAL *part = v->packed + begin, *sum = part + v->taps * c;
    for (int64_t tap = 0; tap < v->taps; ++tap) memset(sum + tap * c, 0, (size_t)n * sizeof(REAL));
    for (int64_t i = 0; i < v->s->n; ++i) {
        for (int64_t tap = 0; tap < v->taps; ++tap)
            memset(part + tap * c, 0, (size_t)n * sizeof(REAL));
        for (int64_t pixel = i * area; pixel < (i + 1) * area; ++pixel) {
            const OF(window) at = OF(window_of)(v, pixel);
            for (int64_t tap = 0; tap < v->taps; ++tap) {
                const REAL *x = OF(tap_of)(v, &at, tap);
                if (x == v->zeros) continue;
                OF(add_products)(n, x + begin, e->g + pixel * c + begin, part + tap * c);
            }
        }
        for (int64_t tap = 0; tap < v->taps; ++tap)
            for (int64_t j = 0; j < n; ++j) sum[tap * c + j] += part[tap * c + j];
    }
}
