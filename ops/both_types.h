/* both_types.h: includes the kernel part of a gate, named by KERNEL_PART, once for each float type.
 * In it REAL is the type, FN(name) name_f64 or name_f32, M(tanh) the function of the type and
 * R(0.5) a literal of it.  A gate's own file serves as its kernel part:
 *
 *     #ifdef REAL
 *     static wg_status FN(forward)(wg_call *c) { ... }
 *     #else
 *     ...
 *     #define KERNEL_PART "ops/cumsum.c"
 *     #include "ops/both_types.h"
 *     ... rule, samples, descriptor, constructor
 *     #endif                                                                                   */
#define R(c) ((REAL)(c))

#define REAL double
#define M(function) function
#define FN(name) name##_f64
#include KERNEL_PART
#undef REAL
#undef M
#undef FN

#define REAL float
#define M(function) function##f
#define FN(name) name##_f32
#include KERNEL_PART
#undef REAL
#undef M
#undef FN
#undef R
