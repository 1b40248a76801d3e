/* memory.c: see memory.h */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "backend/memory.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { HUGE_BLOCK = 4 << 20, HUGE_PAGE = 2 << 20, FIRST_CHUNK = 64 << 10, LARGE_CHUNK = 64 << 20 };

static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/* ---- the hook ------------------------------------------------------------------------------- */

static void *default_alloc(size_t bytes, size_t align, void *user) {
    (void)user;
    return aligned_alloc(align, bytes);
}
static void default_release(void *block, void *user) {
    (void)user;
    free(block);
}
static wg_allocator hook = {default_alloc, default_release, NULL};

void wg_set_allocator(const wg_allocator *allocator) {
    static const wg_allocator standard = {default_alloc, default_release, NULL};
    hook = allocator ? *allocator : standard;
}

void *wgi_alloc(size_t bytes) {
    if (bytes > SIZE_MAX / 2) return NULL;
    size_t align = bytes >= HUGE_BLOCK ? HUGE_PAGE : WGI_ALIGN;
    size_t rounded = round_up(bytes ? bytes : 1, align);
    void *p = hook.alloc(rounded, align, hook.user);
#if defined(__linux__)
    /* the first touch of 64 MB takes 4 ms instead of 22 to 31; a refusal costs nothing */
    if (p && bytes >= HUGE_BLOCK) (void)madvise(p, rounded, MADV_HUGEPAGE);
#endif
    return p;
}

void *wgi_alloc_small_pages(size_t bytes) {
    if (bytes > SIZE_MAX / 2) return NULL;
    return hook.alloc(round_up(bytes ? bytes : 1, WGI_ALIGN), WGI_ALIGN, hook.user);
}

void *wgi_alloc_zero(size_t bytes) {
    void *p = wgi_alloc(bytes);
    if (p) memset(p, 0, bytes);
    return p;
}

void wgi_free(void *p) {
    if (p) hook.release(p, hook.user);
}

void *wgi_grow(void *p, size_t old_bytes, size_t new_bytes) {
    void *q = wgi_alloc(new_bytes);
    if (!q) return NULL;
    if (p) memcpy(q, p, old_bytes < new_bytes ? old_bytes : new_bytes);
    wgi_free(p);
    return q;
}

char *wgi_strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = wgi_alloc(bytes);
    if (copy) memcpy(copy, text, bytes);
    return copy;
}

/* ---- arenas --------------------------------------------------------------------------------- */

/* The header takes one aligned unit, so that the room behind it is aligned. */
static char *room(wgi_chunk *c) { return (char *)c + WGI_ALIGN; }

static int sparing;
void wgi_arena_sparingly(int on) { sparing = on; }

/* A chunk for at least `bytes`, twice the one before it up to LARGE_CHUNK: so large that the arrays
 * of a network follow each other in it.  With a chunk for each, the header took a 4 MB array into
 * another huge page, half as much again; what is not touched is not taken from the system. */
static wgi_chunk *new_chunk(const wgi_chunk *before, size_t bytes) {
    size_t size = before ? 2 * (before->bytes + WGI_ALIGN) : FIRST_CHUNK;
    if (size > LARGE_CHUNK) size = LARGE_CHUNK;
    if (bytes > SIZE_MAX / 4) return NULL;
    if (size < bytes + WGI_ALIGN) size = round_up(bytes + WGI_ALIGN, FIRST_CHUNK);
    if (sparing) size = bytes + WGI_ALIGN;
    wgi_chunk *c = wgi_alloc(size);
    if (!c) return NULL;
    c->next = NULL;
    c->bytes = size - WGI_ALIGN;
    return c;
}

/* The current chunk is full: goes on to the next one with enough room, or puts a new one there. */
void *wgi_arena_beyond(wgi_arena *a, size_t bytes) {
    if (bytes > SIZE_MAX / 4) return NULL;
    bytes = round_up(bytes ? bytes : 1, WGI_ALIGN);
    wgi_chunk *next = a->current ? a->current->next : a->first;
    if (!next || next->bytes < bytes) {
        wgi_chunk *c = new_chunk(a->current, bytes);
        if (!c) return NULL;
        c->next = next;
        if (a->current) a->current->next = c;
        else a->first = c;
        next = c;
    }
    a->current = next;
    a->offset = bytes;
    return room(next);
}

wgi_arena_mark wgi_arena_position(const wgi_arena *a) {
    wgi_arena_mark m = {a->current, a->offset};
    return m;
}

void wgi_arena_release(wgi_arena *a, wgi_arena_mark mark) {
    a->current = mark.chunk;
    a->offset = mark.chunk ? mark.offset : 0;
}

size_t wgi_arena_held(const wgi_arena *a) {
    size_t bytes = 0;
    for (const wgi_chunk *c = a->first; c; c = c->next) bytes += c->bytes + WGI_ALIGN;
    return bytes;
}

void wgi_arena_free(wgi_arena *a) {
    for (wgi_chunk *c = a->first; c;) {
        wgi_chunk *next = c->next;
        wgi_free(c);
        c = next;
    }
    memset(a, 0, sizeof *a);
}

/* ---- pools ---------------------------------------------------------------------------------- */

/* Class of a size in units of 64 bytes: 8 linear steps within each doubling.  *rounded gets the
 * size that every block of the class has. */
static int size_class(size_t bytes, size_t *rounded) {
    size_t units = (bytes + WGI_ALIGN - 1) / WGI_ALIGN;
    if (units < 8) {
        units = units ? units : 1;
        *rounded = units * WGI_ALIGN;
        return (int)units;
    }
    int shift = 0;
    while ((units >> shift) >= 16) ++shift;
    size_t step = (size_t)1 << shift, up = (units + step - 1) >> shift; /* 8 .. 16 */
    *rounded = (up << shift) * WGI_ALIGN;
    return (shift + 1) * 8 + (int)(up - 8);
}

void *wgi_pool_alloc(wgi_pool *p, size_t bytes) {
    size_t rounded;
    if (bytes > SIZE_MAX / 4) return NULL;
    int k = size_class(bytes, &rounded);
    void *block = k < WGI_POOL_CLASSES ? p->free[k] : NULL;
    if (!block) return wgi_arena_alloc(&p->arena, rounded);
    memcpy(&p->free[k], block, sizeof(void *)); /* a free block begins with the next's address */
    return block;
}

void wgi_pool_release(wgi_pool *p, void *block, size_t bytes) {
    size_t rounded;
    int k = size_class(bytes, &rounded);
    if (!block || k >= WGI_POOL_CLASSES) return;
    memcpy(block, &p->free[k], sizeof(void *));
    p->free[k] = block;
}

void wgi_pool_reset(wgi_pool *p) {
    wgi_arena_mark start = {NULL, 0};
    if (!p->arena.current) return; /* nothing was handed out */
    wgi_arena_release(&p->arena, start);
    memset(p->free, 0, sizeof p->free);
}

void wgi_pool_free(wgi_pool *p) {
    wgi_arena_free(&p->arena);
    memset(p->free, 0, sizeof p->free);
}
