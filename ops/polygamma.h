/* polygamma.h: digamma and its derivatives as numbers. */
#ifndef WGI_POLYGAMMA_H
#define WGI_POLYGAMMA_H

#include <stdint.h>

enum { WGI_POLYGAMMA_MAX = 100 };

/* (d/dx)^(n+1) ln gamma(x); NaN for n outside 0 .. WGI_POLYGAMMA_MAX and at -inf. */
double wgi_polygamma(int64_t n, double x);

#endif
