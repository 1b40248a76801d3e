/* test_memory.c: the allocation hook, arenas and pools. */
#include "backend/memory.h"
#include "tests/suites.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_memory(void);

/* An allocator that counts, and refuses once `allowed` blocks were given. */
typedef struct counter {
    long allowed, given, live;
    size_t last_align;
} counter;

static void *counting_alloc(size_t bytes, size_t align, void *user) {
    counter *c = user;
    if (c->given >= c->allowed) return NULL;
    ++c->given;
    ++c->live;
    c->last_align = align;
    return aligned_alloc(align, bytes);
}

static void counting_release(void *block, void *user) {
    counter *c = user;
    --c->live;
    free(block);
}

static void use_counter(counter *c, long allowed) {
    const counter fresh = {.allowed = allowed};
    *c = fresh;
    wg_allocator hook = {counting_alloc, counting_release, c};
    wg_set_allocator(&hook);
}

static int is_aligned(const void *p) { return (uintptr_t)p % WGI_ALIGN == 0; }

START_TEST(allocations_go_through_the_hook) {
    counter c;
    use_counter(&c, 100);
    char *p = wgi_alloc(1), *z = wgi_alloc_zero(1000), *none = wgi_alloc(0);
    ck_assert_int_eq(c.given, 3);
    ck_assert(p && z && none && is_aligned(p) && is_aligned(z));
    for (int i = 0; i < 1000; ++i) ck_assert_int_eq(z[i], 0);
    char *text = wgi_strdup("wengert");
    ck_assert_str_eq(text, "wengert");
    void *large = wgi_alloc(5 << 20);
    ck_assert_uint_eq(c.last_align, 2 << 20);
    wgi_free(p);
    wgi_free(z);
    wgi_free(none);
    wgi_free(text);
    wgi_free(large);
    wgi_free(NULL);
    ck_assert_int_eq(c.live, 0);
    wg_set_allocator(NULL);
    void *again = wgi_alloc(10);
    ck_assert_int_eq(c.given, 5);
    wgi_free(again);
}
END_TEST

START_TEST(refusals_are_null) {
    counter c;
    use_counter(&c, 0);
    ck_assert_ptr_null(wgi_alloc(10));
    ck_assert_ptr_null(wgi_alloc_zero(10));
    ck_assert_ptr_null(wgi_strdup("x"));
    use_counter(&c, 10);
    ck_assert_ptr_null(wgi_alloc(SIZE_MAX));
    ck_assert_ptr_null(wgi_alloc(SIZE_MAX / 2 + 1));
    ck_assert_int_eq(c.given, 0);
    wg_set_allocator(NULL);
}
END_TEST

START_TEST(growing_keeps_the_bytes) {
    counter c;
    use_counter(&c, 2);
    char *p = wgi_alloc(4);
    memcpy(p, "abcd", 4);
    char *q = wgi_grow(p, 4, 400);
    ck_assert(memcmp(q, "abcd", 4) == 0);
    ck_assert_int_eq(c.live, 1);
    ck_assert_ptr_null(wgi_grow(q, 400, 4000)); /* refused: q stays */
    ck_assert(memcmp(q, "abcd", 4) == 0);
    wgi_free(q);
    ck_assert_int_eq(c.live, 0);
    use_counter(&c, 2);
    p = wgi_grow(NULL, 0, 8);
    q = wgi_grow(p, 8, 2); /* smaller */
    ck_assert_ptr_nonnull(q);
    wgi_free(q);
    wg_set_allocator(NULL);
}
END_TEST

START_TEST(marks_hold_across_chunks) {
    counter c;
    use_counter(&c, 1000);
    wgi_arena a = {0};
    const wgi_arena_mark empty = wgi_arena_position(&a);
    char *first = wgi_arena_alloc(&a, 100);
    memset(first, 1, 100);
    const wgi_arena_mark mark = wgi_arena_position(&a);
    char *second = wgi_arena_alloc(&a, 64);
    for (int i = 0; i < 200; ++i) {
        char *p = wgi_arena_alloc(&a, 5000); /* far past the first chunk */
        ck_assert(p && is_aligned(p));
        memset(p, 2, 5000);
    }
    const long chunks = c.given;
    ck_assert_int_gt(chunks, 1);
    wgi_arena_release(&a, mark);
    ck_assert_ptr_eq(wgi_arena_alloc(&a, 64), second);
    for (int i = 0; i < 200; ++i) ck_assert_ptr_nonnull(wgi_arena_alloc(&a, 5000));
    ck_assert_int_eq(c.given, chunks); /* the same work needs no new chunk */
    for (int i = 0; i < 100; ++i) ck_assert_int_eq(first[i], 1);
    wgi_arena_release(&a, empty);
    ck_assert_ptr_eq(wgi_arena_alloc(&a, 1), first);
    wgi_arena_free(&a);
    ck_assert_int_eq(c.live, 0);
    wg_set_allocator(NULL);
}
END_TEST

START_TEST(a_large_block_gets_a_chunk_of_its_own) {
    counter c;
    use_counter(&c, 1000);
    wgi_arena a = {0};
    char *small = wgi_arena_alloc(&a, 10), *large = wgi_arena_alloc(&a, 10 << 20);
    ck_assert(small && large);
    large[(10 << 20) - 1] = 7;
    ck_assert_ptr_nonnull(wgi_arena_alloc(&a, 10));
    ck_assert_ptr_null(wgi_arena_alloc(&a, SIZE_MAX));
    ck_assert_ptr_null(wgi_arena_alloc(&a, SIZE_MAX / 4 + 1));
    wgi_arena_free(&a);
    ck_assert_int_eq(c.live, 0);
    wg_set_allocator(NULL);
}
END_TEST

START_TEST(an_arena_survives_a_refusal) {
    counter c;
    use_counter(&c, 1);
    wgi_arena a = {0};
    char *p = wgi_arena_alloc(&a, 1000);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_null(wgi_arena_alloc(&a, 1 << 20));
    char *q = wgi_arena_alloc(&a, 1000); /* there is room in the first chunk still */
    ck_assert(q && q != p);
    wgi_arena_free(&a);
    ck_assert_int_eq(c.live, 0);
    use_counter(&c, 0);
    ck_assert_ptr_null(wgi_arena_alloc(&a, 1));
    wgi_arena_free(&a);
    wg_set_allocator(NULL);
}
END_TEST

START_TEST(a_pool_hands_blocks_out_again) {
    wgi_pool p = {0};
    const size_t sizes[] = {0, 1, 64, 65, 511, 512, 513, 1000, 70000, 1 << 20, (1 << 20) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        char *block = wgi_pool_alloc(&p, sizes[i]), *other = wgi_pool_alloc(&p, sizes[i]);
        ck_assert(block && other && block != other && is_aligned(block));
        memset(block, 5, sizes[i]);
        memset(other, 6, sizes[i]);
        wgi_pool_release(&p, block, sizes[i]);
        ck_assert_ptr_eq(wgi_pool_alloc(&p, sizes[i]), block);
        if (sizes[i]) ck_assert_int_eq(other[sizes[i] - 1], 6);
    }
    wgi_pool_release(&p, NULL, 64);
    wgi_pool_reset(&p);
    ck_assert_ptr_nonnull(wgi_pool_alloc(&p, 64));
    wgi_pool_free(&p);
}
END_TEST

/* Blocks of every size up to 4 KB: none may overlap another, whatever class they share. */
START_TEST(pool_blocks_do_not_overlap) {
    enum { SIZES = 4096 };
    static unsigned char *blocks[SIZES];
    wgi_pool p = {0};
    for (int round = 0; round < 2; ++round) {
        for (size_t n = 1; n < SIZES; ++n) {
            blocks[n] = wgi_pool_alloc(&p, n);
            memset(blocks[n], (int)(n % 251), n);
        }
        size_t wrong = 0;
        for (size_t n = 1; n < SIZES; ++n)
            wrong += blocks[n][0] != n % 251 || blocks[n][n - 1] != n % 251;
        ck_assert_uint_eq(wrong, 0);
        for (size_t n = 1; n < SIZES; ++n) wgi_pool_release(&p, blocks[n], n);
    }
    wgi_pool_free(&p);
}
END_TEST

START_TEST(a_pool_survives_a_refusal) {
    counter c;
    use_counter(&c, 0);
    wgi_pool p = {0};
    ck_assert_ptr_null(wgi_pool_alloc(&p, 100));
    ck_assert_ptr_null(wgi_pool_alloc(&p, SIZE_MAX));
    use_counter(&c, 1);
    void *block = wgi_pool_alloc(&p, 100);
    ck_assert_ptr_nonnull(block);
    ck_assert_ptr_null(wgi_pool_alloc(&p, 1 << 20));
    wgi_pool_release(&p, block, 100);
    ck_assert_ptr_eq(wgi_pool_alloc(&p, 100), block);
    wgi_pool_free(&p);
    ck_assert_int_eq(c.live, 0);
    wg_set_allocator(NULL);
}
END_TEST

Suite *suite_memory(void) {
    Suite *s = suite_create("memory");
    TCase *t = tcase_create("memory");
    tcase_add_test(t, allocations_go_through_the_hook);
    tcase_add_test(t, refusals_are_null);
    tcase_add_test(t, growing_keeps_the_bytes);
    tcase_add_test(t, marks_hold_across_chunks);
    tcase_add_test(t, a_large_block_gets_a_chunk_of_its_own);
    tcase_add_test(t, an_arena_survives_a_refusal);
    tcase_add_test(t, a_pool_hands_blocks_out_again);
    tcase_add_test(t, pool_blocks_do_not_overlap);
    tcase_add_test(t, a_pool_survives_a_refusal);
    suite_add_tcase(s, t);
    return s;
}
