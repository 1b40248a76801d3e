/* svm_loss.h: the pieces that svm_loss and its gradient lie in. */
#ifndef WGI_SVM_LOSS_H
#define WGI_SVM_LOSS_H

#include "ops/choices.h"
#include "ops/losses.h"

static inline uint64_t wgi_svm_signature(const wg_call *c) {
    const wg_value *s = c->x[0], *l = c->x[1];
    uint64_t hash = 0;
    for (int64_t i = 0; i < s->dim[0]; ++i) {
        int64_t label = ((const int64_t *)l->data)[i * l->stride[0]];
        double right = wgi_float_at(s, i * s->stride[0] + label * s->stride[1]);
        for (int64_t j = 0; j < s->dim[1]; ++j) {
            double margin = wgi_float_at(s, i * s->stride[0] + j * s->stride[1]) - right + 1;
            int piece = margin > 0 ? 1 : margin < 0 ? 2 : margin == 0 ? 3 : 4;
            hash = wgi_hash(hash, j == label ? 0 : (uint64_t)piece);
        }
    }
    return hash;
}

#endif
