/* safetensors_write.c: tensors and metadata to a file, without ever losing the file before. */
#include "data/atomic_file.h"
#include "data/safetensors.h"

#include <jansson.h>
#include <string.h>

/* A text as JSON, checked to be UTF-8. */
static wg_status text_of(const char *text, const char *what, json_t **out, wg_error *error) {
    *out = json_string(text);
    if (*out) return WG_OK;
    return wgi_data_fail(error, WG_ERR_VALUE, "safetensors: %s is not UTF-8 text", what);
}

static wg_status no_memory(wg_error *error) { return wgi_data_no_memory(error, "a header", 0); }

/* Puts value, which it takes over, under a key that must be new and UTF-8. */
static wg_status put_new(json_t *object, const char *key, const char *what, json_t *value,
                         wg_error *error) {
    json_t *text = NULL;
    wg_status status = text_of(key, what, &text, error);
    json_decref(text);
    if (status == WG_OK && json_object_get(object, key))
        status = wgi_data_fail(error, WG_ERR_NAME, "safetensors: two %ss \"%.100s\"", what, key);
    if (status == WG_OK) return json_object_set_new(object, key, value) ? no_memory(error) : WG_OK;
    json_decref(value);
    return status;
}

static wg_status add_metadata(json_t *root, size_t n, const wg_pair *pairs, wg_error *error) {
    if (n == 0) return WG_OK;
    json_t *object = json_object();
    if (!object || json_object_set_new(root, "__metadata__", object) != 0) return no_memory(error);
    for (size_t i = 0; i < n; ++i) {
        json_t *value;
        wg_status status = text_of(pairs[i].value, "a metadata value", &value, error);
        if (status == WG_OK)
            status = put_new(object, pairs[i].key, "metadata key", value, error);
        if (status != WG_OK) return status;
    }
    return WG_OK;
}

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]} */
static json_t *describe(const wg_tensor *t, int64_t begin, int64_t end) {
    json_t *shape = json_array();
    for (int i = 0; shape && i < t->shape.rank; ++i)
        if (json_array_append_new(shape, json_integer(t->shape.dim[i])) != 0) {
            json_decref(shape);
            shape = NULL;
        }
    if (!shape) return NULL;
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", wgi_safetensors_dtype(t->dtype), "shape",
                     shape, "data_offsets", (json_int_t)begin, (json_int_t)end);
}

static wg_status add_tensor(json_t *root, const wg_tensor *t, int64_t *end, wg_error *error) {
    int64_t count, begin = *end;
    size_t bytes;
    if (t->dtype < WG_F32 || t->dtype > WG_BOOL)
        return wgi_data_fail(error, WG_ERR_DTYPE, "safetensors: tensor \"%.100s\" has no dtype",
                             t->name);
    if (!wgi_array_size(t->dtype, &t->shape, &count, &bytes) ||
        (int64_t)bytes > INT64_MAX - begin)
        return wgi_data_fail(error, WG_ERR_SHAPE,
                             "safetensors: tensor \"%.100s\" has a shape out of range", t->name);
    if (bytes > 0 && !t->data)
        return wgi_data_fail(error, WG_ERR_VALUE, "safetensors: tensor \"%.100s\" has no data",
                             t->name);
    if (strcmp(t->name, "__metadata__") == 0)
        return wgi_data_fail(error, WG_ERR_NAME, "safetensors: no tensor can be \"__metadata__\"");
    json_t *value = describe(t, begin, begin + (int64_t)bytes);
    if (!value) return no_memory(error);
    *end += (int64_t)bytes;
    return put_new(root, t->name, "tensor", value, error);
}

static wg_status build(json_t *root, size_t n, const wg_tensor *tensors, size_t n_pairs,
                       const wg_pair *pairs, wg_error *error) {
    int64_t end = 0;
    if (!root) return no_memory(error);
    wg_status status = add_metadata(root, n_pairs, pairs, error);
    for (size_t i = 0; i < n && status == WG_OK; ++i)
        status = add_tensor(root, &tensors[i], &end, error);
    return status;
}

/* 8 bytes of length, the header filled up with spaces to a multiple of 8: the numbers are aligned
 * in the file.  *text is freed with wgi_free. */
static wg_status render(const json_t *root, char **text, size_t *n, wg_error *error) {
    size_t used = json_dumpb(root, NULL, 0, JSON_COMPACT), padded = (used + 7) / 8 * 8;
    if (used == 0) return no_memory(error);
    if (padded > WGI_SAFETENSORS_HEADER)
        return wgi_data_fail(error, WG_ERR_RANGE, "safetensors: a header of %llu bytes; at most %d",
                             (unsigned long long)padded, WGI_SAFETENSORS_HEADER);
    char *block = wgi_alloc(8 + padded);
    if (!block) return wgi_data_no_memory(error, "a header", 8 + padded);
    for (int i = 0; i < 8; ++i) block[i] = (char)(unsigned char)((uint64_t)padded >> 8 * i);
    memset(block + 8, ' ', padded);
    json_dumpb(root, block + 8, padded, JSON_COMPACT);
    *text = block;
    *n = 8 + padded;
    return WG_OK;
}

static wg_status write_file(const char *path, const char *head, size_t n_head, size_t n,
                            const wg_tensor *tensors, wg_error *error) {
    wgi_atomic_file file;
    wg_status status = wgi_atomic_open(&file, path, error);
    if (status != WG_OK) return status;
    status = wgi_atomic_write(&file, head, n_head, error);
    for (size_t i = 0; i < n && status == WG_OK; ++i) {
        int64_t count;
        size_t bytes = 0;
        wgi_array_size(tensors[i].dtype, &tensors[i].shape, &count, &bytes);
        status = wgi_atomic_write(&file, tensors[i].data, bytes, error);
    }
    if (status == WG_OK) return wgi_atomic_commit(&file, error);
    wgi_atomic_abandon(&file);
    return status;
}

wg_status wg_safetensors_write(const char *path, size_t n, const wg_tensor *tensors,
                               size_t n_pairs, const wg_pair *pairs, wg_error *error) {
    char *head = NULL;
    size_t n_head = 0;
    if (!wgi_little_endian())
        return wgi_data_fail(error, WG_ERR_UNSUPPORTED, "safetensors on a big-endian machine");
    json_t *root = json_object();
    wg_status status = build(root, n, tensors, n_pairs, pairs, error);
    if (status == WG_OK) status = render(root, &head, &n_head, error);
    if (status == WG_OK) status = write_file(path, head, n_head, n, tensors, error);
    wgi_free(head);
    json_decref(root);
    return status;
}
