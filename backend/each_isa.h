/* each_isa.h: includes the kernel part named by KERNEL_PART once for each float type and
 * instruction set.  In it REAL is the type, IN(name) the name for this type and set, FN(name) that
 * for the type alone, M(exp) vmath's function of the type and R(0.5) a literal of it;
 * WGI_BY_ISA(name, f32) are the functions of one name, to be indexed by wgi_isa_chosen(). */
#define R(c) ((REAL)(c))

#define REAL double
#define M(function) wgi_vm_##function##_f64
#define FN(name) name##_f64
#define IN(name) name##_base_f64
#include KERNEL_PART
#undef IN
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define IN(name) name##_avx2_f64
#include KERNEL_PART
#undef IN
WGI_TARGET_END
WGI_TARGET_AVX512
#define IN(name) name##_avx512_f64
#include KERNEL_PART
#undef IN
WGI_TARGET_END
#endif
#undef REAL
#undef M
#undef FN

#define REAL float
#define M(function) wgi_vm_##function##_f32
#define FN(name) name##_f32
#define IN(name) name##_base_f32
#include KERNEL_PART
#undef IN
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define IN(name) name##_avx2_f32
#include KERNEL_PART
#undef IN
WGI_TARGET_END
WGI_TARGET_AVX512
#define IN(name) name##_avx512_f32
#include KERNEL_PART
#undef IN
WGI_TARGET_END
#endif
#undef REAL
#undef M
#undef FN
#undef R
#undef KERNEL_PART
