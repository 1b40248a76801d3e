/* soft_lanes.h: the loops of softmax and its relatives over blocks of lanes, for each type and
 * instruction set.  A block is some lanes that follow each other (rows), or some that lie side by
 * side (columns), so that vectors run along memory either way. */
#ifndef WGI_SOFT_LANES_H
#define WGI_SOFT_LANES_H

#include "backend/isa.h"
#include "ops/lanes.h"

enum {
    WGI_LANE_BLOCK = 64,   /* lanes of a block, at most */
    WGI_LANE_NUMBERS = 1024 /* elements of several short rows */
};

/* `count` lanes of n elements from element `at` on: rows of a dense block where step is 1, else
 * columns with their elements `step` apart. */
typedef struct wgi_lane_block {
    int64_t at, count, n, step;
} wgi_lane_block;

/* The block that begins with lane i, of lanes below `end`. */
static inline wgi_lane_block wgi_lane_block_at(const wgi_lanes *l, int64_t i, int64_t end) {
    wgi_lane_block b = {wgi_lane_start(l, i), end - i, l->n, l->step};
    int64_t side = l->step - i % l->step, room = WGI_LANE_NUMBERS / (l->n + 1);
    if (l->step == 1) side = room > 1 ? room : 1;
    if (b.count > side) b.count = side;
    if (b.count > WGI_LANE_BLOCK) b.count = WGI_LANE_BLOCK;
    return b;
}

/* y from x, and from g where the gate has a cotangent; pointers to the block's first element. */
typedef void wgi_soft_kernel(const wgi_lane_block *b, const void *x, const void *g, void *y);
typedef wgi_soft_kernel *wgi_soft_kernels[2][WGI_ISA_COUNT]; /* by float type */
extern const wgi_soft_kernels wgi_softmax_lanes, wgi_log_softmax_lanes;
extern const wgi_soft_kernels wgi_softmax_grad_lanes, wgi_log_softmax_grad_lanes;

/* Of rows of scores (block): p = softmax, m the largest of each row and the sum of e^(x - m), all of
 * the float type. */
typedef void wgi_soft_rows_kernel(const wgi_lane_block *b, const void *x, void *p, void *m,
                                  void *sum);
extern wgi_soft_rows_kernel *const wgi_soft_rows[2][WGI_ISA_COUNT];

/* The forward of a gate of these: operands x and perhaps g of one shape. */
wg_status wgi_soft_forward(wg_call *c, const wgi_soft_kernels kernels);

#endif
