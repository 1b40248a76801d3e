/* The training loop: it learns, repeats itself, keeps the best weights, stops when told, reports a
 * loss that is no number, and allocates nothing after its first step. */
#include "backend/backend.h"
#include "backend/memory.h"
#include "tests/oom.h"
#include "tests/suites.h"
#include "tests/train/malloc_count.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char ARCH[] = "CONV3x8-BN-RELU-POOL2-DROP0.9-FC16-RELU";

/* Digits, their parts, and a small network. */
typedef struct rig {
    wg_dataset *data;
    wg_partition split;
    wg_preprocess preprocess;
    wg_model *model;
} rig;

static void rig_init(rig *r, const char *arch, double valid, double test, wg_dtype dtype) {
    wg_error e;
    memset(r, 0, sizeof *r);
    r->data = wg_dataset_open("digits", &e);
    ck_assert_ptr_nonnull(r->data);
    ck_assert_int_eq(wg_dataset_split(r->data, valid, test, 0, &r->split, &e), WG_OK);
    ck_assert_int_eq(wg_preprocess_fit(r->data, r->split.n_train, r->split.train, WG_NORM_SCALE,
                                       &r->preprocess, &e), WG_OK);
    wg_model_options o = {.dtype = dtype};
    r->model = wg_model_new(arch, 8, 8, 1, 10, &o, &e);
    ck_assert_ptr_nonnull(r->model);
}

static void rig_clear(rig *r) {
    wg_model_free(r->model);
    wg_preprocess_clear(&r->preprocess);
    wg_partition_clear(&r->split);
    wg_dataset_free(r->data);
}

static wg_status rig_train(rig *r, const wg_train_options *o, wg_train_result *result,
                           wg_error *e) {
    return wg_train(r->model, r->data, &r->preprocess, &r->split, o, result, e);
}

/* All numbers of a model, to be freed. */
static char *weights_of(wg_model *m, size_t *bytes) {
    wg_params *p = wg_model_params(m);
    char *all = NULL;
    *bytes = 0;
    for (size_t i = 0; i < wg_params_count(p); ++i) {
        wg_param *q = wg_params_at(p, i);
        size_t n = (size_t)wg_shape_size(wg_param_shape(q)) * wg_dtype_size(wg_param_dtype(q));
        all = realloc(all, *bytes + n);
        memcpy(all + *bytes, wg_param_data(q), n);
        *bytes += n;
    }
    return all;
}

/* ---- learning ------------------------------------------------------------------------------- */

START_TEST(learns) {
    static const wg_loss losses[] = {WG_LOSS_SOFTMAX, WG_LOSS_SVM};
    for (int i = 0; i < 2; ++i) {
        rig r;
        wg_error e;
        wg_train_result result = {.size = sizeof result};
        wg_train_options o = {.size = sizeof o, .epochs = 5, .loss = losses[i]};
        wg_optim_options adam = {.rate = 0.005};
        o.optim = &adam;
        rig_init(&r, ARCH, 0.1, 0.2, WG_F32);
        wg_status s = rig_train(&r, &o, &result, &e);
        ck_assert_msg(s == WG_OK, "%s", e.text);
        ck_assert_int_eq(result.epochs, 5);
        ck_assert_int_eq(result.steps, 5 * ((r.split.n_train + 31) / 32));
        ck_assert_int_eq(result.stopped, 0);
        ck_assert_int_ge(result.best_epoch, 1);
        ck_assert(result.valid_accuracy > 0.9 && result.valid_accuracy <= 1);
        int64_t confusion[100];
        wg_evaluation h = {.size = sizeof h, .loss_kind = losses[i], .confusion = confusion};
        ck_assert_int_eq(wg_evaluate(r.model, r.data, &r.preprocess, r.split.n_test, r.split.test,
                                     &h, &e), WG_OK);
        int64_t sum = 0, right = 0;
        for (int k = 0; k < 100; ++k) sum += confusion[k];
        for (int k = 0; k < 10; ++k) right += confusion[11 * k];
        ck_assert_int_eq(h.n, r.split.n_test);
        ck_assert_int_eq(sum, h.n);
        ck_assert_int_eq(right, h.right);
        check_near(h.accuracy, (double)right / (double)sum, 0);
        ck_assert(h.accuracy > 0.9 && h.loss > 0);
        rig_clear(&r);
    }
}
END_TEST

typedef struct peak {
    double accuracy, loss; /* of the best epoch so far */
    int64_t epoch;
    int worse; /* epochs that were not the best so far */
} peak;

static int find_peak(const wg_train_event *e, void *user) {
    peak *p = user;
    if (e->moment == WG_TRAIN_BATCH) return 0;
    int best = p->epoch == 0 || e->valid_accuracy > p->accuracy ||
               (e->valid_accuracy == p->accuracy && e->valid_loss < p->loss);
    ck_assert_int_eq(e->best, best);
    p->worse += !best;
    if (!best) return 0;
    p->accuracy = e->valid_accuracy;
    p->loss = e->valid_loss;
    p->epoch = e->epoch;
    return 0;
}

/* Of an unsteady run, the best epoch's weights are left behind. */
START_TEST(keeps_the_best) {
    rig r;
    wg_error e;
    peak p = {0, 0, 0, 0};
    wg_train_result result = {.size = 0};
    wg_optim_options adam = {.rate = 0.08};
    wg_train_options o = {.epochs = 12, .optim = &adam, .report = find_peak, .user = &p};
    rig_init(&r, "FC8-RELU", 0.2, 0.2, WG_F32);
    ck_assert_int_eq(rig_train(&r, &o, &result, &e), WG_OK);
    ck_assert_int_gt(p.worse, 0);
    ck_assert_int_eq(result.best_epoch, p.epoch);
    wg_evaluation v = {.size = sizeof v};
    ck_assert_int_eq(wg_evaluate(r.model, r.data, &r.preprocess, r.split.n_valid, r.split.valid,
                                 &v, &e), WG_OK);
    check_near(v.accuracy, p.accuracy, 0);
    check_near(v.loss, p.loss, 1e-6);
    rig_clear(&r);
}
END_TEST

/* A network with room enough learns thirty examples by heart, in both float types. */
START_TEST(overfits) {
    for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
        rig r;
        wg_error e;
        wg_train_result result = {.size = sizeof result};
        wg_optim_options adam = {.rate = 0.01};
        wg_train_options o = {.epochs = 150, .batch = 10, .optim = &adam};
        rig_init(&r, "FC32-TANH", 0, 0, (wg_dtype)dtype);
        r.split.n_train = 30;
        ck_assert_int_eq(rig_train(&r, &o, &result, &e), WG_OK);
        ck_assert_int_eq(result.best_epoch, 150); /* without validation: the last */
        ck_assert(isnan(result.valid_accuracy));
        check_near(result.accuracy, 1, 0);
        ck_assert(result.loss < 0.05);
        rig_clear(&r);
    }
}
END_TEST

START_TEST(repeats) {
    char *first = NULL;
    size_t bytes = 0;
    for (int i = 0; i < 3; ++i) {
        rig r;
        wg_train_options o = {.epochs = 1, .batch = 64, .seed = i == 2};
        rig_init(&r, ARCH, 0.1, 0.2, WG_F32);
        ck_assert_int_eq(rig_train(&r, &o, NULL, NULL), WG_OK);
        char *w = weights_of(r.model, &bytes);
        if (i == 0) first = w;
        if (i == 1) ck_assert_int_eq(memcmp(first, w, bytes), 0);
        if (i == 2) ck_assert_int_ne(memcmp(first, w, bytes), 0);
        if (i > 0) free(w);
        rig_clear(&r);
    }
    free(first);
}
END_TEST

/* ---- reports and stops ---------------------------------------------------------------------- */

typedef struct seen {
    int batches, epochs, stop_after;
    volatile sig_atomic_t *flag;
    double last_rate;
} seen;

static int watch(const wg_train_event *e, void *user) {
    seen *s = user;
    ck_assert_int_eq((int)e->size, sizeof *e);
    ck_assert(e->epoch >= 1 && e->epoch <= e->epochs && e->batch <= e->batches);
    s->last_rate = e->rate;
    if (e->moment == WG_TRAIN_EPOCH) {
        ++s->epochs;
        ck_assert(!isnan(e->valid_loss));
        return 0;
    }
    ck_assert(isnan(e->valid_accuracy));
    ++s->batches;
    if (s->batches != s->stop_after) return 0;
    if (s->flag) *s->flag = 1;
    return s->flag == NULL;
}

START_TEST(reports) {
    rig r;
    seen s = {0, 0, 0, NULL, 0};
    wg_schedule cosine = {.kind = WG_SCHEDULE_COSINE};
    wg_train_options o = {.epochs = 2, .batch = 100, .report = watch, .user = &s,
                          .schedule = &cosine};
    rig_init(&r, "", 0.1, 0.2, WG_F32);
    ck_assert_int_eq(rig_train(&r, &o, NULL, NULL), WG_OK);
    int batches = (int)((r.split.n_train + 99) / 100);
    ck_assert_int_eq(s.batches, 2 * batches);
    ck_assert_int_eq(s.epochs, 2);
    double done = (2 * batches - 1) / (2.0 * batches);
    check_near(s.last_rate, 0.001 * (1 + cos(3.14159265358979323846 * done)) / 2, 1e-12);
    rig_clear(&r);
}
END_TEST

/* Both ways to stop, in the second epoch: the run ends after that batch with an evaluated epoch. */
START_TEST(stops) {
    for (int way = 0; way < 2; ++way) {
        rig r;
        wg_error e;
        volatile sig_atomic_t flag = 0;
        wg_train_result result = {.size = sizeof result};
        rig_init(&r, "FC16-RELU", 0.1, 0.2, WG_F32);
        int batches = (int)((r.split.n_train + 31) / 32);
        seen s = {0, 0, batches + 3, way ? &flag : NULL, 0};
        wg_optim_options adam = {.rate = 0.01};
        wg_train_options o = {.epochs = 50, .report = watch, .user = &s, .stop = &flag,
                              .optim = &adam};
        ck_assert_int_eq(rig_train(&r, &o, &result, &e), WG_OK);
        ck_assert_int_eq(result.stopped, 1);
        ck_assert_int_eq(result.epochs, 2);
        ck_assert_int_eq(result.steps, batches + 3);
        ck_assert_int_eq(s.epochs, 2);
        ck_assert(result.best_epoch >= 1);
        ck_assert(result.valid_accuracy > 0.2);
        rig_clear(&r);
    }
}
END_TEST

/* ---- what goes wrong ------------------------------------------------------------------------ */

START_TEST(loss_not_finite) {
    rig r;
    wg_error e;
    wg_train_result result = {.size = sizeof result};
    wg_optim_options sgd = {.rate = 1e20};
    wg_train_options o = {.epochs = 3, .rule = "sgd", .optim = &sgd};
    rig_init(&r, "FC16-RELU", 0.1, 0.2, WG_F32);
    ck_assert_int_eq(rig_train(&r, &o, &result, &e), WG_ERR_VALUE);
    ck_assert_msg(strstr(e.text, "epoch 1, batch ") && strstr(e.text, "the loss is "), "%s",
                  e.text);
    ck_assert_msg(strstr(e.text, "a smaller learning rate than 1e+20 may help") != NULL, "%s",
                  e.text);
    ck_assert_int_eq(result.best_epoch, 0);
    rig_clear(&r);
}
END_TEST

START_TEST(refusals) {
    rig r;
    wg_error e;
    rig_init(&r, "", 0.1, 0.2, WG_F32);
    ck_assert_int_eq(rig_train(&r, &(wg_train_options){.epochs = -1}, NULL, &e), WG_ERR_RANGE);
    ck_assert_int_eq(rig_train(&r, &(wg_train_options){.rule = "x"}, NULL, &e), WG_ERR_NAME);
    ck_assert_int_eq(rig_train(&r, &(wg_train_options){.batch = INT64_MAX}, NULL, &e),
                     WG_ERR_MEMORY);
    wg_partition empty = {0, 0, 0, NULL, NULL, NULL};
    ck_assert_int_eq(wg_train(r.model, r.data, NULL, &empty, NULL, NULL, &e), WG_ERR_RANGE);
    ck_assert_str_eq(e.text, "there are no examples to train on");
    wg_model *other = wg_model_new("", 8, 7, 1, 10, NULL, NULL);
    ck_assert_int_eq(wg_train(other, r.data, NULL, &r.split, NULL, NULL, &e), WG_ERR_SHAPE);
    ck_assert_str_eq(e.text, "the examples are 8 x 8 x 1, the model takes 8 x 7 x 1");
    wg_evaluation v = {.size = sizeof v};
    ck_assert_int_eq(wg_evaluate(other, r.data, NULL, 1, NULL, &v, &e), WG_ERR_SHAPE);
    wg_model_free(other);
    other = wg_model_new("", 8, 8, 1, 9, NULL, NULL);
    ck_assert_int_eq(wg_train(other, r.data, NULL, &r.split, NULL, NULL, &e), WG_ERR_SHAPE);
    ck_assert_str_eq(e.text, "the data have 10 classes, the model 9");
    wg_model_free(other);
    ck_assert_int_eq(wg_evaluate(r.model, r.data, NULL, 0, NULL, &v, &e), WG_OK);
    ck_assert_int_eq(v.n, 0);
    ck_assert(isnan(v.loss) && isnan(v.accuracy));
    rig_clear(&r);
}
END_TEST

START_TEST(predictions) {
    rig r;
    wg_error e;
    rig_init(&r, "FC8", 0.1, 0.2, WG_F64);
    float x[2 * 64];
    double p[20];
    for (int i = 0; i < 128; ++i) x[i] = (float)(i % 7) / 7;
    ck_assert_int_eq(wg_predict(r.model, 2, x, p, &e), WG_OK);
    for (int i = 0; i < 2; ++i) {
        double sum = 0;
        for (int k = 0; k < 10; ++k) sum += p[10 * i + k];
        check_near(sum, 1, 1e-12);
    }
    ck_assert(p[0] != p[10]);
    ck_assert_int_eq(wg_predict(r.model, 0, NULL, NULL, &e), WG_OK);
    rig_clear(&r);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

static long after_first_step, mallocs_after_first_step;

static int count_at_first(const wg_train_event *e, void *user) {
    (void)user;
    if (e->epoch == 1 && e->moment == WG_TRAIN_BATCH && e->batch == 1) {
        after_first_step = allocations_counted();
        mallocs_after_first_step = malloc_calls();
    }
    if (e->epoch == e->epochs && e->moment == WG_TRAIN_EPOCH) {
        long allocations = allocations_counted(), mallocs = malloc_calls(); /* checks allocate */
        ck_assert_int_eq(allocations, after_first_step);
        if (strncmp(wg_backend_name(), "portable", 8) == 0)
            ck_assert_int_eq(mallocs, mallocs_after_first_step);
        ++*(int *)user;
    }
    return 0;
}

/* From the first step to the end of the last validation: no call of the library's allocator and on
 * the portable build no call of malloc at all.  Batches of 50 leave a shorter last one. */
START_TEST(no_allocation) {
    rig r;
    int ended = 0;
    wg_schedule cosine = {.kind = WG_SCHEDULE_COSINE};
    wg_optim_options optim = {.clip = 1, .decay = 1e-4};
    wg_train_options o = {.epochs = 2, .batch = 50, .report = count_at_first, .user = &ended,
                          .schedule = &cosine, .optim = &optim};
    rig_init(&r, "CONV3x8-BN-RELU-POOL2-CONV3x8-LRELU-AVGPOOL2-DROP0.9-FC16-TANH-FC8-SIGMOID",
             0.1, 0.2, WG_F32);
    count_allocations();
    wg_status s = rig_train(&r, &o, NULL, NULL);
    wg_set_allocator(NULL);
    ck_assert_int_eq(s, WG_OK);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_gt(after_first_step, 10);
    rig_clear(&r);
}
END_TEST

static wg_status train_once(void) {
    wg_error e = {WG_OK, ""};
    wg_train_options o = {.epochs = 1, .batch = 3};
    int64_t index[] = {0, 1, 2, 3, 4};
    wg_partition split = {4, 1, 0, index, index + 4, NULL};
    wg_dataset *d = wg_dataset_new(5, 4, 4, 1, 0, 2, &e);
    wg_model *m = d ? wg_model_new("CONV3x2-BN-RELU-POOL2-DROP0.9-FC3", 4, 4, 1, 2, NULL, &e)
                    : NULL;
    if (m) (void)wg_train(m, d, NULL, &split, &o, NULL, &e);
    wg_model_free(m);
    wg_dataset_free(d);
    return e.status;
}

START_TEST(no_memory) { ck_assert_int_gt(run_out_of_memory("train", train_once), 30); }
END_TEST

extern Suite *suite_train(void);
Suite *suite_train(void) {
    Suite *s = suite_create("train");
    TCase *c = tcase_create("train");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, learns);
    tcase_add_test(c, keeps_the_best);
    tcase_add_test(c, overfits);
    tcase_add_test(c, repeats);
    tcase_add_test(c, reports);
    tcase_add_test(c, stops);
    tcase_add_test(c, loss_not_finite);
    tcase_add_test(c, refusals);
    tcase_add_test(c, predictions);
    tcase_add_test(c, no_allocation);
    tcase_add_test(c, no_memory);
    suite_add_tcase(s, c);
    return s;
}
