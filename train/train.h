/* train.h: the training loop, evaluation, saved models.
 *
 *     wg_train_options o = {.epochs = 20, .batch = 32, .rule = "adam", .seed = 0};
 *     wg_train(model, data, &preprocess, &split, &o, &result, &error);    // keeps the best weights
 *     wg_evaluate(model, data, &preprocess, split.n_test, split.test, &e, &error);
 *     wg_model_save("digits.safetensors", model, &info, &error);
 *
 * Nothing here prints: progress comes by callback.  Functions take a wg_error * last (NULL allowed)
 * and write it on failure alone. */
#ifndef WG_TRAIN_H
#define WG_TRAIN_H

#include "autograd/profile.h"
#include "check/check.h"
#include "check/lint.h"
#include "data/data.h"
#include "nn/nn.h"
#include "optim/optim.h"

#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- training ------------------------------------------------------------------------------- */

typedef enum { WG_LOSS_SOFTMAX, WG_LOSS_SVM } wg_loss;

/* The mean loss of scores (N, C) and labels (N): wg_softmax_loss or wg_svm_loss. */
WG_API wg_var wg_loss_apply(wg_loss loss, wg_var scores, wg_var labels);

typedef enum { WG_TRAIN_BATCH, WG_TRAIN_EPOCH } wg_train_moment;

/* Where training stands, after each batch and after each epoch. */
typedef struct wg_train_event {
    size_t size; /* sizeof(wg_train_event) of the library */
    wg_train_moment moment;
    int64_t epoch, epochs;   /* from 1 */
    int64_t batch, batches;  /* from 1; within the epoch */
    double loss, accuracy;   /* means over the epoch so far, on the weights as they were then */
    double valid_loss, valid_accuracy; /* at EPOCH; NaN without a validation part */
    double rate;             /* the learning rate of the last step */
    int best;                /* at EPOCH: these weights are the best so far */
} wg_train_event;
/* A result other than 0 stops the training as `stop` does. */
typedef int wg_train_callback(const wg_train_event *event, void *user);
/* A mistake that wg_lint found. */
typedef void wg_train_lint(const wg_lint_finding *finding, void *user);

/* Zero is the default everywhere. */
typedef struct wg_train_options {
    size_t size;                   /* sizeof(wg_train_options); 0 means this version's */
    int64_t epochs, batch;         /* 10, 32 */
    uint64_t seed;                 /* of the order of the examples and of dropout */
    const char *rule;              /* of wg_optim_new; NULL: "adam" */
    const wg_optim_options *optim; /* NULL: the rule's defaults */
    const wg_schedule *schedule;   /* counts steps, from the optimizer's rate; a COSINE without
                                      total goes over all steps.  NULL: constant */
    wg_loss loss;
    wg_train_callback *report;     /* NULL: none */
    void *user;
    const volatile sig_atomic_t *stop; /* once not 0, the training ends after the current batch; a
                                          signal handler may set it.  NULL: never */
    wg_train_lint *lint;   /* told of what wg_lint finds in the first batch and, of dead units, in
                              the last full batch of the first epoch, each once.  NULL: no lints */
    wg_debug_hook *debug;  /* of the training's tape; it looks where WG_DEBUG says so */
    wg_profile *profile;   /* filled with what training cost (wg_tape_profile), also where it failed;
                              NULL: not counted */
    const wg_augment *augment; /* of the training images; NULL: they stay as they are */
} wg_train_options;

typedef struct wg_train_result {
    size_t size;           /* set by the caller, 0: this version's */
    int64_t epochs, steps; /* made; an epoch that was stopped counts */
    int64_t best_epoch;    /* whose weights the model has, from 1; 0: none was finished */
    double loss, accuracy, valid_loss, valid_accuracy; /* of that epoch */
    int stopped;
} wg_train_result;

/* Trains the model on the split's training part and leaves it with the weights of the epoch that
 * was best on the validation part: highest accuracy, of equals the lowest loss; without a
 * validation part, of the last epoch.  A stop counts the epoch it ends.  preprocess may be NULL.
 * After the first step, and until the end, no memory is allocated (portable build).  One seed gives
 * one result, bit for bit, on one build and number of threads.
 *
 * VALUE when the loss is no finite number, naming epoch and batch; the model then has its best
 * weights so far, result says whose.  SHAPE when data and model do not fit, RANGE for options. */
WG_API wg_status wg_train(wg_model *model, const wg_dataset *data, const wg_preprocess *preprocess,
                          const wg_partition *split, const wg_train_options *options,
                          wg_train_result *result, wg_error *error);

/* ---- checking the gradient ------------------------------------------------------------------ */

/* Zero is the default everywhere. */
typedef struct wg_train_check_options {
    size_t size;      /* sizeof(wg_train_check_options); 0 means this version's */
    int64_t steps;    /* of training before the check; 0: none, the weights as they are */
    int64_t examples; /* that it is made on, the first that training would take; 0: 8 */
    const wg_gradcheck_options *check; /* NULL: the defaults, and 10 coordinates a parameter,
                                          which is also what its `coordinates` 0 means here */
} wg_train_check_options;

typedef struct wg_train_check_result {
    size_t size; /* set by the caller, 0: this version's */
    int64_t steps, examples;          /* made, used */
    wg_verdict verdict;               /* the worse of the two */
    wg_gradcheck_report *data;        /* of the loss of scores and labels, in training mode */
    wg_gradcheck_report *regulariser; /* of decay/2 |w|^2 over the parameters that the optimizer
                                         decays; no leaves where there is none */
} wg_train_check_result;

/* Trains the model for some steps as wg_train does with those options, without a validation part,
 * and checks its gradient there (wg_gradcheck), the data loss apart from the regulariser, which
 * might hide an error of it.  The model keeps the weights that the steps made.  Fewer steps are
 * made where the options' epochs or `stop` end earlier.
 *
 * WG_OK where every coordinate that was looked at passes or has a subgradient, WG_ERR_CHECK where
 * one does not (result->verdict), else why it could not be done, as wg_train and wg_gradcheck; the
 * verdict then is inconclusive.  The reports are the result's, which is cleared in any case. */
WG_API wg_status wg_train_check(wg_model *model, const wg_dataset *data,
                                const wg_preprocess *preprocess, const wg_partition *split,
                                const wg_train_options *training,
                                const wg_train_check_options *options,
                                wg_train_check_result *result, wg_error *error);
/* Frees the reports; a second call is harmless. */
WG_API void wg_train_check_clear(wg_train_check_result *result);

/* ---- evaluation ----------------------------------------------------------------------------- */

typedef struct wg_evaluation {
    size_t size;         /* set by the caller, 0: this version's */
    wg_loss loss_kind;   /* set by the caller */
    int64_t *confusion;  /* set by the caller: NULL, or (classes, classes) counts to be written, a
                            row a label, a column a prediction */
    int64_t n, right;    /* examples; those whose highest score, the first of equals, is theirs */
    double loss;         /* mean; NaN for n = 0 */
    double accuracy;     /* right / n; NaN for n = 0 */
} wg_evaluation;

/* Evaluates the n examples at index (NULL: 0 .. n - 1), in evaluation mode. */
WG_API wg_status wg_evaluate(wg_model *model, const wg_dataset *data,
                             const wg_preprocess *preprocess, int64_t n, const int64_t *index,
                             wg_evaluation *evaluation, wg_error *error);

/* Class probabilities (n, classes), the softmax of the scores, of images x (n, H, W, C) that are
 * preprocessed already. */
WG_API wg_status wg_predict(wg_model *model, int64_t n, const float *x, double *probabilities,
                            wg_error *error);

/* ---- saved models --------------------------------------------------------------------------- */

/* What a saved model knows beside its architecture and its weights. */
typedef struct wg_model_info {
    int64_t n_classes;
    char **classes;           /* (n_classes), and a NULL behind the last */
    wg_preprocess preprocess;
    uint64_t seed;
} wg_model_info;

/* Writes a safetensors file with the parameters under their names and, as metadata, format
 * "wengert", version "1", arch, input "[H, W, C]", classes (a JSON list), preprocess (JSON), layout
 * "OHWI", seed.  Crash-safe as wg_safetensors_write: path holds the old file or the new one, whole.
 * VALUE names a parameter that is not finite. */
WG_API wg_status wg_model_save(const char *path, wg_model *model, const wg_model_info *info,
                               wg_error *error);
/* Reads such a file; NULL on failure, and info stays as it was.  FORMAT for a file of another kind
 * or version, and where a tensor's name, shape or dtype is not the architecture's or a number is
 * not finite.  The caller frees the model and clears info. */
WG_API wg_model *wg_model_load(const char *path, wg_model_info *info, wg_error *error);
WG_API void wg_model_info_clear(wg_model_info *info);

#ifdef __cplusplus
}
#endif
#endif
