/* oom.c: see oom.h */
#include "tests/oom.h"

#include "tests/suites.h"

#include <stdlib.h>

static long calls, fail_at, live;

static void *failing_alloc(size_t bytes, size_t align, void *user) {
    (void)user;
    if (__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) == fail_at) return NULL;
    void *p = aligned_alloc(align, bytes);
    if (p) __atomic_fetch_add(&live, 1, __ATOMIC_RELAXED);
    return p;
}
static void failing_release(void *block, void *user) {
    (void)user;
    __atomic_fetch_sub(&live, 1, __ATOMIC_RELAXED);
    free(block);
}
static const wg_allocator failing = {failing_alloc, failing_release, NULL};

long run_out_of_memory(const char *name, wg_status (*scenario)(void)) {
    long n = 0;
    wg_set_allocator(&failing);
    for (;; ++n) {
        ck_assert_msg(n < 100000, "%s: never gets through", name);
        calls = live = 0;
        fail_at = n;
        wg_status s = scenario();
        ck_assert_msg(live == 0, "%s: %ld blocks left when allocation %ld fails", name, live, n);
        if (calls <= n) {
            ck_assert_msg(s == WG_OK, "%s: status %s with all the memory there is", name,
                          wg_status_name(s));
            break;
        }
        ck_assert_msg(s == WG_ERR_MEMORY, "%s: status %s when allocation %ld fails", name,
                      wg_status_name(s), n);
    }
    wg_set_allocator(NULL);
    return n;
}

void count_allocations(void) {
    wg_set_allocator(&failing);
    fail_at = -1;
    calls = 0;
}
long allocations_counted(void) { return calls; }
