/* optim.h: update rules, which turn gradients into steps, and learning-rate schedules.
 *
 *     wg_optim *o = wg_optim_new("adam", params, &(wg_optim_options){.rate = 0.001}, &error);
 *     wg_params_clear_grads(params);
 *     wg_backward(loss);
 *     wg_optim_step(o);
 *
 * A step is one pass over the store's contiguous blocks, float32 and float64, on several threads
 * with the same bits for any number of them.  State is allocated once, by wg_optim_new. */
#ifndef WG_OPTIM_H
#define WG_OPTIM_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- update rules --------------------------------------------------------------------------- */

typedef struct wg_optim wg_optim;

/* Zero is the rule's default everywhere. */
typedef struct wg_optim_options {
    size_t size;   /* sizeof(wg_optim_options); 0 means this version's */
    double rate;   /* learning rate; default: the rule's */
    double momentum;
    double beta1, beta2, eps; /* of adam: 0.9, 0.999, 1e-8 */
    double decay;  /* L2: adds decay/2 |w|^2 to the loss, over parameters of rank 2 and more */
    double clip;   /* scales all gradients so that their common norm is at most this; 0: never */
} wg_optim_options;

/* With x the parameter, g its gradient (of loss and decay, clipped), r the rate:
 *
 *   sgd       x -= r g                              r = 0.01; with a momentum: as momentum
 *   momentum  v = mu v - r g; x += v                r = 0.01, mu = 0.9 (B. T. Polyak, "Some methods
 *             of speeding up the convergence of iteration methods", 1964)
 *   nesterov  v' = mu v - r g; x += mu v' - r g     the same, the gradient taken a step ahead
 *             (Y. Bengio, N. Boulanger-Lewandowski, R. Pascanu, ICASSP 2013, eq. 7)
 *   adam      m = b1 m + (1 - b1) g; s = b2 s + (1 - b2) g^2;
 *             x -= r (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + eps)      r = 0.001
 *             (D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015)
 *
 * Frozen parameters (wg_params_freeze), and their v, m and s, stay as they are; t counts all steps.
 *
 * NAME for another rule (the text lists these), RANGE for a number that cannot be used, MEMORY.
 * The store is laid out, must outlive the optimizer and is not owned.  options may be NULL. */
WG_API wg_optim *wg_optim_new(const char *rule, wg_params *params, const wg_optim_options *options,
                              wg_error *error);
WG_API void wg_optim_free(wg_optim *optim);
/* One step by the gradients of the store, which stay as they are.  Allocates nothing. */
WG_API void wg_optim_step(wg_optim *optim);
/* The learning rate of the next step. */
WG_API double wg_optim_rate(const wg_optim *optim);
WG_API void wg_optim_set_rate(wg_optim *optim, double rate);
/* Steps made so far. */
WG_API uint64_t wg_optim_steps(const wg_optim *optim);
/* The common norm of the gradients at the last step, before clipping; 0 where clip is 0. */
WG_API double wg_optim_grad_norm(const wg_optim *optim);
/* The default rate of a rule; NaN for an unknown one.  The i-th rule, NULL past the last. */
WG_API double wg_optim_default_rate(const char *rule);
WG_API const char *wg_optim_rule(size_t i);

/* ---- schedules ------------------------------------------------------------------------------ */

typedef enum {
    WG_SCHEDULE_CONSTANT,
    WG_SCHEDULE_STEP,  /* times `factor` after every `every` steps */
    WG_SCHEDULE_COSINE /* down to `factor` of the first rate over `total` steps, along half a cosine
                          (I. Loshchilov, F. Hutter, "SGDR", ICLR 2017, without restarts) */
} wg_schedule_kind;

typedef struct wg_schedule {
    wg_schedule_kind kind;
    double factor;          /* STEP: default 0.1; COSINE: default 0 */
    uint64_t every, total;  /* in whatever `at` counts; STEP: every; COSINE: total */
    uint64_t warmup;        /* the first so many rise linearly from 0; any kind */
} wg_schedule;

/* What the first rate is multiplied with at step `at`, from 0.  NULL: 1. */
WG_API double wg_schedule_factor(const wg_schedule *schedule, uint64_t at);
/* "constant", "step", "cosine"; NAME with a text that lists them. */
WG_API wg_status wg_schedule_by_name(const char *name, wg_schedule_kind *kind, wg_error *error);

#ifdef __cplusplus
}
#endif
#endif
