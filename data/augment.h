/* augment.h: an image mirrored and moved at random; see wg_augment in data.h. */
#ifndef WGI_AUGMENT_H
#define WGI_AUGMENT_H

#include "data/data.h"

/* to (H, W, C) becomes the example `index` of d, given preprocessed in `from`, as (seed, epoch,
 * index) have it. */
void wgi_augment(const wg_augment *a, uint64_t seed, uint64_t epoch, int64_t index,
                 const wg_dataset *d, const float *from, float *to);

#endif
