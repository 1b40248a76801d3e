/* json.c: numbers, names and arrays as text, for programs (JSON) and for people. */
#include "cli/cli.h"

#include "graph/dump.h"
#include "graph/parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

void wgi_json_number(FILE *out, double x, wg_dtype dtype) {
    char text[WGI_NUMBER_TEXT];
    if (isnan(x)) fputs("null", out);
    else if (isinf(x)) fputs(x > 0 ? "1e999" : "-1e999", out);
    else fputs(wgi_exact_text(x, dtype, text), out);
}

/* ---- strings -------------------------------------------------------------------------------- */

void wgi_json_string(FILE *out, const char *text) {
    fputc('"', out);
    for (const char *s = text; *s;) {
        size_t n = wgi_character(s);
        if (n == 0) fputs("\\ufffd", out);
        else if (*s == '"' || *s == '\\') fprintf(out, "\\%c", *s);
        else if (n == 1 && *s < 0x20) fprintf(out, "\\u%04x", (unsigned)*s);
        else fwrite(s, 1, n, out);
        s += n ? n : 1;
    }
    fputc('"', out);
}

/* ---- arrays --------------------------------------------------------------------------------- */

/* Walks an array as nested lists, telling brackets, commas and numbers in their order. */
typedef struct walk {
    void (*mark)(void *user, const char *mark, int times);
    void (*number)(void *user, double x);
    int (*full)(void *user); /* 1: enough was written; NULL: never */
    void *user;
} walk;

static double element(const void *data, wg_dtype dtype, int64_t i) {
    switch (dtype) {
    case WG_F32: return (double)((const float *)data)[i];
    case WG_F64: return ((const double *)data)[i];
    case WG_I64: return (double)((const int64_t *)data)[i];
    case WG_BOOL: return (double)((const unsigned char *)data)[i];
    }
    return (double)NAN;
}

/* How many of the outer axes stand at a multiple of their extent at row r: lists that begin, or
 * with r one further end, there. */
static int turns(int rank, const int64_t *dim, int64_t r) {
    int n = 0;
    for (int axis = rank - 2; axis >= 0 && r % dim[axis] == 0; --axis) {
        r /= dim[axis];
        ++n;
    }
    return n;
}

/* 1 unless it was cut short. */
static int walk_array(const walk *w, int rank, const int64_t *dim, wg_dtype dtype,
                      const void *data) {
    int64_t rows = 1, i = 0;
    for (int axis = 0; axis < rank; ++axis) /* nothing is nested in an empty list */
        if (dim[axis] == 0) rank = axis + 1;
    for (int axis = 0; axis + 1 < rank; ++axis) rows *= dim[axis];
    int64_t row = rank ? dim[rank - 1] : 1;
    for (int64_t r = 0; r < rows; ++r) {
        if (r > 0) w->mark(w->user, ", ", 1);
        if (rank) w->mark(w->user, "[", 1 + turns(rank, dim, r));
        for (int64_t k = 0; k < row; ++k, ++i) {
            if (k > 0) w->mark(w->user, ", ", 1);
            if (w->full && w->full(w->user)) return 0;
            w->number(w->user, element(data, dtype, i));
        }
        if (rank) w->mark(w->user, "]", 1 + turns(rank, dim, r + 1));
    }
    return 1;
}

typedef struct json_out {
    FILE *file;
    wg_dtype dtype;
} json_out;

static void json_mark(void *user, const char *mark, int times) {
    const json_out *out = user;
    while (times-- > 0) fputs(mark, out->file);
}
static void json_number(void *user, double x) {
    const json_out *out = user;
    wgi_json_number(out->file, x, out->dtype);
}

void wgi_json_array(FILE *out, int rank, const int64_t *dim, wg_dtype dtype, const void *data) {
    json_out to = {out, dtype};
    walk w = {json_mark, json_number, NULL, &to};
    walk_array(&w, rank, dim, dtype, data);
}

void wgi_json_var(FILE *out, wg_var x) {
    wg_shape s = wg_shape_of(x);
    wgi_json_array(out, s.rank, s.dim, wg_dtype_of(x), wg_data(x));
}

/* ---- for people ----------------------------------------------------------------------------- */

enum { SHOWN = 12 }; /* numbers */

typedef struct text_out {
    char *text;
    size_t bytes, used;
    int numbers;
} text_out;

static void add(text_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(text_out *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out->text + out->used, out->bytes - out->used, format, args);
    va_end(args);
    out->used += n > 0 ? (size_t)n : 0;
    if (out->used >= out->bytes) out->used = out->bytes - 1;
}

static void text_mark(void *user, const char *mark, int times) {
    while (times-- > 0) add(user, "%s", mark);
}
static void text_number(void *user, double x) {
    text_out *out = user;
    if (isnan(x)) add(out, "nan");
    else add(out, "%.6g", x);
    out->numbers += 1;
}
static int text_full(void *user) {
    const text_out *out = user;
    return out->numbers >= SHOWN;
}

void wgi_show_array(char *text, size_t bytes, int rank, const int64_t *dim, wg_dtype dtype,
                    const void *data) {
    text_out out = {text, bytes, 0, 0};
    walk w = {text_mark, text_number, text_full, &out};
    text[0] = '\0';
    if (walk_array(&w, rank, dim, dtype, data)) return;
    add(&out, "... shape (");
    for (int i = 0; i < rank; ++i) add(&out, "%s%lld", i ? ", " : "", (long long)dim[i]);
    add(&out, ")");
}

void wgi_show_var(char *text, size_t bytes, wg_var x) {
    wg_shape s = wg_shape_of(x);
    wgi_show_array(text, bytes, s.rank, s.dim, wg_dtype_of(x), wg_data(x));
}

const char *wgi_place_text(char text[WGI_PLACE], wg_shape s, int64_t i) {
    int64_t at[WG_MAX_RANK];
    int used = snprintf(text, WGI_PLACE, "[");
    for (int axis = s.rank - 1; axis >= 0; --axis) {
        at[axis] = i % s.dim[axis];
        i /= s.dim[axis];
    }
    for (int axis = 0; axis < s.rank; ++axis)
        used += snprintf(text + used, WGI_PLACE - (size_t)used, "%s%lld", axis ? ", " : "",
                         (long long)at[axis]);
    snprintf(text + used, WGI_PLACE - (size_t)used, "]");
    return text;
}
