/* wengert.h: all public headers of the library. */
#ifndef WENGERT_H
#define WENGERT_H

#include "backend/backend.h"

#include "autograd/autograd.h"
#include "autograd/gate.h"

#include "ops/ops.h"

#endif
