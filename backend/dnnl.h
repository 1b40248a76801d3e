/* dnnl.h: what goes through oneDNN: float32 products and convolutions.  Only builds with
 * WG_HAVE_DNNL have it (dnnl.c and its dnnl_versions.h are all that names the library).
 *
 * A primitive costs about a millisecond to make, so the most recently used are kept, in a cache of
 * the process behind one lock.  Whatever oneDNN cannot do, or would do with its reference code, is
 * declined, and the portable kernels do it. */
#ifndef WGI_DNNL_H
#define WGI_DNNL_H

#include "backend/conv.h"
#include "backend/matmul.h"

enum { WGI_DNNL_ENTRIES = 256 };

/* The product of matmul.h; 0 when oneDNN declines, and then c is as it was. */
int wgi_dnnl_matmul(const wgi_matmul *s, const float *a, const float *b, float *c);

/* Bytes of scratch, aligned to 64, for one pass; 0 where oneDNN declines. */
size_t wgi_dnnl_conv2d_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass);

/* One pass of conv.h; with `add` only forward, y being added to.  x, w, b and y are the image,
 * weights, bias and result, or their gradients: the pass says which of them are written.  b may be
 * NULL.  0 when oneDNN declines. */
int wgi_dnnl_conv2d(const wgi_conv2d *s, wgi_conv2d_pass pass, float *x, float *w, float *b,
                    float *y, void *scratch);

/* The version of the library that is running: major, minor, patch. */
void wgi_dnnl_version(int version[3]);

/* Destroys all primitives that are not in use. */
void wgi_dnnl_clear(void);

/* How many primitives are kept, for tests. */
int wgi_dnnl_count(void);

#endif
