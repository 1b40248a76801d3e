/* random_group.h: many random words at once, for masks; the same generator as random.h. */
#ifndef WGI_RANDOM_GROUP_H
#define WGI_RANDOM_GROUP_H

#include <stdint.h>

enum { WGI_RANDOM_LANES = 16, WGI_RANDOM_GROUP = 4 * WGI_RANDOM_LANES };

/* words[16 w + b] = word w of block 16 group + b of wgi_philox: side by side, for vectors.  The
 * same bits on every instruction set. */
void wgi_random_group(uint64_t seed, uint64_t stream, uint64_t group,
                      uint32_t words[WGI_RANDOM_GROUP]);

#endif
