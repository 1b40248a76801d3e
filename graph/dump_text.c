/* dump_text.c: numbers and strings as dumps write them. */
#include "graph/dump.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

/* printf and strtod use the locale's decimal point, dumps always a full stop. */
static void set_point(char *text) {
    for (; *text; ++text)
        if (!strchr("0123456789+-.eE", *text)) *text = '.';
}

static const char *special(double x) { return isnan(x) ? "nan" : x > 0 ? "inf" : "-inf"; }

const char *wgi_exact_text(double x, wg_dtype dtype, char text[WGI_NUMBER_TEXT]) {
    if (!isfinite(x)) return special(x);
    int plain = fabs(x) < 1e17; /* an exponent is left to the large and the small: 40, not 4e+01 */
    for (int digits = 1; digits <= 17; ++digits) {
        snprintf(text, WGI_NUMBER_TEXT, "%.*g", digits, x);
        if (plain && strstr(text, "e+")) continue;
        double back = strtod(text, NULL);
        if (dtype == WG_F32 ? (float)back == (float)x : back == x) break;
    }
    set_point(text);
    return text;
}

const char *wgi_short_text(double x, char text[WGI_NUMBER_TEXT]) {
    if (!isfinite(x)) return special(x);
    snprintf(text, WGI_NUMBER_TEXT, "%.4g", x == 0 ? 0.0 : x); /* no -0 for people */
    set_point(text);
    return text;
}

/* ---- elements ------------------------------------------------------------------------------- */

/* Where element i, counted row-major, lies in the array. */
static int64_t place(const wg_value *v, int64_t i) {
    int64_t at = 0;
    for (int axis = v->rank - 1; axis >= 0; --axis) {
        at += i % v->dim[axis] * v->stride[axis];
        i /= v->dim[axis];
    }
    return at;
}

int64_t wgi_element_int(const wg_value *v, int64_t i) {
    return ((const int64_t *)v->data)[place(v, i)];
}

double wgi_element(const wg_value *v, int64_t i) {
    int64_t at = place(v, i);
    switch (v->dtype) {
    case WG_F32: return (double)((const float *)v->data)[at];
    case WG_F64: return ((const double *)v->data)[at];
    case WG_I64: return (double)((const int64_t *)v->data)[at];
    case WG_BOOL: return (double)((const unsigned char *)v->data)[at];
    }
    return (double)NAN;
}

/* ---- UTF-8 ---------------------------------------------------------------------------------- */

/* The number of bytes that follow a first byte, -1 where it is none; *c gets its bits, *least the
 * smallest character that needs so many. */
static int following(unsigned char b, uint32_t *c, uint32_t *least) {
    static const struct {
        unsigned char mask, mark;
        uint32_t least;
    } kinds[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (int k = 0; k < 4; ++k) {
        if ((b & kinds[k].mask) != kinds[k].mark) continue;
        *c = b & (unsigned char)~kinds[k].mask;
        *least = kinds[k].least;
        return k;
    }
    return -1;
}

uint32_t wgi_utf8_next(const char **s) {
    const unsigned char *p = (const unsigned char *)*s;
    uint32_t c = 0, least = 0;
    int more = following(*p, &c, &least);
    ++*s;
    if (more < 0) return 0xfffd;
    for (int k = 1; k <= more; ++k) {
        if ((p[k] & 0xc0) != 0x80) return 0xfffd; /* the end of the string, too */
        c = c << 6 | (p[k] & 0x3f);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0xfffd;
    *s += more;
    return c;
}

void wgi_utf8_write(FILE *f, uint32_t c) {
    if (c < 0x80) {
        putc((int)c, f);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned first[] = {0, 0xc0, 0xe0, 0xf0};
    putc((int)(first[more] | c >> (6 * more)), f);
    while (more-- > 0) putc((int)(0x80 | (c >> (6 * more) & 0x3f)), f);
}
