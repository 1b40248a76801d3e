/* store.h: a store of parameters as the engine, optimizers and lints see it. */
#ifndef WGI_STORE_H
#define WGI_STORE_H

#include "autograd/autograd.h"

uint64_t wgi_params_version(const wg_params *p);
uint64_t wgi_params_freezes(const wg_params *p); /* another number after each wg_params_freeze */
wg_params *wgi_param_store(const wg_param *p);
/* How a store is trained, for lints: optimizer steps, those of them without a sweep since the step
 * before, and those on gradients that were added to ones an earlier step had used. */
typedef struct wgi_params_habits {
    uint64_t steps, stale, piled;
    int cleared; /* nothing was added to the gradients since they were cleared */
} wgi_params_habits;
wgi_params_habits wgi_params_habits_of(const wg_params *p);
void wgi_params_swept(wg_params *p);   /* a sweep brought a gradient to the store */
void wgi_params_stepped(wg_params *p); /* an optimizer makes a step */
wg_status wgi_params_layout(wg_params *p);
/* The gradient's block, zeros written where they were due. */
void *wgi_param_grad_data(wg_param *p);
size_t wgi_params_bytes(const wg_params *p); /* of all blocks */
void *wgi_param_grad_room(wg_param *p); /* the block as it is */
/* A share is about to be written: 1 if it is the first since the gradients were cleared, so that
 * what lies there is overwritten; 0 if it is added. */
int wgi_param_begin_grad(wg_param *p);
/* The first share was not written after all. */
void wgi_param_forget_grad(wg_param *p);
/* wg_params_block for those within the library, which keep no pointer over a clearing. */
wg_status wgi_params_block(wg_params *p, wg_dtype dtype, size_t *n, void **values, void **grads);

#endif
