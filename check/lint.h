/* lint.h: mistakes of a training step that compute without an error, and how to mend them.
 *
 *     wg_lints l = {0};
 *     wg_backward(loss);
 *     wg_lint(loss, params, NULL, &l);                    // before the optimizer's step
 *     for (size_t i = 0; i < l.n; ++i)
 *         printf("%s: %s\n", l.findings[i].subject, l.findings[i].text);
 *     wg_lints_clear(&l);
 */
#ifndef WG_LINT_H
#define WG_LINT_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds are only appended. */
typedef enum {
    WG_LINT_STALE_STEP,     /* an optimizer stepped without a backward since its last step */
    WG_LINT_UNCLEARED,      /* gradients were added to those of an earlier step */
    WG_LINT_UNREACHED,      /* no gradient of the loss can come to a trainable parameter */
    WG_LINT_ZERO_GRADIENT,  /* a parameter's gradient is 0 in every element */
    WG_LINT_DEAD_UNITS,     /* units with slope 0 for every example of the batch */
    WG_LINT_BROADCAST,      /* operands of different rank whose result is larger than either */
    WG_LINT_DOUBLE_SOFTMAX, /* softmax gives the scores of a loss that applies it */
    WG_LINT_REGULARISER,    /* at the start it outweighs the loss of the data */
    WG_LINT_KINDS
} wg_lint_kind;

typedef struct wg_lint_finding {
    wg_lint_kind kind;
    const char *site;   /* "file:line", NULL where it is not known; the caller's literal */
    char subject[80];   /* a parameter's name, or a gate's with where it stands: "relu of fc1.w" */
    char text[320];     /* what is wrong and how to mend it */
} wg_lint_finding;

/* Zero fields are the defaults. */
typedef struct wg_lint_options {
    size_t size;   /* sizeof(wg_lint_options); 0 means this version's */
    unsigned skip; /* bit k: leave kind k out */
    double decay;  /* of the optimizer: decay/2 |w|^2 over parameters of rank 2 and more counts as a
                      regulariser */
    double dead;   /* the share of a layer's units above which they are told of; default 0.5 */
} wg_lint_options;

typedef struct wg_lints {
    size_t n, room;
    wg_lint_finding *findings; /* in the order of the kinds */
} wg_lints;

/* "stale-step", "uncleared", "unreached", ...; "unknown". */
WG_API const char *wg_lint_name(wg_lint_kind kind);
/* Appends to *lints (zeros at first) what is found in the values below loss and in the store, which
 * may be NULL: then parameters are left out.  Zero gradients are looked for where wg_backward(loss)
 * ran, dead units in batches of 8 and more, a large regulariser before the first step.  The loss
 * has one element.  Nothing is changed.  STALE, SHAPE, DTYPE as wg_backward, MEMORY. */
WG_API wg_status wg_lint(wg_var loss, wg_params *params, const wg_lint_options *options,
                         wg_lints *lints);
WG_API void wg_lints_clear(wg_lints *lints);

#ifdef __cplusplus
}
#endif
#endif
