/* elementwise.h: what the file of an elementwise gate includes first.
 *
 * Such a gate states its mathematics once, as expressions, and then includes ops/unary.h or
 * ops/binary.h, which make of them, for float and double, the row kernels forward and backward,
 * and the inline scalar path `math`:
 *
 *     unary:   VALUE in x;        PARTIAL in x and y = VALUE
 *     binary:  VALUE in x and y;  PARTIAL_X and PARTIAL_Y in x, y and v = VALUE
 *
 * In them REAL is the type, M(tanh) the function of that type, R(0.5) a literal of it, and a the
 * gate's attributes when ATTRS names their struct.  In the rows M(tanh) is that of backend/vmath,
 * which the compiler makes vectors of; on the scalar path it is the C library's.  RARE in x, of a
 * unary gate, says where vmath's function ends: those elements go the scalar path.  CHOICE
 * names an attribute, 0 or 1, between two forms, which get a loop each.
 *
 * BRANCH numbers the piece of a kinked gate that x (and y) lie in, a tie being a piece of its
 * own. */
#ifndef WGI_ELEMENTWISE_H
#define WGI_ELEMENTWISE_H

#include "autograd/scalar.h"
#include "backend/loops.h"
#include "backend/vmath/vmath.h"
#include "ops/ops.h"

#include <math.h>

/* The chain rule g dy/dx, with a strong zero: where the cotangent g is 0 nothing depends on y, and
 * a derivative that is infinite or NaN there does not matter.  So what where, relu, max or clamp
 * left out stays out, whatever lies below it. */
static inline double wgi_chain_f64(double g, double partial) { return g == 0 ? 0 : g * partial; }
static inline float wgi_chain_f32(float g, float partial) { return g == 0 ? 0 : g * partial; }

enum { WGI_RARE_PIECE = 1024 }; /* elements that are looked through for RARE ones */

/* -1, 0, 1 by sign; 2 for NaN: the pieces of a gate with its kink at 0. */
static inline int wgi_sign_branch(double x) { return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : 2; }
/* The same by the order of two operands; x - y would call two equal infinities no tie. */
static inline int wgi_order_branch(double x, double y) {
    return x > y ? 1 : x < y ? -1 : x == y ? 0 : 2;
}

/* Hashes branch numbers in four lanes, so that a place need not wait for the one before. */
static inline uint64_t wgi_lane(uint64_t hash, int branch) {
    return (hash ^ (uint64_t)(int64_t)branch) * 0x100000001b3u;
}
static inline uint64_t wgi_lanes_end(const uint64_t lane[4]) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < 4; ++i) hash = (hash ^ lane[i]) * 0x100000001b3u;
    return hash;
}

#endif
