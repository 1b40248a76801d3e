/* isa.h: which instruction set the kernels that exist once for each of them use. */
#ifndef WGI_ISA_H
#define WGI_ISA_H

typedef enum wgi_isa {
    WGI_ISA_BASE,   /* what the compiler was told: SSE2 on x86-64 */
    WGI_ISA_AVX2,   /* AVX2 and FMA */
    WGI_ISA_AVX512, /* AVX-512 F, VL, DQ and BW, with AVX2 and FMA */
    WGI_ISA_COUNT
} wgi_isa;

/* The best that the processor has, or the lesser one that the environment's WG_ISA names (base,
 * avx2, avx512).  Settled at the first call. */
wgi_isa wgi_isa_chosen(void);

/* Forgets the choice, so that the next call settles it again: for tests that set WG_ISA. */
void wgi_isa_reset(void);

/* "base", "avx2", "avx512"; static storage. */
const char *wgi_isa_name(wgi_isa isa);

/* Between WGI_TARGET_AVX2 or WGI_TARGET_AVX512 and WGI_TARGET_END, functions are compiled for that
 * instruction set; call them only when it is the chosen one. */
#if defined(__x86_64__) && defined(__GNUC__)
#define WGI_ISA_X86 1
#define WGI_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define WGI_TARGET(set)                                                                            \
    WGI_PRAGMA(clang attribute push(__attribute__((target(set))), apply_to = function))
#define WGI_TARGET_END _Pragma("clang attribute pop")
#else
#define WGI_TARGET(set) _Pragma("GCC push_options") WGI_PRAGMA(GCC target(set))
#define WGI_TARGET_END _Pragma("GCC pop_options")
#endif
#define WGI_TARGET_AVX2 WGI_TARGET("avx2,fma")
#define WGI_TARGET_AVX512 WGI_TARGET("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")
#else
#define WGI_ISA_X86 0
#endif

/* The functions of one name and type, by instruction set. */
#if WGI_ISA_X86
#define WGI_BY_ISA(name, type) {name##_base_##type, name##_avx2_##type, name##_avx512_##type}
#else
#define WGI_BY_ISA(name, type) {name##_base_##type}
#endif

#endif
