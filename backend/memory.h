/* memory.h: the allocation hook, and arenas: memory that is given back all at once.
 *
 * Everything the library allocates goes through wgi_alloc, so that a test can make the N-th
 * allocation fail and count that a training step makes none. */
#ifndef WGI_MEMORY_H
#define WGI_MEMORY_H

#include "backend/backend.h"

#include <stddef.h>
#include <stdint.h>

#define WGI_ALIGN 64u /* one cache line; the widest vector register */

/* bytes of memory aligned to 64, NULL when there is none.  Blocks of 4 MB and more are aligned to
 * huge pages and ask for them. */
void *wgi_alloc(size_t bytes);
void *wgi_alloc_zero(size_t bytes);
/* The same without huge pages, for memory of which perhaps little will be touched. */
void *wgi_alloc_small_pages(size_t bytes);
void wgi_free(void *p);
/* A larger copy of p; p stays valid when it returns NULL. */
void *wgi_grow(void *p, size_t old_bytes, size_t new_bytes);
/* A copy of text, to be freed with wgi_free. */
char *wgi_strdup(const char *text);

/* An arena: chunks that grow, a position that only moves forward, marks to go back to.  {0} is an
 * empty arena. */
typedef struct wgi_chunk {
    struct wgi_chunk *next;
    size_t bytes; /* of room behind the header */
} wgi_chunk;
typedef struct wgi_arena {
    wgi_chunk *first, *current;
    size_t offset; /* into current */
} wgi_arena;
typedef struct wgi_arena_mark {
    wgi_chunk *chunk; /* NULL: the empty arena */
    size_t offset;
} wgi_arena_mark;

/* Where the current chunk has too little room. */
void *wgi_arena_beyond(wgi_arena *a, size_t bytes);
/* bytes aligned to 64, NULL when there is no memory. */
static inline void *wgi_arena_alloc(wgi_arena *a, size_t bytes) {
    const size_t left = a->current ? a->current->bytes - a->offset : 0;
    const size_t taken = (bytes + !bytes + (WGI_ALIGN - 1)) & ~(size_t)(WGI_ALIGN - 1);
    if (taken > left || taken < bytes) return wgi_arena_beyond(a, bytes);
    void *p = (char *)a->current + WGI_ALIGN + a->offset; /* behind the header */
    a->offset += taken;
    return p;
}
wgi_arena_mark wgi_arena_position(const wgi_arena *a);
/* Goes back to a mark; the chunks are kept. */
void wgi_arena_release(wgi_arena *a, wgi_arena_mark mark);
/* Bytes of its chunks, used or not. */
size_t wgi_arena_held(const wgi_arena *a);
/* Gives all chunks back. */
void wgi_arena_free(wgi_arena *a);
/* For tests: while `on`, each new chunk has room for one block only, so that every block that is
 * not used again is an allocation of its own, which can fail. */
void wgi_arena_sparingly(int on);

/* A pool on an arena: blocks that can be given back one by one and are handed out again, by size
 * class (eight to a doubling, so at most an eighth is lost).  {0} is an empty pool. */
enum { WGI_POOL_CLASSES = 400 };
typedef struct wgi_pool {
    wgi_arena arena;
    void *free[WGI_POOL_CLASSES];
} wgi_pool;
void *wgi_pool_alloc(wgi_pool *p, size_t bytes);
void wgi_pool_release(wgi_pool *p, void *block, size_t bytes);
/* Takes back every block at once; the memory is kept. */
void wgi_pool_reset(wgi_pool *p);
void wgi_pool_free(wgi_pool *p);

#endif
