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

/* Begins and ends the functions that are compiled for another instruction set than the rest of a
 * file: #define WGI_TARGET "avx2,fma" would not reach a pragma, so each set has its own pair. */
#if defined(__x86_64__) && defined(__GNUC__)
#define WGI_ISA_X86 1
#if defined(__clang__)
#define WGI_TARGET_AVX2                                                                            \
    _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define WGI_TARGET_AVX512                                                                          \
    _Pragma("clang attribute push(__attribute__((target("                                          \
            "\"avx2,fma,avx512f,avx512vl,avx512dq,avx512bw\"))), apply_to = function)")
#define WGI_TARGET_END _Pragma("clang attribute pop")
#else
#define WGI_TARGET_AVX2 _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma\")")
#define WGI_TARGET_AVX512                                                                          \
    _Pragma("GCC push_options")                                                                    \
    _Pragma("GCC target(\"avx2,fma,avx512f,avx512vl,avx512dq,avx512bw\")")
#define WGI_TARGET_END _Pragma("GCC pop_options")
#endif
#else
#define WGI_ISA_X86 0
#endif

#endif
