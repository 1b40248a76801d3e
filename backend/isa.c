/* isa.c: see isa.h.  The processor is asked at run time: a resolver of the loader (target_clones)
 * runs before a race detector is ready for it. */
#include "backend/isa.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[WGI_ISA_COUNT] = {"base", "avx2", "avx512"};
static atomic_int chosen = -1;

static int supported(void) {
#if WGI_ISA_X86
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return WGI_ISA_BASE;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return WGI_ISA_AVX512;
    return WGI_ISA_AVX2;
#else
    return WGI_ISA_BASE;
#endif
}

static int settle(void) {
    int best = supported();
    const char *wanted = getenv("WG_ISA");
    for (int i = 0; wanted && i < best; ++i)
        if (strcmp(wanted, names[i]) == 0) return i;
    return best;
}

wgi_isa wgi_isa_chosen(void) {
    int isa = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (isa < 0) {
        isa = settle();
        atomic_store_explicit(&chosen, isa, memory_order_relaxed);
    }
    return (wgi_isa)isa;
}

void wgi_isa_reset(void) { atomic_store(&chosen, -1); }

const char *wgi_isa_name(wgi_isa isa) { return names[isa]; }
