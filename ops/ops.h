/* ops.h: the manual of gates, a header for each of its parts. */
#ifndef WG_OPS_H
#define WG_OPS_H

#include "autograd/autograd.h"
#include "autograd/gate.h"

#include "ops/manual/elementwise.h"
#include "ops/manual/reductions.h"
#include "ops/manual/shape.h"
#include "ops/manual/indices.h"
#include "ops/manual/products.h"
#include "ops/manual/images.h"
#include "ops/manual/networks.h"
#include "ops/manual/losses.h"

#ifndef WG_NO_SITES
#include "ops/sites.h"
#endif
#endif
