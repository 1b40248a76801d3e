/* malloc_count.c: stands in front of the C library's allocator and counts.  Under a sanitizer it
 * stays out of the way. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "tests/train/malloc_count.h"

#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)
#include <dlfcn.h>

static long calls;

long malloc_calls(void) { return __atomic_load_n(&calls, __ATOMIC_RELAXED); }

/* The next definition of `name` behind this one; glibc's dlsym allocates nothing when it finds. */
static void *next(void *_Atomic *kept, const char *name) {
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    if (!*kept) *kept = dlsym(RTLD_NEXT, name);
    if (!*kept) abort();
    return *kept;
}

/* A function pointer from an object pointer, for which ISO C has no cast. */
typedef union entry {
    void *object;
    void *(*one)(size_t);
    void *(*two)(size_t, size_t);
    void *(*resize)(void *, size_t);
    int (*memalign)(void **, size_t, size_t);
} entry;

void *malloc(size_t n) {
    static void *_Atomic kept;
    entry e = {next(&kept, "malloc")};
    return e.one(n);
}
void *calloc(size_t n, size_t each) {
    static void *_Atomic kept;
    entry e = {next(&kept, "calloc")};
    return e.two(n, each);
}
void *realloc(void *p, size_t n) {
    static void *_Atomic kept;
    entry e = {next(&kept, "realloc")};
    return e.resize(p, n);
}
void *aligned_alloc(size_t align, size_t n) {
    static void *_Atomic kept;
    entry e = {next(&kept, "aligned_alloc")};
    return e.two(align, n);
}
int posix_memalign(void **p, size_t align, size_t n) {
    static void *_Atomic kept;
    entry e = {next(&kept, "posix_memalign")};
    return e.memalign(p, align, n);
}
#else
long malloc_calls(void) { return -1; }
#endif
