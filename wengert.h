/* wengert.h: all public headers of the library. */
#ifndef WENGERT_H
#define WENGERT_H

#include "backend/backend.h"

#include "autograd/autograd.h"
#include "autograd/checkpoint.h"
#include "autograd/compile.h"
#include "autograd/gate.h"
#include "autograd/profile.h"

#include "ops/ops.h"

#include "check/check.h"
#include "check/lint.h"
#include "data/data.h"
#include "graph/graph.h"
#include "nn/nn.h"
#include "optim/optim.h"

#include "train/train.h"

#endif
