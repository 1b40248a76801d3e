/* vmath.h: the elementary functions that loops over arrays call, for float and double.
 *
 * They are our own, in plain C without a branch or a table, so that the compiler turns a loop that
 * calls them into vector instructions of whatever set it compiles for.  All operations are those of
 * IEEE 754, one by one (no fused multiply-add): an element has the same bits on every instruction
 * set, in the body of a loop as in its tail.  wgi_vm_exp_f32 is e^x for float, and so on; errors
 * in units of the last place, largest seen by tests/backend/test_vmath.c, are bounded there.
 * Infinities, NaN, zeros with their signs and subnormal numbers are what the C standard says.
 *
 * Sines and tangents take arguments up to WGI_VM_TURNS; beyond, a loop calls the C library
 * (ops/unary.h). */
#ifndef WGI_VMATH_H
#define WGI_VMATH_H

#include <math.h>
#include <stdint.h>

/* Inlined whatever the compiler thinks of it: a call in a loop keeps it from becoming vectors. */
#if defined(__GNUC__)
#define WGI_VM static inline __attribute__((always_inline))
#else
#define WGI_VM static inline
#endif

#include "backend/vmath/fit_f32.h"
#include "backend/vmath/fit_f64.h"

/* |x| up to which pi/2 in three parts leaves an exact enough rest: 2^19 quarter turns. */
#define WGI_VM_TURNS 8e5

/* The bits of a number as an unsigned one, and back. */
WGI_VM uint32_t wgi_bits_f32(float x) {
    uint32_t u;
    __builtin_memcpy(&u, &x, sizeof u);
    return u;
}
WGI_VM float wgi_from_bits_f32(uint32_t u) {
    float x;
    __builtin_memcpy(&x, &u, sizeof x);
    return x;
}
WGI_VM uint64_t wgi_bits_f64(double x) {
    uint64_t u;
    __builtin_memcpy(&u, &x, sizeof u);
    return u;
}
WGI_VM double wgi_from_bits_f64(uint64_t u) {
    double x;
    __builtin_memcpy(&x, &u, sizeof x);
    return x;
}

/* The constants of a type.  SHIFT + x is x rounded to a whole number, in the low bits; LN2_HI has
 * so few digits that its product with an exponent is exact. */
#define REAL double
#define UINT uint64_t
#define FN(name) name##_f64
#define V(name) wgi_vm_##name##_f64
#define M(name) name
#define R(c) ((REAL)(c))
#define DIGITS 52
#define BIAS 1023
#define SHIFT 0x1.8p52
#define LN2_HI 0x1.62e42fefa3p-1
#define LN2_LO 2.8235290563031577e-13
#define LOG10_2_HI 0x1.34413509f7p-2
#define LOG10_2_LO 1.4205023227266099e-13
#define SMALLEST 0x1p-1022  /* the smallest normal number */
#define RAISE 54            /* 2^RAISE makes a subnormal number normal */
#define TINY 0x1p-54        /* e^x - 1 is x below */
#define EXP_LOW -760        /* e^x is 0 below */
#define EXP_HIGH 710        /* and infinite above */
#define TAIL_POINT WGI_TAIL_POINT_F64
#define TAIL_END 28         /* erfc is 0 beyond */
#define HALF_DIGITS 27      /* without so many low bits a square is exact */
#include "backend/vmath/type_part.h"

#define REAL float
#define UINT uint32_t
#define FN(name) name##_f32
#define V(name) wgi_vm_##name##_f32
#define M(name) name##f
#define R(c) ((REAL)(c))
#define DIGITS 23
#define BIAS 127
#define SHIFT 0x1.8p23f
#define LN2_HI 0x1.62e4p-1f
#define LN2_LO 1.42860677e-06f
#define LOG10_2_HI 0x1.344p-2f
#define LOG10_2_LO 4.60503907e-06f
#define SMALLEST 0x1p-126f
#define RAISE 25
#define TINY 0x1p-25f
#define EXP_LOW -110
#define EXP_HIGH 89
#define TAIL_POINT WGI_TAIL_POINT_F32
#define TAIL_END 11
#define HALF_DIGITS 12
#include "backend/vmath/type_part.h"

#include "backend/vmath/pow.h"
#include "backend/vmath/trig.h"

#endif
