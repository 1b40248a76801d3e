/* pair_loss_part.h: the kernel of a loss of two values, for each float type and instruction set. */
static void IN(range)(int64_t begin, int64_t end, void *arg) {
    const wgi_loss_work *w = arg;
    const ATTRS local = *(const ATTRS *)w->call->attrs, *a = &local;
    const REAL *px = w->call->x[0]->data, *py = w->call->x[1]->data;
    REAL *loss = w->loss;
    (void)a;
    WGI_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
        REAL x = px[i], y = py[i];
        loss[i] = LOSS;
    }
}
