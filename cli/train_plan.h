/* train_plan.h: what a run of `wengert train` is: its options, with defaults by data set. */
#ifndef CLI_TRAIN_PLAN_H
#define CLI_TRAIN_PLAN_H

#include "train/train.h"

typedef struct wgi_train_plan {
    const char *data, *arch, *rule, *out, *freeze;
    int64_t epochs, batch;
    double valid, test;
    uint64_t seed;
    int64_t check_after, coordinates; /* check_after -1: train and save */
    int json, quiet, confusion, no_lint, profile;
    wg_loss loss;
    wg_norm norm;
    wg_schedule schedule;
    wg_optim_options optim;
    wg_model_options model;
    wg_augment augment;
    int has_norm, has_schedule, has_threads, has_decay; /* given, not to be filled in */
} wgi_train_plan;

/* Reads the command line: -1 to go on, or the exit status. */
int wgi_train_plan_read(wgi_train_plan *plan, int argc, char **argv);
/* Fills in what was not given, as it suits the data. */
void wgi_train_plan_suit(wgi_train_plan *plan, const wg_dataset *data);

#endif
