/* preprocess_json.c: preprocessing as the text that a saved model carries.
 *
 * Numbers are written with 17 digits, which bring back every double and every float exactly. */
#include "data/internal.h"

#include <jansson.h>
#include <string.h>

void wg_text_free(char *text) { wgi_free(text); }

/* ---- writing -------------------------------------------------------------------------------- */

/* A list of n numbers; NULL where one is not finite (JSON has no word for it) or memory ends. */
static json_t *list_of(const float *x, int64_t n) {
    json_t *list = json_array();
    for (int64_t i = 0; list && i < n; ++i) {
        if (json_array_append_new(list, json_real((double)x[i])) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

static json_t *to_object(const wg_preprocess *p) {
    json_t *object = json_pack("{s:f, s:[I, I, I]}", "scale", p->scale, "shape",
                               (json_int_t)p->height, (json_int_t)p->width,
                               (json_int_t)p->channels);
    int failed = !object;
    if (!failed && p->n > 0)
        failed = json_object_set_new(object, "mean", list_of(p->mean, p->n)) != 0 ||
                 json_object_set_new(object, "std", list_of(p->std, p->n)) != 0;
    if (!failed) return object;
    json_decref(object);
    return NULL;
}

wg_status wg_preprocess_to_json(const wg_preprocess *p, char **text, wg_error *error) {
    enum { FLAGS = JSON_COMPACT | JSON_REAL_PRECISION(17) };
    json_t *object = to_object(p);
    if (!object)
        return wgi_data_fail(error, WG_ERR_VALUE,
                             "preprocessing has a number that is not finite, or no memory is left");
    wg_status status = WG_OK;
    size_t n = json_dumpb(object, NULL, 0, FLAGS);
    char *out = n > 0 ? wgi_alloc(n + 1) : NULL;
    if (out) {
        json_dumpb(object, out, n, FLAGS);
        out[n] = '\0';
        *text = out;
    } else {
        status = wgi_data_no_memory(error, "preprocessing as JSON", n + 1);
    }
    json_decref(object);
    return status;
}

/* ---- reading -------------------------------------------------------------------------------- */

static wg_status bad(wg_error *error, const char *what) {
    return wgi_data_fail(error, WG_ERR_FORMAT, "preprocessing: %s", what);
}

static int extent(const json_t *shape, size_t i, int64_t *out) {
    const json_t *number = json_array_get(shape, i);
    *out = json_integer_value(number);
    return json_is_integer(number) && *out >= 1 && *out <= 1 << 24;
}

static int read_list(const json_t *list, int64_t n, float *x) {
    for (int64_t i = 0; i < n; ++i) {
        const json_t *number = json_array_get(list, (size_t)i);
        if (!json_is_number(number)) return 0;
        x[i] = (float)json_number_value(number);
    }
    return 1;
}

/* mean and std of one length, which must be a number of statistics that the extents allow. */
static wg_status read_statistics(const json_t *object, wg_preprocess *p, wg_error *error) {
    const json_t *mean = json_object_get(object, "mean"), *std = json_object_get(object, "std");
    int64_t n = (int64_t)json_array_size(mean), size;
    if (!mean && !std) return WG_OK;
    if (!wgi_multiply(p->height, p->width, &size) || !wgi_multiply(size, p->channels, &size))
        return bad(error, "\"shape\" is too large");
    if ((n != p->channels && n != size) || json_array_size(std) != (size_t)n)
        return bad(error, "\"mean\" and \"std\" need a number a channel or a number a pixel each");
    p->mean = wgi_alloc(2 * (size_t)n * sizeof *p->mean);
    if (!p->mean) return wgi_data_no_memory(error, "preprocessing", 8 * (uint64_t)n);
    p->std = p->mean + n;
    p->n = n;
    int good = read_list(mean, n, p->mean) && read_list(std, n, p->std);
    for (int64_t i = 0; i < n && good; ++i) good = p->std[i] > 0;
    if (good) return WG_OK;
    wg_preprocess_clear(p);
    return bad(error, "\"mean\" and \"std\" are numbers, \"std\" above 0");
}

static wg_status read_object(const json_t *object, wg_preprocess *p, wg_error *error) {
    const json_t *scale = json_object_get(object, "scale");
    const json_t *shape = json_object_get(object, "shape");
    if (!json_is_object(object)) return bad(error, "not a JSON object");
    if (!json_is_number(scale)) return bad(error, "\"scale\" is not a number");
    p->scale = json_number_value(scale);
    if (json_array_size(shape) != 3 || !extent(shape, 0, &p->height) ||
        !extent(shape, 1, &p->width) || !extent(shape, 2, &p->channels))
        return bad(error, "\"shape\" is not [height, width, channels]");
    size_t known = 2 + 2 * (json_object_get(object, "mean") != NULL);
    if (json_object_size(object) != known)
        return bad(error, "has other entries than \"scale\", \"shape\", \"mean\", \"std\"");
    return read_statistics(object, p, error);
}

wg_status wg_preprocess_from_json(const char *text, wg_preprocess *p, wg_error *error) {
    json_error_t where;
    wg_preprocess q = {0};
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!object)
        return wgi_data_fail(error, WG_ERR_FORMAT, "preprocessing: byte %d: %s", where.position,
                             where.text);
    wg_status status = read_object(object, &q, error);
    if (status == WG_OK) *p = q;
    json_decref(object);
    return status;
}
