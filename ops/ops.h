/* ops.h: the manual of gates. */
#ifndef WG_OPS_H
#define WG_OPS_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif

#ifndef WG_NO_SITES
#include "ops/sites.h"
#endif
#endif
