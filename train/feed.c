/* feed.c: from a mini-batch to scores, loss and counts. */
#include "train/feed.h"

#include "autograd/tape.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum { EVALUATION_BATCH = 128 };

wg_var wg_loss_apply(wg_loss loss, wg_var scores, wg_var labels) {
    return loss == WG_LOSS_SVM ? wg_svm_loss(scores, labels) : wg_softmax_loss(scores, labels);
}

/* ---- a feed --------------------------------------------------------------------------------- */

wg_status wgi_feed_check(const wg_model *m, const wg_dataset *d, wg_error *error) {
    int64_t h, w, c;
    wg_model_input(m, &h, &w, &c);
    if (d->height != h || d->width != w || d->channels != c)
        return wgi_error_to(error, WG_ERR_SHAPE,
                            "the examples are %lld x %lld x %lld, the model takes "
                            "%lld x %lld x %lld", (long long)d->height, (long long)d->width,
                            (long long)d->channels, (long long)h, (long long)w, (long long)c);
    if (d->classes > wg_model_classes(m))
        return wgi_error_to(error, WG_ERR_SHAPE, "the data have %lld classes, the model %lld",
                            (long long)d->classes, (long long)wg_model_classes(m));
    return WG_OK;
}

wg_status wgi_feed_init(wgi_feed *f, wg_model *model, wg_loss loss, int64_t batch,
                        wg_error *error) {
    memset(f, 0, sizeof *f);
    f->model = model;
    f->loss = loss;
    f->batch = batch;
    wg_model_input(model, &f->height, &f->width, &f->channels);
    int64_t size = f->height * f->width * f->channels, numbers;
    int fits = !__builtin_mul_overflow(size, batch, &numbers) && numbers < INT64_MAX / 8;
    f->tape = wg_tape_new();
    f->x = fits ? wgi_alloc((size_t)numbers * sizeof *f->x) : NULL;
    f->labels = fits ? wgi_alloc((size_t)batch * sizeof *f->labels) : NULL;
    if (f->tape && f->x && f->labels) return WG_OK;
    wgi_feed_clear(f);
    return wgi_error_to(error, WG_ERR_MEMORY, "no memory for a batch of %lld", (long long)batch);
}

void wgi_feed_clear(wgi_feed *f) {
    wg_tape_free(f->tape);
    wgi_free(f->x);
    wgi_free(f->labels);
    memset(f, 0, sizeof *f);
}

wg_status wgi_feed_error(const wgi_feed *f, wg_error *error) {
    if (wg_tape_status(f->tape) == WG_OK) return WG_OK;
    return wgi_error_to(error, wg_tape_status(f->tape), "%s", wg_tape_message(f->tape));
}

/* ---- forward -------------------------------------------------------------------------------- */

wg_var wgi_feed_scores(wgi_feed *f, int64_t n, int training) {
    wg_tape_rewind(f->tape);
    wg_var x = wg_const(f->tape, WG_F32, WG_SHAPE(n, f->height, f->width, f->channels), f->x);
    if (wg_model_dtype(f->model) == WG_F64) x = wg_cast(x, WG_F64);
    return wg_model_forward(f->model, f->tape, x, training);
}

int64_t wgi_argmax(const wg_var *scores, int64_t row, int64_t n) {
    const void *data = wg_data(*scores);
    int single = wg_dtype_of(*scores) == WG_F32;
    int64_t best = 0;
    double most = -HUGE_VAL;
    for (int64_t k = 0; data && k < n; ++k) {
        int64_t i = row * n + k;
        double v = single ? (double)((const float *)data)[i] : ((const double *)data)[i];
        if (v > most) {
            most = v;
            best = k;
        }
    }
    return best;
}

wg_var wgi_feed_loss(wgi_feed *f, wg_var scores, int64_t n, wgi_outcome *out) {
    wg_var labels = wg_const(f->tape, WG_I64, WG_SHAPE(n), f->labels);
    wg_var loss = wg_loss_apply(f->loss, scores, labels);
    int64_t classes = wg_model_classes(f->model);
    out->n = n;
    out->loss = wg_item(loss);
    out->right = 0;
    for (int64_t i = 0; loss.index && i < n; ++i)
        out->right += wgi_argmax(&scores, i, classes) == f->labels[i];
    return loss;
}

/* ---- evaluation ----------------------------------------------------------------------------- */

static void count(wgi_feed *f, wg_var scores, int64_t n, int64_t *confusion) {
    int64_t classes = wg_model_classes(f->model);
    for (int64_t i = 0; i < n; ++i)
        ++confusion[f->labels[i] * classes + wgi_argmax(&scores, i, classes)];
}

wg_status wgi_feed_evaluate(wgi_feed *f, wg_loader *loader, int64_t *confusion, wgi_outcome *sum,
                            wg_error *error) {
    wgi_outcome o;
    double loss = 0;
    memset(sum, 0, sizeof *sum);
    wg_loader_start_in_order(loader);
    for (int64_t n; (n = wg_loader_next(loader, f->x, f->labels)) > 0;) {
        wg_no_grad_begin(f->tape);
        wg_var scores = wgi_feed_scores(f, n, 0);
        (void)wgi_feed_loss(f, scores, n, &o);
        wg_no_grad_end(f->tape);
        if (wg_tape_status(f->tape) != WG_OK) return wgi_feed_error(f, error);
        if (confusion) count(f, scores, n, confusion);
        loss += o.loss * (double)n;
        sum->n += n;
        sum->right += o.right;
    }
    sum->loss = loss / (double)sum->n;
    return WG_OK;
}

wg_status wg_evaluate(wg_model *model, const wg_dataset *data, const wg_preprocess *preprocess,
                      int64_t n, const int64_t *index, wg_evaluation *evaluation,
                      wg_error *error) {
    wg_evaluation *e = evaluation;
    wgi_feed f;
    wgi_outcome sum;
    wgi_error_clear(error);
    wg_status s = wgi_feed_check(model, data, error);
    if (s != WG_OK) return s;
    wg_error own = {WG_OK, ""};
    wg_loader *loader = wg_loader_new(data, preprocess, n, index, EVALUATION_BATCH, &own);
    if (!loader) return wgi_error_to(error, own.status, "%s", own.text);
    s = wgi_feed_init(&f, model, e->loss_kind, EVALUATION_BATCH, error);
    if (s == WG_OK) {
        size_t classes = (size_t)wg_model_classes(model);
        if (e->confusion) memset(e->confusion, 0, classes * classes * sizeof *e->confusion);
        s = wgi_feed_evaluate(&f, loader, e->confusion, &sum, error);
        wgi_feed_clear(&f);
    }
    wg_loader_free(loader);
    if (s != WG_OK) return s;
    e->n = sum.n;
    e->right = sum.right;
    e->loss = sum.loss;
    e->accuracy = (double)sum.right / (double)sum.n;
    return WG_OK;
}

/* ---- prediction ----------------------------------------------------------------------------- */

/* Copies a (n, classes) value of either float type to doubles. */
static void copy_out(wg_var p, int64_t n, double *out) {
    const void *data = wg_data(p);
    int single = wg_dtype_of(p) == WG_F32;
    for (int64_t i = 0; i < n; ++i)
        out[i] = single ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

wg_status wg_predict(wg_model *model, int64_t n, const float *x, double *probabilities,
                     wg_error *error) {
    wgi_feed f;
    int64_t classes = wg_model_classes(model);
    wgi_error_clear(error);
    wg_status s = wgi_feed_init(&f, model, WG_LOSS_SOFTMAX, EVALUATION_BATCH, error);
    if (s != WG_OK) return s;
    int64_t each = f.height * f.width * f.channels;
    for (int64_t at = 0; at < n && s == WG_OK; at += f.batch) {
        int64_t some = n - at < f.batch ? n - at : f.batch;
        memcpy(f.x, x + at * each, (size_t)(some * each) * sizeof *x);
        wg_no_grad_begin(f.tape);
        wg_var p = wg_softmax(wgi_feed_scores(&f, some, 0), 1);
        wg_no_grad_end(f.tape);
        s = wgi_feed_error(&f, error);
        if (s == WG_OK) copy_out(p, some * classes, probabilities + at * classes);
    }
    wgi_feed_clear(&f);
    return s;
}
