/* backend.c: what this build computes with. */
#include "backend/backend.h"

#include "backend/blas.h"
#include "backend/dnnl.h"

#include <pthread.h>
#include <stdio.h>

static char name[96];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void put_name(void) {
#if defined(WG_HAVE_DNNL)
    int v[3];
    wgi_dnnl_version(v);
    int n = snprintf(name, sizeof name, "dnnl (oneDNN %d.%d.%d", v[0], v[1], v[2]);
#if defined(WG_HAVE_CBLAS)
    n += snprintf(name + n, sizeof name - (size_t)n, ", ");
    n += wgi_blas_version(name + n, sizeof name - (size_t)n);
#endif
    (void)snprintf(name + n, sizeof name - (size_t)n, ")");
#elif defined(WG_HAVE_CBLAS)
    int n = snprintf(name, sizeof name, "blas (");
    n += wgi_blas_version(name + n, sizeof name - (size_t)n);
    (void)snprintf(name + n, sizeof name - (size_t)n, ")");
#else
    (void)snprintf(name, sizeof name, "portable");
#endif
}

const char *wg_backend_name(void) {
    (void)pthread_once(&once, put_name);
    return name;
}

const char *wg_kernel_accelerators(wg_kernel kernel) {
    switch (kernel) {
    case WG_KERNEL_THREADS: return "threads";
    case WG_KERNEL_RANDOM: return "own AVX2 kernel, threads";
    case WG_KERNEL_PRODUCT:
        return "oneDNN (float32), CBLAS, own AVX2 and AVX-512 kernels, threads";
    case WG_KERNEL_CONVOLUTION: return "oneDNN (float32), own AVX2 and AVX-512 kernels, threads";
    default: return "";
    }
}
