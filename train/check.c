/* check.c: the gradient check of a model in training: after some steps, on a small batch, the data
 * loss apart from the regulariser, a few coordinates of every parameter. */
#include "train/feed.h"

#include "autograd/tape.h"
#include "check/gradcheck.h"
#include "ops/ops.h"

#include <string.h>

enum { EXAMPLES = 8, FEW = 10 };

typedef struct checking {
    wgi_feed feed;
    wg_train_check_options o;
    wg_gradcheck_options check;
    wg_train_options training;
    int64_t steps;
    wg_train_check_result *result;
    wg_error *error;
} checking;

/* ---- training ------------------------------------------------------------------------------- */

typedef struct limit {
    int64_t left;
    const wg_train_options *given;
} limit;

static int stop_in_time(const wg_train_event *event, void *user) {
    limit *l = user;
    int stop = l->given->report ? l->given->report(event, l->given->user) : 0;
    if (event->moment == WG_TRAIN_BATCH) l->left -= 1;
    return stop || l->left <= 0;
}

static void pass_lint(const wg_lint_finding *f, void *user) {
    const limit *l = user;
    l->given->lint(f, l->given->user);
}

static void pass_debug(const wg_debug_report *r, void *user) {
    const limit *l = user;
    l->given->debug(r, l->given->user);
}

/* The steps, without a validation part: the last weights stay. */
static wg_status train(checking *c, wg_model *model, const wg_dataset *data,
                       const wg_preprocess *preprocess, const wg_partition *split) {
    limit l = {c->o.steps, &c->training};
    wg_train_options o = c->training;
    wg_train_result made = {.size = sizeof made};
    wg_partition part = *split;
    o.size = sizeof o;
    o.report = stop_in_time;
    o.user = &l;
    o.lint = o.lint ? pass_lint : NULL;
    o.debug = o.debug ? pass_debug : NULL;
    part.n_valid = 0;
    if (c->o.steps == 0) return WG_OK;
    wg_status s = wg_train(model, data, preprocess, &part, &o, &made, c->error);
    c->steps = made.steps;
    return s;
}

/* ---- the two parts of the loss -------------------------------------------------------------- */

/* The first batch of the training part, in training mode: dropout's mask is drawn once, statistics
 * are those of the batch. */
static wg_var data_loss(checking *c, wg_loader *loader) {
    wgi_outcome out;
    wg_loader_start(loader, c->training.seed, 1);
    c->result->examples = wg_loader_next(loader, c->feed.x, c->feed.labels);
    wg_var scores = wgi_feed_scores(&c->feed, c->result->examples, 1);
    return wgi_feed_loss(&c->feed, scores, c->result->examples, &out);
}

/* decay/2 sum |w|^2 over what the optimizer decays; WG_NONE where there is nothing. */
static wg_var regulariser(checking *c) {
    wg_params *params = wg_model_params(c->feed.model);
    double decay = c->training.optim ? c->training.optim->decay : 0;
    wg_var sum = WG_NONE;
    wg_tape_rewind(c->feed.tape);
    for (size_t i = 0; decay > 0 && i < wg_params_count(params); ++i) {
        wg_param *p = wg_params_at(params, i);
        if (!wg_param_trainable(p) || wg_param_frozen(p) || wg_param_shape(p).rank < 2) continue;
        wg_var part = wg_scale(wg_sum(wg_square(wg_use(c->feed.tape, p))), decay / 2);
        sum = sum.tape ? wg_add(sum, part) : part;
    }
    return sum;
}

static wg_status check(checking *c, wg_var root, wg_gradcheck_report *report) {
    wg_status s = wgi_feed_error(&c->feed, c->error);
    if (s != WG_OK) return s;
    report->size = sizeof *report;
    s = wg_gradcheck(root, &c->check, report);
    c->result->verdict = wgi_worse_verdict(c->result->verdict, report->verdict);
    if (s == WG_OK || s == WG_ERR_CHECK) return WG_OK;
    return wgi_error_to(c->error, s, "%s", report->error.text);
}

static wg_status check_both(checking *c, wg_loader *loader) {
    wg_status s = check(c, data_loss(c, loader), c->result->data);
    wg_var penalty = s == WG_OK ? regulariser(c) : WG_NONE;
    if (penalty.tape) s = check(c, penalty, c->result->regulariser);
    if (s != WG_OK) return s;
    return c->result->verdict == WG_VERDICT_PASS || c->result->verdict == WG_VERDICT_SUBGRADIENT
               ? WG_OK
               : WG_ERR_CHECK;
}

/* ---- the call ------------------------------------------------------------------------------- */

static wg_status read_options(checking *c, const wg_train_options *training,
                              const wg_train_check_options *given) {
    wg_train_check_options *o = &c->o;
    wg_train_options *t = &c->training;
    if (given) memcpy(o, given, given->size && given->size < sizeof *o ? given->size : sizeof *o);
    if (training)
        memcpy(t, training, training->size && training->size < sizeof *t ? training->size
                                                                          : sizeof *t);
    if (o->steps < 0 || o->examples < 0)
        return wgi_error_to(c->error, WG_ERR_RANGE, "a check after %lld steps, on %lld examples",
                            (long long)o->steps, (long long)o->examples);
    if (o->examples == 0) o->examples = EXAMPLES;
    if (o->check) {
        size_t size = o->check->size ? o->check->size : sizeof c->check;
        memcpy(&c->check, o->check, size < sizeof c->check ? size : sizeof c->check);
    }
    c->check.size = sizeof c->check;
    if (c->check.coordinates == 0) c->check.coordinates = FEW;
    return WG_OK;
}

static wg_status make_result(checking *c) {
    c->result->data = wgi_alloc_zero(sizeof *c->result->data);
    c->result->regulariser = wgi_alloc_zero(sizeof *c->result->regulariser);
    if (c->result->data && c->result->regulariser) return WG_OK;
    return wgi_error_to(c->error, WG_ERR_MEMORY, "no memory for a gradient check");
}

static wg_status work(checking *c, wg_model *model, const wg_dataset *data,
                      const wg_preprocess *preprocess, const wg_partition *split) {
    wg_error e = {WG_OK, ""};
    wg_status s = wgi_feed_check(model, data, c->error);
    if (s == WG_OK) s = make_result(c);
    if (s == WG_OK) s = train(c, model, data, preprocess, split);
    if (s == WG_OK)
        s = wgi_feed_init(&c->feed, model, c->training.loss, c->o.examples, c->error);
    if (s != WG_OK) return s;
    if (split->n_train < 1)
        return wgi_error_to(c->error, WG_ERR_RANGE, "there are no examples to check on");
    wg_loader *loader = wg_loader_new(data, preprocess, split->n_train, split->train,
                                      c->o.examples, &e);
    s = loader ? check_both(c, loader) : wgi_error_to(c->error, e.status, "%s", e.text);
    wg_loader_free(loader);
    return s;
}

wg_status wg_train_check(wg_model *model, const wg_dataset *data, const wg_preprocess *preprocess,
                         const wg_partition *split, const wg_train_options *training,
                         const wg_train_check_options *options, wg_train_check_result *result,
                         wg_error *error) {
    checking c;
    wg_error own = {WG_OK, ""};
    wg_train_check_result r = {.size = sizeof r, .verdict = WG_VERDICT_PASS};
    memset(&c, 0, sizeof c);
    wgi_error_clear(error);
    c.error = error ? error : &own;
    c.result = &r;
    wg_status s = read_options(&c, training, options);
    if (s == WG_OK) s = work(&c, model, data, preprocess, split);
    r.steps = c.steps;
    if (s != WG_OK && s != WG_ERR_CHECK) r.verdict = WG_VERDICT_INCONCLUSIVE;
    wgi_feed_clear(&c.feed);
    if (!result) {
        wg_train_check_clear(&r);
        return s;
    }
    r.size = result->size && result->size < sizeof r ? result->size : sizeof r;
    memcpy(result, &r, r.size);
    return s;
}

void wg_train_check_clear(wg_train_check_result *r) {
    if (!r) return;
    wg_gradcheck_report_clear(r->data);
    wg_gradcheck_report_clear(r->regulariser);
    wgi_free(r->data);
    wgi_free(r->regulariser);
    r->data = r->regulariser = NULL;
}
