/* soft_lanes.c: see soft_lanes.h. */
#include "ops/elementwise.h"
#include "ops/soft_lanes.h"

enum {
    LANES = 16, /* of a sum */
    WIDE = 64   /* of a maximum; a loop of 16 would be unrolled, not made a vector */
};

#define KERNEL_PART "ops/soft_lanes_part.h"
#include "backend/each_isa.h"

#define KERNELS(name) {WGI_BY_ISA(name, f32), WGI_BY_ISA(name, f64)}
const wgi_soft_kernels wgi_softmax_lanes = KERNELS(softmax);
const wgi_soft_kernels wgi_log_softmax_lanes = KERNELS(log_softmax);
const wgi_soft_kernels wgi_softmax_grad_lanes = KERNELS(softmax_grad);
const wgi_soft_kernels wgi_log_softmax_grad_lanes = KERNELS(log_softmax_grad);
wgi_soft_rows_kernel *const wgi_soft_rows[2][WGI_ISA_COUNT] = KERNELS(soft_rows);

typedef struct soft_job {
    const wg_call *call;
    wgi_lanes lanes;
    wgi_soft_kernel *kernel;
} soft_job;

static void run_lanes(int64_t begin, int64_t end, void *arg) {
    const soft_job *j = arg;
    const wg_call *c = j->call;
    const int64_t bytes = (int64_t)wg_dtype_size(c->dtype);
    for (int64_t i = begin; i < end;) {
        wgi_lane_block b = wgi_lane_block_at(&j->lanes, i, end);
        const char *x = c->x[0]->data, *g = c->n > 1 ? c->x[1]->data : NULL;
        j->kernel(&b, x + b.at * bytes, g ? g + b.at * bytes : NULL,
                  (char *)c->y.data + b.at * bytes);
        i += b.count;
    }
}

wg_status wgi_soft_forward(wg_call *c, const wgi_soft_kernels kernels) {
    int axis = ((const struct wgi_axis_attrs *)c->attrs)->axis;
    soft_job job = {c, wgi_lanes_of(&c->y, axis), kernels[c->dtype][wgi_isa_chosen()]};
    wgi_parallel_for(job.lanes.count, wgi_lane_grain(&job.lanes), run_lanes, &job);
    return WG_OK;
}
