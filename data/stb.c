/* stb.c: the only file that sees stb_image: PNG, JPEG and BMP decoders, from memory alone.
 *
 * Its warnings are its own, so they are switched off around it.  Its memory comes from the
 * library's allocator through a wrapper that refuses a single block of more than 1 GiB: a small
 * compressed file cannot ask for all memory there is. */
#include "data/internal.h"

enum { MAX_BLOCK = 1 << 30 };

/* The decoders try one after the other and report the last one's reason: that one of them had no
 * memory is remembered here, beside stb_image's own reason, which is thread-local too. */
static _Thread_local int ran_out;

static void *stb_alloc(size_t bytes) {
    void *p = bytes <= MAX_BLOCK ? wgi_alloc(bytes) : NULL;
    if (!p) ran_out = 1;
    return p;
}

static void *stb_grow(void *p, size_t old_bytes, size_t new_bytes) {
    void *q = new_bytes <= MAX_BLOCK ? wgi_grow(p, old_bytes, new_bytes) : NULL;
    if (!q) ran_out = 1;
    return q;
}

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
#define STBI_FREE(p) wgi_free(p)

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function" /* seen at the end of the file: stays */
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

int wgi_stb_info(const unsigned char *bytes, int n, int *width, int *height, int *channels) {
    ran_out = 0;
    return stbi_info_from_memory(bytes, n, width, height, channels);
}

unsigned char *wgi_stb_decode(const unsigned char *bytes, int n, int channels) {
    int width, height, found;
    ran_out = 0;
    return stbi_load_from_memory(bytes, n, &width, &height, &found, channels);
}

int wgi_stb_ran_out(void) { return ran_out; }

const char *wgi_stb_reason(void) {
    const char *reason = stbi_failure_reason();
    return reason ? reason : "unknown reason";
}
