/* backend.c: what this build computes with. */
#include "backend/backend.h"

#if defined(WG_HAVE_CBLAS)
#include <cblas.h>
#endif
#if defined(WG_HAVE_DNNL)
#include "backend/dnnl.h"
#endif

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static char name[96];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* "OpenBLAS 0.3.21" from its configuration, which goes on with how it was built. */
static void put_blas(char *text, size_t bytes) {
    (void)snprintf(text, bytes, "CBLAS");
#if defined(WG_HAVE_CBLAS) && defined(OPENBLAS_VERSION)
    const char *config = openblas_get_config();
    const char *end = strchr(config, ' ');
    end = end ? strchr(end + 1, ' ') : NULL;
    if (end && (size_t)(end - config) < bytes)
        (void)snprintf(text, bytes, "%.*s", (int)(end - config), config);
#endif
}

static void put_name(void) {
    char blas[40];
    put_blas(blas, sizeof blas);
#if defined(WG_HAVE_DNNL)
    int version[3];
    wgi_dnnl_version(version);
    (void)snprintf(name, sizeof name, "dnnl (oneDNN %d.%d.%d", version[0], version[1], version[2]);
#if defined(WG_HAVE_CBLAS)
    (void)snprintf(name + strlen(name), sizeof name - strlen(name), ", %s", blas);
#endif
    (void)snprintf(name + strlen(name), sizeof name - strlen(name), ")");
#elif defined(WG_HAVE_CBLAS)
    (void)snprintf(name, sizeof name, "blas (%s)", blas);
#else
    (void)snprintf(name, sizeof name, "portable");
#endif
}

const char *wg_backend_name(void) {
    (void)pthread_once(&once, put_name);
    return name;
}
