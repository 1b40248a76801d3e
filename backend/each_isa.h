/* each_isa.h: includes the kernel part named by KERNEL_PART once for each float type and
 * instruction set.  In it REAL is the type, IN(name) the name for this type and set, FN(name) that
 * for the type alone, M(exp) vmath's function of the type and R(0.5) a literal of it;
 * WGI_BY_ISA(name, f32) are the functions of one name, to be indexed by wgi_isa_chosen(). */
#define R(c) ((REAL)(c))

#define REAL double
#define M(function) wgi_vm_##function##_f64
#define FN(name) name##_f64
#define SET_PART KERNEL_PART
#include "backend/each_set.h"
#undef REAL
#undef M
#undef FN

#define REAL float
#define M(function) wgi_vm_##function##_f32
#define FN(name) name##_f32
#define SET_PART KERNEL_PART
#include "backend/each_set.h"
#undef REAL
#undef M
#undef FN
#undef R
#undef KERNEL_PART
