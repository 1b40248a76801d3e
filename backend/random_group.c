/* Sixteen blocks of Philox4x32-10 (see random.h) in step, a lane each. */
#include "backend/random_group.h"

#include "backend/isa.h"
#include "backend/random.h"

#if WGI_ISA_X86
#include <immintrin.h>
#endif

enum { LANES = WGI_RANDOM_LANES };

static void group_base(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *words) {
    for (uint64_t i = 0; i < LANES; ++i) {
        uint32_t block[4];
        wgi_philox(seed, stream, first + i, block);
        for (uint64_t w = 0; w < 4; ++w) words[w * LANES + i] = block[w];
    }
}

#if WGI_ISA_X86
WGI_TARGET_AVX2

/* Low and high halves of the 64-bit products of eight lanes with one factor: the even lanes, then
 * the odd ones moved into even places. */
static inline void multiply(__m256i x, __m256i factor, __m256i *low, __m256i *high) {
    __m256i even = _mm256_mul_epu32(x, factor);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), factor);
    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
}

/* Eight blocks from `first`, whose low 32 bits do not carry, to words[0 .. 7] of each word. */
static void eight_avx2(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *words) {
    const __m256i a = _mm256_set1_epi64x(0xD2511F53), b = _mm256_set1_epi64x(0xCD9E8D57);
    const __m256i step0 = _mm256_set1_epi32((int)0x9E3779B9u);
    const __m256i step1 = _mm256_set1_epi32((int)0xBB67AE85u);
    __m256i k0 = _mm256_set1_epi32((int)(uint32_t)seed);
    __m256i k1 = _mm256_set1_epi32((int)(uint32_t)(seed >> 32));
    __m256i c0 = _mm256_add_epi32(_mm256_set1_epi32((int)(uint32_t)first),
                                  _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    __m256i c1 = _mm256_set1_epi32((int)(uint32_t)(first >> 32));
    __m256i c2 = _mm256_set1_epi32((int)(uint32_t)stream);
    __m256i c3 = _mm256_set1_epi32((int)(uint32_t)(stream >> 32));
    for (int round = 0; round < 10; ++round) {
        __m256i p_low, p_high, q_low, q_high;
        multiply(c0, a, &p_low, &p_high);
        multiply(c2, b, &q_low, &q_high);
        c0 = _mm256_xor_si256(_mm256_xor_si256(q_high, c1), k0);
        c2 = _mm256_xor_si256(_mm256_xor_si256(p_high, c3), k1);
        c1 = q_low;
        c3 = p_low;
        k0 = _mm256_add_epi32(k0, step0);
        k1 = _mm256_add_epi32(k1, step1);
    }
    _mm256_storeu_si256((__m256i *)(void *)words, c0);
    _mm256_storeu_si256((__m256i *)(void *)(words + LANES), c1);
    _mm256_storeu_si256((__m256i *)(void *)(words + 2 * LANES), c2);
    _mm256_storeu_si256((__m256i *)(void *)(words + 3 * LANES), c3);
}

WGI_TARGET_END
#endif

void wgi_random_group(uint64_t seed, uint64_t stream, uint64_t group,
                      uint32_t words[WGI_RANDOM_GROUP]) {
#if WGI_ISA_X86
    if (wgi_isa_chosen() >= WGI_ISA_AVX2) {
        eight_avx2(seed, stream, group * LANES, words);
        eight_avx2(seed, stream, group * LANES + 8, words + 8);
        return;
    }
#endif
    group_base(seed, stream, group * LANES, words);
}
