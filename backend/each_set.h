/* each_set.h: includes the file named by SET_PART once for each instruction set, compiled for it.
 * In it IN(name) is FN(name##_base), FN(name##_avx2) or FN(name##_avx512); FN(name) puts the type
 * behind, which the includer defines. */
#define IN(name) FN(name##_base)
#include SET_PART
#undef IN
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define IN(name) FN(name##_avx2)
#include SET_PART
#undef IN
WGI_TARGET_END
WGI_TARGET_AVX512
#define IN(name) FN(name##_avx512)
#include SET_PART
#undef IN
WGI_TARGET_END
#endif
#undef SET_PART
