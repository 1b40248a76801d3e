/* tile.c: see tile.h.  The extents of a tile fill the registers of its instruction set: height
 * times two vectors of sums, two vectors of B, one element of A repeated. */
#include "backend/tile.h"

#include "backend/isa.h"

#if WGI_ISA_X86
#include <immintrin.h>
#endif

#define UNROLL _Pragma("GCC unroll 16")

/* ---- the base: vectors of 16 bytes ---------------------------------------------------------- */

#define SPLAT(s) ((s) - (vector){0})
#define FMA(x, y, z) ((x) * (y) + (z))
#define HEIGHT 4
#define REAL float
#define OF(name) name##_f32
#define IN(name) name##_base_f32
#define LANES 4
#include "backend/tile_set_part.c"
#undef REAL
#undef OF
#undef IN
#undef LANES
#define REAL double
#define OF(name) name##_f64
#define IN(name) name##_base_f64
#define LANES 2
#include "backend/tile_set_part.c"
#undef REAL
#undef OF
#undef IN
#undef LANES
#undef SPLAT
#undef FMA
#undef HEIGHT

#if WGI_ISA_X86

/* ---- AVX2 and FMA: 32 bytes, 16 registers --------------------------------------------------- */

WGI_TARGET_AVX2
#define HEIGHT 6
#define REAL float
#define OF(name) name##_f32
#define IN(name) name##_avx2_f32
#define LANES 8
#define SPLAT _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#include "backend/tile_set_part.c"
#undef REAL
#undef OF
#undef IN
#undef LANES
#undef SPLAT
#undef FMA
#define REAL double
#define OF(name) name##_f64
#define IN(name) name##_avx2_f64
#define LANES 4
#define SPLAT _mm256_set1_pd
#define FMA _mm256_fmadd_pd
#include "backend/tile_set_part.c"
#undef REAL
#undef OF
#undef IN
#undef LANES
#undef SPLAT
#undef FMA
#undef HEIGHT
WGI_TARGET_END

/* ---- AVX-512: 64 bytes, 32 registers; more rows were no faster ------------------------------ */

WGI_TARGET_AVX512
#define HEIGHT 8
#define REAL float
#define OF(name) name##_f32
#define IN(name) name##_avx512_f32
#define LANES 16
#define SPLAT _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#include "backend/tile_set_part.c"
#undef REAL
#undef OF
#undef IN
#undef LANES
#undef SPLAT
#undef FMA
#define REAL double
#define OF(name) name##_f64
#define IN(name) name##_avx512_f64
#define LANES 8
#define SPLAT _mm512_set1_pd
#define FMA _mm512_fmadd_pd
#include "backend/tile_set_part.c"
#undef REAL
#undef OF
#undef IN
#undef LANES
#undef SPLAT
#undef FMA
#undef HEIGHT
WGI_TARGET_END

#endif

/* ---- the choice ----------------------------------------------------------------------------- */

const wgi_tiler_f32 *wgi_tiler_of_f32(void) {
#if WGI_ISA_X86
    if (wgi_isa_chosen() == WGI_ISA_AVX512) return &tiler_avx512_f32;
    if (wgi_isa_chosen() == WGI_ISA_AVX2) return &tiler_avx2_f32;
#endif
    return &tiler_base_f32;
}

const wgi_tiler_f64 *wgi_tiler_of_f64(void) {
#if WGI_ISA_X86
    if (wgi_isa_chosen() == WGI_ISA_AVX512) return &tiler_avx512_f64;
    if (wgi_isa_chosen() == WGI_ISA_AVX2) return &tiler_avx2_f64;
#endif
    return &tiler_base_f64;
}
