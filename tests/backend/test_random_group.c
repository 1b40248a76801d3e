/* test_random_group.c: groups of random words are the generator's own blocks. */
#define _POSIX_C_SOURCE 200112L /* setenv */
#include "backend/isa.h"
#include "backend/random.h"
#include "backend/random_group.h"
#include "tests/suites.h"

#include <stdlib.h>

extern Suite *suite_random_group(void);

/* Every instruction set there is, and groups on both sides of 2^32 blocks. */
START_TEST(test_blocks) {
    static const char *const sets[] = {"base", "avx2", "avx512"};
    static const uint64_t groups[] = {0, 1, (1u << 28) - 1, 1u << 28, UINT64_MAX / 16};
    setenv("WG_ISA", sets[_i], 1);
    wgi_isa_reset();
    for (size_t g = 0; g < sizeof groups / sizeof *groups; ++g) {
        uint32_t words[WGI_RANDOM_GROUP], block[4];
        uint64_t seed = 0x0123456789abcdefu + g, stream = 0xfedcba9876543210u;
        wgi_random_group(seed, stream, groups[g], words);
        for (uint64_t b = 0; b < WGI_RANDOM_LANES; ++b) {
            wgi_philox(seed, stream, groups[g] * WGI_RANDOM_LANES + b, block);
            for (int w = 0; w < 4; ++w)
                ck_assert_uint_eq(words[16 * w + (int)b], block[w]);
        }
    }
    unsetenv("WG_ISA");
    wgi_isa_reset();
}
END_TEST

Suite *suite_random_group(void) {
    Suite *s = suite_create("random_group");
    TCase *c = tcase_create("random_group");
    tcase_add_loop_test(c, test_blocks, 0, 3);
    suite_add_tcase(s, c);
    return s;
}
