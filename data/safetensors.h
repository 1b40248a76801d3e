/* safetensors.h: what the reader and the writer of safetensors share. */
#ifndef WGI_DATA_SAFETENSORS_H
#define WGI_DATA_SAFETENSORS_H

#include "data/internal.h"

enum { WGI_SAFETENSORS_HEADER = 100000000 }; /* bytes of JSON at most, as the format has it */

/* The format's name of a dtype. */
static inline const char *wgi_safetensors_dtype(wg_dtype dtype) {
    static const char *const names[] = {"F32", "F64", "I64", "BOOL"}; /* by wg_dtype */
    return names[dtype];
}

static inline int wgi_little_endian(void) {
    const unsigned one = 1;
    return *(const unsigned char *)&one == 1;
}

#endif
