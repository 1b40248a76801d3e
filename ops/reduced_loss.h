/* reduced_loss.h: what losses with a reduction share: their attribute, the shape of the result, the
 * run of the kernel, and the cotangent that each loss gets. */
#ifndef WGI_REDUCED_LOSS_H
#define WGI_REDUCED_LOSS_H

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"

/* The row of the attribute `reduction`, a field of `type`. */
#define WGI_REDUCTION_ROW(type)                                                                    \
    {.name = "reduction", .kind = WG_ATTR_WORD, .offset = offsetof(type, reduction),               \
     .preset = WG_REDUCTION_MEAN, .doc = "the mean of the losses, their sum, or each of them",     \
     .words = wgi_reduction_words}
extern const char *const wgi_reduction_words[];

/* What the body of wgi_parallel_for over losses is given. */
typedef struct wgi_loss_work {
    const wg_call *call;
    void *loss; /* the losses, in the call's float type */
} wgi_loss_work;

/* y's shape: each, that of the losses; else rank 0.  RANGE for a reduction that is none. */
wg_status wgi_loss_shape(wg_call *c, int reduction, wg_shape each);
/* SHAPE unless all operands have the shape of the first. */
wg_status wgi_loss_same_shape(const wg_call *c);
/* Runs body over n losses and reduces them into y. */
wg_status wgi_loss_run(wg_call *c, int reduction, int64_t n, int64_t grain,
                       void (*body)(int64_t begin, int64_t end, void *work));
/* The cotangent of each of n losses from that of y: of rank 0, or in the shape of the losses. */
wg_var wgi_loss_cotangent(const wg_pull *p, int reduction, int64_t n);
/* RANGE unless the attribute is finite and not negative (positive, where zero is 0). */
wg_status wgi_loss_check(const wg_call *c, const char *name, double value, int zero);

#endif
