/* backend.h: what a user may set on floor 0: the allocator and the number of threads. */
#ifndef WG_BACKEND_H
#define WG_BACKEND_H

#include <stddef.h>

#ifndef WG_API
#if defined(__GNUC__)
#define WG_API __attribute__((visibility("default")))
#define WG_CHECKED __attribute__((warn_unused_result))
#else
#define WG_API
#define WG_CHECKED
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Where all memory of the library comes from.  alloc returns `bytes` bytes aligned to `align` (a
 * power of two) or NULL; release takes back what alloc gave.  Both are called from one thread at a
 * time per tape, and must themselves be thread-safe where several tapes are used. */
typedef struct wg_allocator {
    void *(*alloc)(size_t bytes, size_t align, void *user);
    void (*release)(void *block, void *user);
    void *user;
} wg_allocator;

/* Sets the allocator (NULL: the C library's).  Call it before anything is allocated. */
WG_API void wg_set_allocator(const wg_allocator *allocator);

/* The number of threads that kernels may use: n >= 1, 0 for one a core (the default), from the
 * environment's WG_THREADS where that is set.  Not while another thread computes: scratch memory is
 * measured for the number that is set. */
WG_API void wg_set_threads(int n);
WG_API int wg_threads(void);
/* "portable", "blas" or "dnnl", and the libraries' versions, such as "dnnl (oneDNN 2.6.3, OpenBLAS
 * 0.3.21)"; static storage. */
WG_API const char *wg_backend_name(void);

/* What a kernel is made of, and so what accelerates it. */
typedef enum wg_kernel {
    WG_KERNEL_LOOPS,       /* C on one thread */
    WG_KERNEL_THREADS,     /* C, the work divided among threads */
    WG_KERNEL_RANDOM,      /* random bits, beside loops divided among threads */
    WG_KERNEL_PRODUCT,     /* matrix products */
    WG_KERNEL_CONVOLUTION, /* convolutions */
    WG_KERNEL_COUNT
} wg_kernel;
/* Such as "oneDNN (float32), own AVX2 and AVX-512 kernels, threads": what can, where the build has
 * the library and the processor the instructions; "" for WG_KERNEL_LOOPS.  Static storage. */
WG_API const char *wg_kernel_accelerators(wg_kernel kernel);

#ifdef __cplusplus
}
#endif
#endif
