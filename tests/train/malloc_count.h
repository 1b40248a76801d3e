/* malloc_count.h: how often the C library's allocator was called, by anything in the process. */
#ifndef TESTS_MALLOC_COUNT_H
#define TESTS_MALLOC_COUNT_H

/* Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign so far; -1 where this build
 * cannot count them (sanitizers bring their own; other C libraries). */
long malloc_calls(void);

#endif
