/* type_part.h: the functions of one float type, from the constants that vmath.h defines for it;
 * they end here. */
#include "backend/vmath/exp_part.h"
#include "backend/vmath/log_part.h"
#include "backend/vmath/erf_part.h"
#include "backend/vmath/libm_part.h"

#undef REAL
#undef UINT
#undef FN
#undef V
#undef M
#undef R
#undef DIGITS
#undef BIAS
#undef SHIFT
#undef LN2_HI
#undef LN2_LO
#undef LOG10_2_HI
#undef LOG10_2_LO
#undef SMALLEST
#undef RAISE
#undef TINY
#undef EXP_LOW
#undef EXP_HIGH
#undef TAIL_POINT
#undef TAIL_END
#undef HALF_DIGITS
