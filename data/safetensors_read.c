/* safetensors_read.c: a safetensors file to memory, every claim of its header checked. */
#include "data/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct wg_safetensors {
    wgi_arena arena; /* names, texts, numbers */
    wg_tensor *tensors;
    wg_pair *pairs;
    size_t n, n_pairs;
};

/* A tensor and where its bytes lie behind the header. */
typedef struct extent {
    wg_tensor tensor;
    int64_t begin, end;
} extent;

/* What is at hand while a file is read. */
typedef struct reading {
    wgi_stream stream;
    json_t *root;
    extent *extents;
    wg_safetensors *file;
} reading;

/* ---- the header ----------------------------------------------------------------------------- */

static wg_status bad(const reading *r, const char *name, const char *what, wg_error *error) {
    return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path, "tensor \"%.60s\": %s", name,
                            what);
}

static wg_status parse_json(reading *r, const char *text, size_t n, wg_error *error) {
    json_error_t where;
    r->root = text[0] == '{' ? json_loadb(text, n, JSON_REJECT_DUPLICATES, &where) : NULL;
    if (r->root) return WG_OK;
    if (text[0] != '{')
        return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path,
                                "the header does not begin with '{'");
    if (json_error_code(&where) == json_error_out_of_memory)
        return wgi_data_no_memory(error, "a header", n);
    return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path, "header, byte %d: %s",
                            where.position, where.text);
}

static wg_status read_header(reading *r, wg_error *error) {
    unsigned char length[8];
    uint64_t n = 0;
    wg_status status = wgi_stream_read(&r->stream, length, 8, "the header's length", error);
    if (status != WG_OK) return status;
    for (int i = 0; i < 8; ++i) n |= (uint64_t)length[i] << 8 * i;
    if (n < 2 || n > WGI_SAFETENSORS_HEADER)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path,
                                "not safetensors: a header of %llu bytes; 2 to %d are possible",
                                (unsigned long long)n, WGI_SAFETENSORS_HEADER);
    status = wgi_stream_expect(&r->stream, (int64_t)n, "the header", error);
    if (status != WG_OK) return status;
    char *text = wgi_alloc((size_t)n);
    if (!text) return wgi_data_no_memory(error, "a header", n);
    status = wgi_stream_read(&r->stream, text, (size_t)n, "the header", error);
    if (status == WG_OK) status = parse_json(r, text, (size_t)n, error);
    wgi_free(text);
    return status;
}

static char *keep_text(reading *r, const char *text, wg_error *error) {
    size_t bytes = strlen(text) + 1;
    char *copy = wgi_arena_alloc(&r->file->arena, bytes);
    if (copy) memcpy(copy, text, bytes);
    else wgi_data_no_memory(error, "a name", bytes);
    return copy;
}

/* ---- what it says --------------------------------------------------------------------------- */

static wg_status find_dtype(const reading *r, const char *name, const json_t *value,
                            wg_dtype *dtype, wg_error *error) {
    static const char *const others[] = {"F16", "BF16", "I8",      "U8",      "I16",    "U16",
                                         "I32", "U32",  "U64",     "F8_E4M3", "F8_E5M2", "C64"};
    const char *word = json_string_value(value);
    if (!word) return bad(r, name, "\"dtype\" is not a text", error);
    for (wg_dtype k = WG_F32; k <= WG_BOOL; ++k) {
        if (strcmp(word, wgi_safetensors_dtype(k)) != 0) continue;
        *dtype = k;
        return WG_OK;
    }
    int known = 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        known |= strcmp(word, others[i]) == 0;
    return wgi_data_fail_at(error, known ? WG_ERR_UNSUPPORTED : WG_ERR_FORMAT, r->stream.path,
                            "tensor \"%.60s\" has %s dtype \"%.20s\"; F32, F64, I64 and BOOL are "
                            "read",
                            name, known ? "the" : "an unknown", word);
}

static wg_status find_shape(const reading *r, const char *name, const json_t *list,
                            wg_shape *shape, wg_error *error) {
    size_t rank = json_array_size(list);
    if (!json_is_array(list) || rank > WG_MAX_RANK)
        return bad(r, name, "\"shape\" is not a list of at most 8 extents", error);
    shape->rank = (int)rank;
    for (size_t i = 0; i < rank; ++i) {
        const json_t *number = json_array_get(list, i);
        shape->dim[i] = json_integer_value(number);
        if (!json_is_integer(number) || shape->dim[i] < 0)
            return bad(r, name, "an extent is not a whole number from 0", error);
    }
    return WG_OK;
}

/* begin <= end, and as many bytes between them as dtype and shape ask for. */
static wg_status find_offsets(const reading *r, const char *name, const json_t *list, extent *e,
                              wg_error *error) {
    const json_t *begin = json_array_get(list, 0), *end = json_array_get(list, 1);
    int64_t count;
    size_t bytes;
    if (json_array_size(list) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return bad(r, name, "\"data_offsets\" is not [begin, end]", error);
    e->begin = json_integer_value(begin);
    e->end = json_integer_value(end);
    if (e->begin < 0 || e->end < e->begin)
        return bad(r, name, "\"data_offsets\" run backwards", error);
    if (!wgi_array_size(e->tensor.dtype, &e->tensor.shape, &count, &bytes))
        return bad(r, name, "the shape is too large", error);
    if ((uint64_t)(e->end - e->begin) != bytes)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path,
                                "tensor \"%.60s\": shape and dtype ask for %llu bytes, "
                                "\"data_offsets\" give %lld",
                                name, (unsigned long long)bytes, (long long)(e->end - e->begin));
    return WG_OK;
}

static wg_status read_tensor(reading *r, const char *name, const json_t *value, wg_error *error) {
    extent *e = &r->extents[r->file->n];
    if (!json_is_object(value) || json_object_size(value) != 3)
        return bad(r, name, "not an object of \"dtype\", \"shape\" and \"data_offsets\"", error);
    wg_status status =
        find_dtype(r, name, json_object_get(value, "dtype"), &e->tensor.dtype, error);
    if (status == WG_OK)
        status = find_shape(r, name, json_object_get(value, "shape"), &e->tensor.shape, error);
    if (status == WG_OK)
        status = find_offsets(r, name, json_object_get(value, "data_offsets"), e, error);
    if (status != WG_OK) return status;
    e->tensor.name = keep_text(r, name, error);
    if (!e->tensor.name) return WG_ERR_MEMORY;
    ++r->file->n;
    return WG_OK;
}

static wg_status read_metadata(reading *r, json_t *object, wg_error *error) {
    const char *key;
    json_t *value;
    wg_safetensors *f = r->file;
    if (!json_is_object(object))
        return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path,
                                "\"__metadata__\" is not an object");
    size_t bytes = json_object_size(object) * sizeof *f->pairs;
    f->pairs = wgi_arena_alloc(&f->arena, bytes);
    if (!f->pairs) return wgi_data_no_memory(error, "metadata", bytes);
    json_object_foreach(object, key, value) {
        if (!json_is_string(value))
            return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path,
                                    "metadata \"%.60s\" is not a text", key);
        wg_pair pair = {keep_text(r, key, error), NULL};
        pair.value = pair.key ? keep_text(r, json_string_value(value), error) : NULL;
        if (!pair.value) return WG_ERR_MEMORY;
        f->pairs[f->n_pairs++] = pair;
    }
    return WG_OK;
}

static wg_status read_entries(reading *r, wg_error *error) {
    const char *key;
    json_t *value;
    size_t bytes = json_object_size(r->root) * sizeof *r->extents;
    r->extents = wgi_alloc_zero(bytes);
    if (!r->extents) return wgi_data_no_memory(error, "a list of tensors", bytes);
    json_object_foreach(r->root, key, value) {
        int metadata = strcmp(key, "__metadata__") == 0;
        wg_status status = metadata ? read_metadata(r, value, error)
                                    : read_tensor(r, key, value, error);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

/* ---- the numbers ---------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b) {
    const extent *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    return strcmp(x->tensor.name, y->tensor.name);
}

/* In order of place each tensor begins where the one before it ended. */
static wg_status check_places(reading *r, wg_error *error) {
    int64_t at = 0;
    if (r->file->n > 0) qsort(r->extents, r->file->n, sizeof *r->extents, by_place);
    for (size_t i = 0; i < r->file->n; ++i) {
        const extent *e = &r->extents[i];
        if (e->begin != at)
            return wgi_data_fail_at(error, WG_ERR_FORMAT, r->stream.path,
                                    "tensor \"%.60s\" begins at byte %lld of the data, %s %lld",
                                    e->tensor.name, (long long)e->begin,
                                    e->begin < at ? "inside another up to"
                                                  : "behind a gap from",
                                    (long long)at);
        at = e->end;
    }
    return wgi_stream_expect(&r->stream, at, "the data", error);
}

static wg_status read_numbers(reading *r, const extent *e, void *data, wg_error *error) {
    size_t bytes = (size_t)(e->end - e->begin);
    wg_status status = wgi_stream_read(&r->stream, data, bytes, "the data", error);
    const unsigned char *b = data;
    for (size_t i = 0; status == WG_OK && e->tensor.dtype == WG_BOOL && i < bytes; ++i)
        if (b[i] > 1) status = bad(r, e->tensor.name, "a boolean is neither 0 nor 1", error);
    return status;
}

static wg_status read_data(reading *r, wg_error *error) {
    wg_safetensors *f = r->file;
    wg_status status = check_places(r, error);
    if (status != WG_OK) return status;
    f->tensors = wgi_arena_alloc(&f->arena, f->n * sizeof *f->tensors);
    if (!f->tensors) return wgi_data_no_memory(error, "tensors", f->n * sizeof *f->tensors);
    for (size_t i = 0; i < f->n && status == WG_OK; ++i) {
        size_t bytes = (size_t)(r->extents[i].end - r->extents[i].begin);
        void *data = wgi_arena_alloc(&f->arena, bytes);
        if (!data) return wgi_data_no_memory(error, "a tensor", bytes);
        f->tensors[i] = r->extents[i].tensor;
        f->tensors[i].data = data;
        status = read_numbers(r, &r->extents[i], data, error);
    }
    return status == WG_OK ? wgi_stream_end(&r->stream, error) : status;
}

static wg_safetensors *read_all(reading *r, wg_error *error) {
    wg_status status;
    r->file = wgi_alloc_zero(sizeof *r->file);
    if (!wgi_little_endian())
        status = wgi_data_fail(error, WG_ERR_UNSUPPORTED, "safetensors on a big-endian machine");
    else if (!r->file) status = wgi_data_no_memory(error, "a file", sizeof *r->file);
    else status = read_header(r, error);
    if (status == WG_OK) status = read_entries(r, error);
    if (status == WG_OK) status = read_data(r, error);
    if (status != WG_OK) {
        wg_safetensors_free(r->file);
        r->file = NULL;
    }
    json_decref(r->root);
    wgi_free(r->extents);
    wgi_stream_close(&r->stream);
    return r->file;
}

wg_safetensors *wg_safetensors_read(const char *path, wg_error *error) {
    reading r = {0};
    return wgi_stream_open(&r.stream, path, error) == WG_OK ? read_all(&r, error) : NULL;
}

wg_safetensors *wg_safetensors_parse(const void *bytes, size_t n, const char *name,
                                     wg_error *error) {
    reading r = {0};
    wgi_stream_memory(&r.stream, name, bytes, n);
    return read_all(&r, error);
}

/* ---- looking up ----------------------------------------------------------------------------- */

void wg_safetensors_free(wg_safetensors *file) {
    if (!file) return;
    wgi_arena_free(&file->arena);
    wgi_free(file);
}

size_t wg_safetensors_count(const wg_safetensors *file) { return file->n; }

const wg_tensor *wg_safetensors_at(const wg_safetensors *file, size_t i) {
    return i < file->n ? &file->tensors[i] : NULL;
}

const wg_tensor *wg_safetensors_find(const wg_safetensors *file, const char *name) {
    for (size_t i = 0; i < file->n; ++i)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

const wg_pair *wg_safetensors_pair(const wg_safetensors *file, size_t i) {
    return i < file->n_pairs ? &file->pairs[i] : NULL;
}

const char *wg_safetensors_meta(const wg_safetensors *file, const char *key) {
    for (size_t i = 0; i < file->n_pairs; ++i)
        if (strcmp(file->pairs[i].key, key) == 0) return file->pairs[i].value;
    return NULL;
}
