/* npy.c: NumPy's .npy files.
 *
 * "\x93NUMPY", a major and a minor version byte, the length of the header (2 bytes in version 1, 4
 * in 2 and 3, little-endian), then the header: a Python dictionary with exactly the keys 'descr'
 * (dtype), 'fortran_order' and 'shape'; then the elements. */
#include "data/internal.h"

#include <string.h>

enum { MAX_HEADER = 1 << 16 };

/* What a header says, and the place in it while it is read. */
typedef struct header {
    wgi_stream *stream;
    const char *text, *p, *end;
    char kind; /* 'f', 'i', 'u', 'b' */
    int size;  /* bytes of an element in the file */
    int big, fortran;
    wg_shape shape;
    int seen; /* one bit a key */
} header;

/* ---- the dictionary ------------------------------------------------------------------------- */

static wg_status expected(const header *h, const char *what, wg_error *error) {
    return wgi_data_fail_at(error, WG_ERR_FORMAT, h->stream->path,
                            "header, character %lld: %s expected", (long long)(h->p - h->text),
                            what);
}

static void skip_space(header *h) {
    while (h->p < h->end && (*h->p == ' ' || *h->p == '\n' || *h->p == '\t')) ++h->p;
}

/* Steps over c, with spaces around it; 0 where something else stands. */
static int step(header *h, char c) {
    skip_space(h);
    if (h->p == h->end || *h->p != c) return 0;
    ++h->p;
    skip_space(h);
    return 1;
}

/* Steps over a word and nothing less than it. */
static int word(header *h, const char *text) {
    size_t n = strlen(text);
    if ((size_t)(h->end - h->p) < n || memcmp(h->p, text, n) != 0) return 0;
    h->p += n;
    return 1;
}

/* 'text' or "text", at most 31 characters. */
static int quoted(header *h, char out[32]) {
    size_t n = 0;
    char mark = h->p < h->end ? *h->p : '\0';
    if (mark != '\'' && mark != '"') return 0;
    for (++h->p; h->p < h->end && *h->p != mark && n < 31; ++h->p) out[n++] = *h->p;
    out[n] = '\0';
    return h->p < h->end && *h->p++ == mark;
}

static wg_status read_dtype(header *h, wg_error *error) {
    char descr[32];
    if (!quoted(h, descr)) return expected(h, "a plain dtype, such as '<f4',", error);
    int order = descr[0] != '\0' && strchr("<>|=", descr[0]) != NULL;
    const char *kind = descr + order;
    h->big = descr[0] == '>';
    h->kind = kind[0];
    h->size = kind[0] && kind[1] >= '1' && kind[1] <= '8' && !kind[2] ? kind[1] - '0' : 0;
    int whole = h->size == 1 || h->size == 2 || h->size == 4;
    if ((h->kind == 'f' && (h->size == 4 || h->size == 8)) ||
        (h->kind == 'i' && (whole || h->size == 8)) || (h->kind == 'u' && whole) ||
        (h->kind == 'b' && h->size == 1))
        return WG_OK;
    return wgi_data_fail_at(error, WG_ERR_UNSUPPORTED, h->stream->path,
                            "dtype '%s'; float32, float64, integers and booleans are read", descr);
}

static wg_status read_order(header *h, wg_error *error) {
    if (word(h, "True")) h->fortran = 1;
    else if (!word(h, "False")) return expected(h, "True or False", error);
    return WG_OK;
}

/* One extent; -1 where no number stands or it is too large. */
static int64_t extent(header *h) {
    int64_t n = -1;
    for (; h->p < h->end && *h->p >= '0' && *h->p <= '9'; ++h->p) {
        int64_t digit = *h->p - '0';
        if (n > (INT64_MAX - digit) / 10) return -1;
        n = (n < 0 ? 0 : 10 * n) + digit;
    }
    return n;
}

/* (), (3,), (3, 4), (3, 4,) */
static wg_status read_shape(header *h, wg_error *error) {
    int comma = 1;
    h->shape.rank = 0;
    if (!step(h, '(')) return expected(h, "a shape", error);
    while (!step(h, ')')) {
        int64_t n = comma ? extent(h) : -1;
        if (n < 0) return expected(h, "an extent", error);
        if (h->shape.rank == WG_MAX_RANK)
            return wgi_data_fail_at(error, WG_ERR_UNSUPPORTED, h->stream->path,
                                    "a rank above %d", WG_MAX_RANK);
        h->shape.dim[h->shape.rank++] = n;
        comma = step(h, ',');
    }
    return WG_OK;
}

static wg_status read_entry(header *h, wg_error *error) {
    static const struct {
        const char *key;
        wg_status (*read)(header *h, wg_error *error);
    } entries[] = {{"descr", read_dtype}, {"fortran_order", read_order}, {"shape", read_shape}};
    char key[32];
    skip_space(h);
    if (!quoted(h, key)) return expected(h, "a key in quotes", error);
    for (int i = 0; i < 3; ++i) {
        if (strcmp(key, entries[i].key) != 0 || (h->seen >> i & 1)) continue;
        h->seen |= 1 << i;
        if (!step(h, ':')) return expected(h, "':'", error);
        return entries[i].read(h, error);
    }
    return expected(h, "'descr', 'fortran_order' and 'shape', each once,", error);
}

static wg_status parse_header(header *h, wg_error *error) {
    if (!step(h, '{')) return expected(h, "'{'", error);
    while (!step(h, '}')) {
        wg_status status = read_entry(h, error);
        if (status != WG_OK) return status;
        if (step(h, ',') || (h->p < h->end && *h->p == '}')) continue;
        return expected(h, "',' or '}'", error);
    }
    if (h->seen != 7) return expected(h, "'descr', 'fortran_order' and 'shape'", error);
    return h->p == h->end ? WG_OK : expected(h, "the end of the header", error);
}

/* The bytes in front of the dictionary; *n is its length. */
static wg_status read_prefix(wgi_stream *s, size_t *n, wg_error *error) {
    unsigned char b[8], length[4] = {0};
    wg_status status = wgi_stream_read(s, b, 8, "the header of a .npy file", error);
    if (status != WG_OK) return status;
    if (memcmp(b, "\x93NUMPY", 6) != 0)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path, "not a .npy file");
    if (b[6] < 1 || b[6] > 3)
        return wgi_data_fail_at(error, WG_ERR_UNSUPPORTED, s->path,
                                ".npy version %d.%d; 1.0, 2.0 and 3.0 are read", b[6], b[7]);
    status = wgi_stream_read(s, length, b[6] == 1 ? 2 : 4, "the length of the header", error);
    *n = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 |
         (size_t)length[3] << 24;
    if (status == WG_OK && *n > MAX_HEADER)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path, "a header of %llu bytes; at most %d",
                                (unsigned long long)*n, MAX_HEADER);
    return status;
}

static wg_status read_header(wgi_stream *s, header *h, wg_error *error) {
    size_t n = 0;
    wg_status status = read_prefix(s, &n, error);
    if (status != WG_OK) return status;
    char *text = wgi_alloc(n);
    if (!text) return wgi_data_no_memory(error, "a header", n);
    h->stream = s;
    h->text = h->p = text;
    h->end = text + n;
    status = wgi_stream_read(s, text, n, "the header", error);
    if (status == WG_OK) status = parse_header(h, error);
    h->text = h->p = h->end = NULL;
    wgi_free(text);
    return status;
}

/* ---- the elements --------------------------------------------------------------------------- */

/* The bits of an element, in the machine's order. */
static uint64_t load(const unsigned char *p, const header *h) {
    uint64_t bits = 0;
    for (int i = 0; i < h->size; ++i)
        bits |= (uint64_t)p[h->big ? h->size - 1 - i : i] << 8 * i;
    return bits;
}

static void store(const header *h, uint64_t bits, void *data, int64_t i) {
    if (h->kind == 'f' && h->size == 4) {
        uint32_t half = (uint32_t)bits;
        memcpy((float *)data + i, &half, 4);
    } else if (h->kind == 'f') {
        memcpy((double *)data + i, &bits, 8);
    } else if (h->kind == 'b') {
        ((unsigned char *)data)[i] = (unsigned char)bits;
    } else {
        int spare = 64 - 8 * h->size; /* a signed number is brought up by its sign bit */
        int64_t v;
        uint64_t up = bits << spare;
        memcpy(&v, &up, 8);
        ((int64_t *)data)[i] = h->kind == 'i' ? v >> spare : (int64_t)bits;
    }
}

/* In Fortran order the first index runs fastest.  step counts it in elements of the file while the
 * array is filled row by row. */
static void unpack(const header *h, const unsigned char *raw, int64_t n, void *data) {
    int rank = h->shape.rank;
    int64_t at[WG_MAX_RANK] = {0}, step_of[WG_MAX_RANK], from = 0, step_now = 1;
    if (n == 0) return; /* extents beside a 0 may be anything */
    for (int k = 0; k < rank; ++k) {
        int axis = h->fortran ? k : rank - 1 - k;
        step_of[axis] = step_now;
        step_now *= h->shape.dim[axis];
    }
    for (int64_t i = 0; i < n; ++i) {
        store(h, load(raw + from * h->size, h), data, i);
        for (int axis = rank - 1; axis >= 0; --axis) {
            from += step_of[axis];
            if (++at[axis] < h->shape.dim[axis]) break;
            from -= at[axis] * step_of[axis];
            at[axis] = 0;
        }
    }
}

static wg_dtype dtype_of(const header *h) {
    if (h->kind == 'f') return h->size == 4 ? WG_F32 : WG_F64;
    return h->kind == 'b' ? WG_BOOL : WG_I64;
}

static wg_status check_booleans(const header *h, const unsigned char *raw, int64_t n,
                                wg_error *error) {
    for (int64_t i = 0; h->kind == 'b' && i < n; ++i)
        if (raw[i] > 1)
            return wgi_data_fail_at(error, WG_ERR_FORMAT, h->stream->path,
                                    "element %lld is the byte %d; a boolean is 0 or 1",
                                    (long long)i, raw[i]);
    return WG_OK;
}

static wg_status read_elements(header *h, wg_array *array, wg_error *error) {
    wg_array new = {.dtype = dtype_of(h), .shape = h->shape};
    int64_t n, stored;
    size_t bytes;
    if (!wgi_array_size(new.dtype, &new.shape, &n, &bytes) || !wgi_multiply(n, h->size, &stored))
        return wgi_data_fail_at(error, WG_ERR_FORMAT, h->stream->path, "the shape is too large");
    wg_status status = wgi_stream_expect(h->stream, stored, "the array", error);
    if (status != WG_OK) return status;
    unsigned char *raw = wgi_alloc((size_t)stored);
    new.data = wgi_alloc(bytes);
    if (!raw || !new.data) status = wgi_data_no_memory(error, "an array", bytes);
    if (status == WG_OK)
        status = wgi_stream_read(h->stream, raw, (size_t)stored, "the array", error);
    if (status == WG_OK) status = wgi_stream_end(h->stream, error);
    if (status == WG_OK) status = check_booleans(h, raw, n, error);
    if (status == WG_OK) {
        unpack(h, raw, n, new.data);
        *array = new;
    } else {
        wgi_free(new.data);
    }
    wgi_free(raw);
    return status;
}

static wg_status read_array(wgi_stream *s, wg_array *array, wg_error *error) {
    header h = {0};
    wg_status status = read_header(s, &h, error);
    if (status == WG_OK) status = read_elements(&h, array, error);
    wgi_stream_close(s);
    return status;
}

wg_status wg_npy_read(const char *path, wg_array *array, wg_error *error) {
    wgi_stream s;
    wg_status status = wgi_stream_open(&s, path, error);
    return status == WG_OK ? read_array(&s, array, error) : status;
}

wg_status wg_npy_parse(const void *bytes, size_t n, const char *name, wg_array *array,
                       wg_error *error) {
    wgi_stream s;
    wgi_stream_memory(&s, name, bytes, n);
    return read_array(&s, array, error);
}

void wg_array_clear(wg_array *array) {
    wgi_free(array->data);
    memset(array, 0, sizeof *array);
}
