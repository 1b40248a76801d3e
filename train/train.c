/* train.c: the training loop.
 *
 * A step rewinds the tape, records one mini-batch, goes backward and lets the optimizer step.  The
 * arenas keep their size, the loader and the optimizer have theirs from the start, and the best
 * weights go into one block made beforehand: so only the first step allocates. */
#include "train/feed.h"

#include "autograd/tape.h"

#include <math.h>
#include <string.h>

typedef struct run {
    wgi_feed feed;
    wg_train_options o;
    wg_schedule schedule;
    wg_loader *train, *valid; /* valid: NULL without a validation part */
    wg_optim *optim;
    double rate; /* before the schedule */
    char *best;  /* the bytes of all parameters and buffers, in order */
    wg_train_event event;
    wg_train_result result;
    int64_t late_batch; /* of the first epoch: the last full one */
    wg_lints lints;     /* told of */
    wg_error *error;
} run;

/* ---- the best weights ----------------------------------------------------------------------- */

static size_t param_bytes(const wg_param *p) {
    return (size_t)wg_shape_size(wg_param_shape(p)) * wg_dtype_size(wg_param_dtype(p));
}

static size_t all_bytes(wg_params *params) {
    size_t bytes = 0;
    for (size_t i = 0; i < wg_params_count(params); ++i)
        bytes += param_bytes(wg_params_at(params, i));
    return bytes;
}

/* Copies all numbers of the model to the block, or back. */
static void copy_weights(run *r, int back) {
    wg_params *params = wg_model_params(r->feed.model);
    char *at = r->best;
    for (size_t i = 0; i < wg_params_count(params); ++i) {
        wg_param *p = wg_params_at(params, i);
        size_t bytes = param_bytes(p);
        if (bytes && back) memcpy(wg_param_data(p), at, bytes);
        else if (bytes) memcpy(at, wg_param_data(p), bytes);
        at += bytes;
    }
    if (back) wg_params_changed(params);
}

/* Higher validation accuracy wins, then lower loss; without validation the later epoch. */
static int better(const run *r) {
    const wg_train_event *e = &r->event;
    const wg_train_result *b = &r->result;
    if (b->best_epoch == 0 || !r->valid) return 1;
    if (e->valid_accuracy != b->valid_accuracy) return e->valid_accuracy > b->valid_accuracy;
    return e->valid_loss < b->valid_loss;
}

static void keep_if_best(run *r) {
    wg_train_event *e = &r->event;
    e->best = better(r);
    if (!e->best) return;
    copy_weights(r, 0);
    r->result.best_epoch = e->epoch;
    r->result.loss = e->loss;
    r->result.accuracy = e->accuracy;
    r->result.valid_loss = e->valid_loss;
    r->result.valid_accuracy = e->valid_accuracy;
}

/* ---- one step ------------------------------------------------------------------------------- */

static wg_status bad_loss(run *r, const char *which, double loss) {
    if (isnan(loss)) loss = (double)NAN; /* printed without a sign */
    return wgi_error_to(r->error, WG_ERR_VALUE,
                        "epoch %lld, batch %lld: the %s is %g; a smaller learning rate than %g "
                        "may help", (long long)r->event.epoch, (long long)r->event.batch, which,
                        loss, r->event.rate);
}

/* 1 if an earlier finding says the same of the same. */
static int told(const wg_lints *l, size_t i) {
    for (size_t k = 0; k < i; ++k)
        if (l->findings[k].kind == l->findings[i].kind &&
            strcmp(l->findings[k].subject, l->findings[i].subject) == 0)
            return 1;
    return 0;
}

/* Between the first backward and the first step; later in the epoch for units that died. */
static wg_status lint(run *r, wg_var loss) {
    int first = r->event.epoch == 1 && r->event.batch == 1;
    int late = r->event.epoch == 1 && r->event.batch == r->late_batch;
    size_t n = r->lints.n;
    if (!r->o.lint || !(first || late)) return WG_OK;
    wg_lint_options o = {sizeof o, 0, r->o.optim ? r->o.optim->decay : 0, 0};
    if (!first) o.skip = ~(1u << WG_LINT_DEAD_UNITS);
    wg_status s = wg_lint(loss, wg_model_params(r->feed.model), &o, &r->lints);
    for (; n < r->lints.n; ++n)
        if (!told(&r->lints, n)) r->o.lint(&r->lints.findings[n], r->o.user);
    return s == WG_OK ? s : wgi_error_to(r->error, s, "no memory for the lints");
}

static wg_status step(run *r, int64_t n, wgi_outcome *out) {
    wgi_feed *f = &r->feed;
    wg_params_clear_grads(wg_model_params(f->model));
    wg_var scores = wgi_feed_scores(f, n, 1);
    wg_var loss = wgi_feed_loss(f, scores, n, out);
    wg_status s = wgi_feed_error(f, r->error);
    if (s != WG_OK) return s;
    if (!isfinite(out->loss)) return bad_loss(r, "loss", out->loss);
    if (wg_backward(loss) != WG_OK || wg_model_update(f->model) != WG_OK)
        return wgi_feed_error(f, r->error);
    s = lint(r, loss);
    if (s != WG_OK) return s;
    r->event.rate = r->rate * wg_schedule_factor(&r->schedule, wg_optim_steps(r->optim));
    wg_optim_set_rate(r->optim, r->event.rate);
    wg_optim_step(r->optim);
    ++r->result.steps;
    return WG_OK;
}

/* Tells the caller and asks whether to stop. */
static void report(run *r, wg_train_moment moment) {
    r->event.moment = moment;
    if (r->o.report && r->o.report(&r->event, r->o.user)) r->result.stopped = 1;
    if (r->o.stop && *r->o.stop) r->result.stopped = 1;
}

/* ---- one epoch ------------------------------------------------------------------------------ */

static wg_status validate(run *r) {
    wgi_outcome sum;
    wg_train_event *e = &r->event;
    e->valid_loss = e->valid_accuracy = (double)NAN;
    if (!r->valid) return WG_OK;
    wg_status s = wgi_feed_evaluate(&r->feed, r->valid, NULL, &sum, r->error);
    if (s != WG_OK) return s;
    if (!isfinite(sum.loss)) return bad_loss(r, "validation loss", sum.loss);
    e->valid_loss = sum.loss;
    e->valid_accuracy = (double)sum.right / (double)sum.n;
    return WG_OK;
}

static wg_status epoch(run *r) {
    wg_train_event *e = &r->event;
    wgi_outcome out, sum = {0, 0, 0};
    ++e->epoch;
    e->batch = 0;
    e->best = 0;
    e->valid_loss = e->valid_accuracy = (double)NAN;
    wg_loader_start(r->train, r->o.seed, (uint64_t)e->epoch);
    for (int64_t n; (n = wg_loader_next(r->train, r->feed.x, r->feed.labels)) > 0;) {
        ++e->batch;
        wg_status s = step(r, n, &out);
        if (s != WG_OK) return s;
        sum.n += n;
        sum.right += out.right;
        sum.loss += out.loss * (double)n;
        e->loss = sum.loss / (double)sum.n;
        e->accuracy = (double)sum.right / (double)sum.n;
        report(r, WG_TRAIN_BATCH);
        if (r->result.stopped) break;
    }
    wg_status s = validate(r);
    if (s != WG_OK) return s;
    r->result.epochs = e->epoch;
    keep_if_best(r);
    report(r, WG_TRAIN_EPOCH);
    return WG_OK;
}

/* ---- the run -------------------------------------------------------------------------------- */

static wg_status read_options(run *r, const wg_train_options *given) {
    wg_train_options *o = &r->o;
    if (given) memcpy(o, given, given->size && given->size < sizeof *o ? given->size : sizeof *o);
    if (o->epochs == 0) o->epochs = 10;
    if (o->batch == 0) o->batch = 32;
    if (!o->rule) o->rule = "adam";
    if (o->schedule) r->schedule = *o->schedule;
    if (o->epochs < 0 || o->batch < 0)
        return wgi_error_to(r->error, WG_ERR_RANGE, "%lld epochs of batches of %lld",
                            (long long)o->epochs, (long long)o->batch);
    if ((unsigned)o->loss > WG_LOSS_SVM)
        return wgi_error_to(r->error, WG_ERR_RANGE, "no loss %d", (int)o->loss);
    return WG_OK;
}

static wg_status make_loaders(run *r, const wg_dataset *data, const wg_preprocess *p,
                              const wg_partition *split) {
    wg_error e = {WG_OK, ""};
    if (split->n_train < 1)
        return wgi_error_to(r->error, WG_ERR_RANGE, "there are no examples to train on");
    r->train = wg_loader_new(data, p, split->n_train, split->train, r->o.batch, &e);
    if (r->train && split->n_valid > 0)
        r->valid = wg_loader_new(data, p, split->n_valid, split->valid, r->o.batch, &e);
    if (r->train && r->o.augment) (void)wg_loader_augment(r->train, r->o.augment, &e);
    if (e.status != WG_OK) return wgi_error_to(r->error, e.status, "%s", e.text);
    return WG_OK;
}

static wg_status prepare(run *r, wg_model *model, const wg_dataset *data, const wg_preprocess *p,
                         const wg_partition *split) {
    wg_params *params = wg_model_params(model);
    wg_error e = {WG_OK, ""};
    wg_status s = wgi_feed_check(model, data, r->error);
    if (s == WG_OK) s = make_loaders(r, data, p, split);
    if (s == WG_OK) s = wgi_feed_init(&r->feed, model, r->o.loss, r->o.batch, r->error);
    if (s != WG_OK) return s;
    r->optim = wg_optim_new(r->o.rule, params, r->o.optim, &e);
    if (!r->optim) return wgi_error_to(r->error, e.status, "%s", e.text);
    r->best = wgi_alloc(all_bytes(params));
    if (!r->best) return wgi_error_to(r->error, WG_ERR_MEMORY, "no memory for the best weights");
    r->rate = wg_optim_rate(r->optim);
    r->event.size = sizeof r->event;
    r->event.epochs = r->o.epochs;
    r->event.batches = wg_loader_batches(r->train);
    r->event.rate = r->rate;
    if (r->schedule.kind == WG_SCHEDULE_COSINE && r->schedule.total == 0)
        r->schedule.total = (uint64_t)(r->o.epochs * r->event.batches);
    r->late_batch = split->n_train / r->o.batch;
    wg_tape_on_debug(r->feed.tape, r->o.debug, r->o.user);
    wg_tape_keep_grads(r->feed.tape, 0);
    wg_tape_profile(r->feed.tape, r->o.profile != NULL);
    wg_tape_seed(r->feed.tape, ~r->o.seed); /* apart from the streams that order the examples */
    return WG_OK;
}

static void clear(run *r) {
    if (r->o.profile && r->feed.tape) (void)wg_profile_of(r->feed.tape, r->o.profile);
    wgi_feed_clear(&r->feed);
    wg_loader_free(r->train);
    wg_loader_free(r->valid);
    wg_optim_free(r->optim);
    wgi_free(r->best);
    wg_lints_clear(&r->lints);
}

wg_status wg_train(wg_model *model, const wg_dataset *data, const wg_preprocess *preprocess,
                   const wg_partition *split, const wg_train_options *options,
                   wg_train_result *result, wg_error *error) {
    run r;
    wg_error own = {WG_OK, ""};
    memset(&r, 0, sizeof r);
    wgi_error_clear(error);
    r.error = error ? error : &own;
    wg_status s = read_options(&r, options);
    if (s == WG_OK) s = prepare(&r, model, data, preprocess, split);
    while (s == WG_OK && r.event.epoch < r.o.epochs && !r.result.stopped) s = epoch(&r);
    if (r.result.best_epoch > 0) copy_weights(&r, 1);
    clear(&r);
    if (result) {
        size_t size = result->size && result->size < sizeof *result ? result->size : sizeof *result;
        r.result.size = size;
        memcpy(result, &r.result, size);
    }
    return s;
}
