/* site.h: source lines: how "file:line" comes to a value without a call.  autograd.h includes it; only
 * who wraps a constructor of values in a macro of his own names what is here:
 *
 *     #define my_gate(...) wg_site(my_gate(__VA_ARGS__), WG_HERE)
 */
#ifndef WG_SITE_H
#define WG_SITE_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What WG_HERE needs to see of a tape and a node so that stamping a line costs no call: the newest
 * node lies just below `next` and has index count - 1. */
struct wgi_node_head {
    const void *gate;
    const char *site;
    uint64_t rest[6];
};
struct wgi_tape_head {
    struct wgi_node_head *next;
    uint32_t count;
};
/* What wg_site calls for poison: "file:line" becomes the place of the error just made; an error
 * that has its place already keeps it. */
WG_API void wg_site_error(wg_var v, const char *here);

/* The index of *v, for gcc on little-endian machines as the half of a word that stays whole: taken
 * apart, a handle was put together again by way of vector registers, once an operation. */
#if defined(__GNUC__)
#define WGI_EXPECT(x) __builtin_expect(!!(x), 1)
#else
#define WGI_EXPECT(x) (x)
#endif
static inline uint32_t wgi_index(const wg_var *v) {
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;
    __builtin_memcpy(&word, &v->index, sizeof word);
    return (uint32_t)word;
#else
    return v->index;
#endif
}

/* Stamps "file:line" on the value just recorded, or on the error just made; returns v.  The macros
 * of ops.h put it around every gate; WG_NO_SITES leaves them out. */
static inline wg_var wg_site(wg_var v, const char *here) {
    struct wgi_tape_head *head = (struct wgi_tape_head *)(void *)v.tape;
    uint32_t index = wgi_index(&v);
    if (WGI_EXPECT(index != 0)) {
        if (WGI_EXPECT(index + 1 == head->count)) head->next[-1].site = here;
    } else {
        wg_site_error(v, here);
    }
    return v;
}
#define WGI_TEXT2(x) #x
#define WGI_TEXT(x) WGI_TEXT2(x)
#define WG_HERE __FILE__ ":" WGI_TEXT(__LINE__)

#ifdef __cplusplus
}
#endif
#endif
