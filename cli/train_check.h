/* train_check.h: wengert train --check-after: the gradient of a model in training. */
#ifndef CLI_TRAIN_CHECK_H
#define CLI_TRAIN_CHECK_H

#include "cli/train_plan.h"

/* Trains plan->check_after steps, checks, prints, and returns the exit status. */
int wgi_train_check(const wgi_train_plan *plan, wg_model *model, const wg_dataset *data,
                    const wg_preprocess *preprocess, const wg_partition *split,
                    const wg_train_options *training);

#endif
