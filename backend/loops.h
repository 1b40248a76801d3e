/* loops.h: loops over contiguous arrays, one for each instruction set, made to serve strided rows.
 *
 * A loop is compiled once for each set between the pragmas of isa.h, so that the compiler makes it
 * of that set's vectors; what it computes for an element may depend on that element alone. */
#ifndef WGI_LOOPS_H
#define WGI_LOOPS_H

#include "backend/isa.h"
#include "backend/vmath/vmath.h"

#include <stddef.h>
#include <stdint.h>

enum { WGI_LOOP_ARRAYS = 5 }; /* that a loop reads, at most */

/* out[i] from in[0][i], in[1][i], ... for i < n, all contiguous; out may be one of them. */
typedef void wgi_loop(int64_t n, const void *const *in, void *out, const void *attrs);

/* A loop on `count` arrays of elements of so many bytes (1, 4 or 8), the written array's first. */
typedef struct wgi_loops {
    int count;
    unsigned char bytes[1 + WGI_LOOP_ARRAYS];
    wgi_loop *of[WGI_ISA_COUNT];
} wgi_loops;

/* The loops of one name as FN(WGI_LOOPS)(name). */
#define WGI_LOOPS_f32(name) WGI_BY_ISA(name, f32)
#define WGI_LOOPS_f64(name) WGI_BY_ISA(name, f64)
#define WGI_LOOPS_i64(name) WGI_BY_ISA(name, i64)
#define WGI_LOOPS_bool(name) WGI_BY_ISA(name, bool)

/* What goes before a loop whose iterations the compiler may take for independent: its arrays are
 * the same or do not meet. */
#if defined(__clang__)
#define WGI_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define WGI_INDEPENDENT _Pragma("GCC ivdep")
#else
#define WGI_INDEPENDENT
#endif

/* out = in[0] + in[1], by float type: 0 float32, 1 float64. */
extern const wgi_loops wgi_loops_add[2];

/* Runs the loop of the chosen instruction set over rows of n elements, the read ones s[k] elements
 * apart; the written one is contiguous.  Others than contiguous rows go through buffers, a few
 * hundred elements at a time. */
void wgi_loop_row(const wgi_loops *loops, int64_t n, const void *const *in, const int64_t *s,
                  void *out, const void *attrs);

#endif
