/* stb.c: the only file that sees stb_image: PNG, JPEG and BMP decoders, from memory alone.
 *
 * Bytes from outside meet code that was written for files one trusts, so it is fenced in: its
 * memory comes from the library's allocator, with a limit, and is all given back after each call
 * whatever it forgot on its way out; and what is known to lead it astray is refused before it looks
 * (see fault.c).  Its warnings are its own, so they are switched off around it. */
#include "data/internal.h"

#include <string.h>

enum { MAX_LIVE = 1 << 30 }; /* bytes: a small compressed file cannot ask for all memory */

/* ---- memory --------------------------------------------------------------------------------- */

/* In front of each block; a ring through `all`. */
typedef struct block {
    struct block *next, *before;
    size_t bytes;
} block;

/* What the call that this thread is in has allocated.  stb_image's own reason of failure is
 * thread-local too; it is overwritten when one decoder after the other is tried, so that one of
 * them had no memory is remembered here. */
static _Thread_local struct {
    block all;
    size_t live;
    int ran_out;
} call;

static void begin(void) {
    call.all.next = call.all.before = &call.all;
    call.live = 0;
    call.ran_out = 0;
}

static void *stb_alloc(size_t bytes) {
    block *b = bytes <= MAX_LIVE - call.live ? wgi_alloc(WGI_ALIGN + bytes) : NULL;
    if (!b) {
        call.ran_out = 1;
        return NULL;
    }
    memset(b, 0, WGI_ALIGN + bytes); /* a damaged file may leave some of it unwritten */
    b->bytes = bytes;
    b->before = &call.all;
    b->next = call.all.next;
    b->next->before = call.all.next = b;
    call.live += bytes;
    return (char *)b + WGI_ALIGN;
}

static void stb_free(void *p) {
    if (!p) return;
    block *b = (block *)(void *)((char *)p - WGI_ALIGN);
    b->before->next = b->next;
    b->next->before = b->before;
    call.live -= b->bytes;
    wgi_free(b);
}

static void *stb_grow(void *p, size_t old_bytes, size_t new_bytes) {
    void *q = stb_alloc(new_bytes);
    if (!q) return NULL;
    if (p) memcpy(q, p, old_bytes < new_bytes ? old_bytes : new_bytes);
    stb_free(p);
    return q;
}

static void end(void) {
    while (call.all.next != &call.all) stb_free((char *)call.all.next + WGI_ALIGN);
}

/* ---- the decoders --------------------------------------------------------------------------- */

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_ASSERT(x) ((void)0)
#define STBI_MALLOC(bytes) stb_alloc(bytes)
#define STBI_REALLOC_SIZED(p, old_bytes, new_bytes) stb_grow(p, old_bytes, new_bytes)
#define STBI_FREE(p) stb_free(p)

#if defined(__GNUC__)
/* these two are seen at the end of the file, after inlining, so they are not popped */
#pragma GCC diagnostic ignored "-Wunused-function"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include <stb/stb_image.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* ---- what the others call ------------------------------------------------------------------- */

int wgi_stb_info(const unsigned char *bytes, int n, int *width, int *height, int *channels) {
    begin();
    int good = stbi_info_from_memory(bytes, n, width, height, channels);
    end();
    return good;
}

unsigned char *wgi_stb_decode(const unsigned char *bytes, int n, int channels) {
    int width, height, found;
    unsigned char *copy = NULL;
    begin();
    unsigned char *pixels = stbi_load_from_memory(bytes, n, &width, &height, &found, channels);
    if (pixels) {
        size_t size = (size_t)width * (size_t)height * (size_t)channels;
        copy = wgi_alloc(size);
        if (copy) memcpy(copy, pixels, size);
        else call.ran_out = 1;
    }
    end();
    return copy;
}

int wgi_stb_ran_out(void) { return call.ran_out; }

const char *wgi_stb_reason(void) {
    const char *reason = stbi_failure_reason();
    return reason ? reason : "unknown reason";
}
