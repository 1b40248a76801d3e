/* pair_loss_part.h: the kernel of a loss of two values, once for each float type. */
static void FN(range)(int64_t begin, int64_t end, void *arg) {
    const wgi_loss_work *w = arg;
    const ATTRS *a = w->call->attrs;
    const REAL *px = w->call->x[0]->data, *py = w->call->x[1]->data;
    REAL *loss = w->loss;
    (void)a;
    for (int64_t i = begin; i < end; ++i) {
        REAL x = px[i], y = py[i];
        loss[i] = LOSS;
    }
}

static wg_status FN(forward)(wg_call *c) {
    const ATTRS *a = c->attrs;
    return wgi_loss_run(c, a->reduction, wg_value_size(c->x[0]), WGI_GRAIN_ELEMENTS, FN(range));
}
