/* libm_part.h: the functions that are the C library's in loops as well, included by vmath.h once
 * per type: roots, signs and roundings, which compilers know, and rare ones. */

#define WGI_LIBM(name)                                                                         \
    WGI_VM REAL V(name)(REAL x) { return M(name)(x); }
WGI_LIBM(fabs)
WGI_LIBM(sqrt)
WGI_LIBM(rint)
WGI_LIBM(floor)
WGI_LIBM(ceil)
WGI_LIBM(cbrt)
WGI_LIBM(asin)
WGI_LIBM(acos)
WGI_LIBM(atan)
WGI_LIBM(asinh)
WGI_LIBM(acosh)
WGI_LIBM(atanh)
WGI_LIBM(lgamma)
#undef WGI_LIBM

#define WGI_LIBM(name)                                                                         \
    WGI_VM REAL V(name)(REAL x, REAL y) { return M(name)(x, y); }
WGI_LIBM(copysign)
WGI_LIBM(hypot)
WGI_LIBM(atan2)
#undef WGI_LIBM
