/* class_loss.c: see class_loss.h. */
#include "ops/class_loss.h"

#include "ops/index.h"

static int64_t classes(const wg_value *scores) { return scores->dim[scores->rank - 1]; }

int64_t wgi_class_rows(const wg_value *scores) {
    int64_t n = 1;
    for (int i = 0; i < scores->rank - 1; ++i) n *= scores->dim[i];
    return n;
}

int64_t wgi_class_grain(const wg_value *scores) {
    return 1 + WGI_GRAIN_ELEMENTS / 8 / (classes(scores) + 1);
}

wg_status wgi_class_infer(wg_call *c, int reduction) {
    char a[96], b[96];
    const wg_value *s = c->x[0], *l = c->x[1];
    int fits = s->rank >= 1 && l->rank == s->rank - 1;
    for (int i = 0; i < s->rank - 1 && fits; ++i) fits = l->dim[i] == s->dim[i];
    if (!fits)
        return wg_fail(c, WG_ERR_SHAPE, "%s %s with labels %s; they are (..., C) and (...)",
                       c->gate->operands[0], wgi_shape_text(a, sizeof a, s->rank, s->dim),
                       wgi_shape_text(b, sizeof b, l->rank, l->dim));
    return wgi_loss_shape(c, reduction, wgi_shape(l));
}

wg_status wgi_class_labels(const wg_call *c, int64_t ignore) {
    const int64_t *label = c->x[1]->data, n = wgi_class_rows(c->x[0]), most = classes(c->x[0]);
    char place[WGI_PLACE_BYTES];
    for (int64_t i = 0; i < n; ++i)
        if ((label[i] < 0 || label[i] >= most) && (label[i] != ignore || ignore == WGI_NO_IGNORE))
            return wg_fail(c, WG_ERR_RANGE,
                           "labels: %s is %lld; with %lld classes it is 0 to %lld",
                           wgi_place(place, c->x[1], i), (long long)label[i], (long long)most,
                           (long long)most - 1);
    return WG_OK;
}

wg_var wgi_class_column(wg_var v, wg_var x) {
    wg_shape s = wg_shape_of(x);
    if (wg_shape_of(v).rank == 0 && s.rank > 1) return v;
    s.dim[s.rank - 1] = 1;
    return wg_reshape(v, s);
}

wg_var wgi_class_one_hot(wg_var labels, wg_var scores, int64_t ignore) {
    wg_shape s = wg_shape_of(scores);
    if (ignore != WGI_NO_IGNORE) {
        int64_t zero = 0;
        wg_var none = wg_const(scores.tape, WG_I64, WG_RANK0, &ignore);
        wg_var first = wg_const(scores.tape, WG_I64, WG_RANK0, &zero);
        labels = wg_where(wg_equal(labels, none), first, labels);
    }
    return wg_one_hot(labels, s.dim[s.rank - 1], wg_dtype_of(scores));
}
