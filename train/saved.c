/* saved.c: models as files.
 *
 * A file is believed only as far as its architecture can be rebuilt and every tensor is exactly the
 * one that the architecture asks for; nothing is allocated by the size that a text claims before
 * the tensors in the file add up to it. */
#include "train/train.h"

#include "autograd/tape.h"
#include "nn/layer.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char VERSION[] = "1";

/* ---- numbers -------------------------------------------------------------------------------- */

/* The index of the first number that is not finite, -1 where all are. */
static int64_t first_bad(wg_dtype dtype, int64_t n, const void *data) {
    const float *f = data;
    const double *d = data;
    for (int64_t i = 0; i < n; ++i)
        if (dtype == WG_F32 ? !isfinite(f[i]) : !isfinite(d[i])) return i;
    return -1;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* A list of texts as JSON, freed with free; NULL without memory or for text that is not UTF-8. */
static char *classes_text(const wg_model_info *info) {
    json_t *list = json_array();
    int failed = !list;
    for (int64_t i = 0; i < info->n_classes && !failed; ++i)
        failed = json_array_append_new(list, json_string(info->classes[i])) != 0;
    char *text = failed ? NULL : json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

/* All parameters as tensors, in t; VALUE names one that is not finite. */
static wg_status list_tensors(wg_params *params, wg_tensor *t, wg_error *error) {
    for (size_t i = 0; i < wg_params_count(params); ++i) {
        wg_param *p = wg_params_at(params, i);
        wg_tensor tensor = {wg_param_name(p), wg_param_dtype(p), wg_param_shape(p),
                            wg_param_data(p)};
        int64_t at = first_bad(tensor.dtype, wg_shape_size(tensor.shape), tensor.data);
        if (at >= 0)
            return wgi_error_to(error, WG_ERR_VALUE,
                                "the model is not saved: number %" PRId64 " of %s is not finite",
                                at, tensor.name);
        t[i] = tensor;
    }
    return WG_OK;
}

static wg_status write_model(const char *path, wg_model *model, const wg_model_info *info,
                             const char *classes, const char *preprocess, wg_error *error) {
    char input[96], seed[32];
    int64_t h, w, c;
    wg_params *params = wg_model_params(model);
    size_t n = wg_params_count(params);
    wg_model_input(model, &h, &w, &c);
    snprintf(input, sizeof input, "[%" PRId64 ", %" PRId64 ", %" PRId64 "]", h, w, c);
    snprintf(seed, sizeof seed, "%" PRIu64, info->seed);
    const wg_pair pairs[] = {{"format", "wengert"}, {"version", VERSION},
                             {"arch", wg_model_arch(model)}, {"input", input},
                             {"classes", classes}, {"preprocess", preprocess},
                             {"layout", "OHWI"}, {"seed", seed}};
    wg_tensor *tensors = wgi_alloc(n * sizeof *tensors);
    if (!tensors) return wgi_error_to(error, WG_ERR_MEMORY, "%.80s: no memory", path);
    wg_status s = list_tensors(params, tensors, error);
    if (s == WG_OK)
        s = wg_safetensors_write(path, n, tensors, sizeof pairs / sizeof *pairs, pairs, error);
    wgi_free(tensors);
    return s;
}

wg_status wg_model_save(const char *path, wg_model *model, const wg_model_info *info,
                        wg_error *error) {
    char *preprocess = NULL;
    wgi_error_clear(error);
    if (info->n_classes != wg_model_classes(model))
        return wgi_error_to(error, WG_ERR_SHAPE, "%" PRId64 " names for %" PRId64 " classes",
                            info->n_classes, wg_model_classes(model));
    wg_status s = wg_preprocess_to_json(&info->preprocess, &preprocess, error);
    if (s != WG_OK) return s;
    char *classes = classes_text(info);
    if (classes) s = write_model(path, model, info, classes, preprocess, error);
    else s = wgi_error_to(error, WG_ERR_VALUE, "a class name is not UTF-8, or no memory is left");
    free(classes);
    wg_text_free(preprocess);
    return s;
}

/* ---- reading: metadata ---------------------------------------------------------------------- */

typedef struct reading {
    const char *path;
    const wg_safetensors *file;
    wg_error *error;
    int64_t input[3];
    wg_model_info info;
} reading;

static wg_status bad(const reading *r, const char *what, const char *value) {
    return wgi_error_to(r->error, WG_ERR_FORMAT, "%.90s: %s%.60s", r->path, what,
                        value ? value : "");
}

/* The value of a key, "" where it is missing. */
static const char *meta(const reading *r, const char *key) {
    const char *value = wg_safetensors_meta(r->file, key);
    return value ? value : "";
}

static wg_status check_kind(const reading *r) {
    if (strcmp(meta(r, "format"), "wengert") != 0)
        return bad(r, "no model of wengert (its metadata do not say format = wengert)", NULL);
    if (strcmp(meta(r, "version"), VERSION) != 0)
        return wgi_error_to(r->error, WG_ERR_FORMAT,
                            "%.90s: a model of version %.20s; this program knows version %s",
                            r->path, meta(r, "version"), VERSION);
    if (strcmp(meta(r, "layout"), "OHWI") != 0)
        return bad(r, "the layout is OHWI, not ", meta(r, "layout"));
    if (!wg_safetensors_meta(r->file, "arch")) return bad(r, "no arch in its metadata", NULL);
    return WG_OK;
}

static wg_status read_seed(reading *r) {
    const char *text = meta(r, "seed");
    char *end;
    errno = 0;
    r->info.seed = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno) return bad(r, "no seed: ", text);
    return WG_OK;
}

static wg_status read_input(reading *r) {
    json_t *list = json_loads(meta(r, "input"), JSON_REJECT_DUPLICATES, NULL);
    int good = json_is_array(list) && json_array_size(list) == 3;
    for (size_t i = 0; i < 3 && good; ++i) {
        const json_t *number = json_array_get(list, i);
        good = json_is_integer(number);
        r->input[i] = json_integer_value(number);
    }
    json_decref(list);
    return good ? WG_OK : bad(r, "the input is [H, W, C], not ", meta(r, "input"));
}

/* Copies the texts of a JSON list. */
static wg_status copy_classes(reading *r, const json_t *list) {
    size_t n = json_array_size(list);
    r->info.classes = wgi_alloc_zero((n + 1) * sizeof *r->info.classes);
    if (!r->info.classes) return wgi_error_to(r->error, WG_ERR_MEMORY, "%.90s: no memory", r->path);
    r->info.n_classes = (int64_t)n;
    for (size_t i = 0; i < n; ++i) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text) return bad(r, "classes are a list of texts, not ", meta(r, "classes"));
        r->info.classes[i] = wgi_strdup(text);
        if (!r->info.classes[i])
            return wgi_error_to(r->error, WG_ERR_MEMORY, "%.90s: no memory", r->path);
    }
    return WG_OK;
}

static wg_status read_classes(reading *r) {
    json_t *list = json_loads(meta(r, "classes"), JSON_REJECT_DUPLICATES, NULL);
    wg_status s = json_is_array(list) && json_array_size(list) > 0
                      ? copy_classes(r, list)
                      : bad(r, "classes are a list of texts, not ", meta(r, "classes"));
    json_decref(list);
    return s;
}

static wg_status read_preprocess(reading *r) {
    wg_error e = {WG_OK, ""};
    wg_status s = wg_preprocess_from_json(meta(r, "preprocess"), &r->info.preprocess, &e);
    if (s != WG_OK)
        return wgi_error_to(r->error, s == WG_ERR_MEMORY ? s : WG_ERR_FORMAT, "%.90s: %s", r->path,
                            e.text);
    const wg_preprocess *p = &r->info.preprocess;
    if (p->height != r->input[0] || p->width != r->input[1] || p->channels != r->input[2])
        return bad(r, "the preprocessing is for another input", NULL);
    return WG_OK;
}

/* ---- reading: tensors ----------------------------------------------------------------------- */

/* The architecture's trainable numbers must be in the file before anything of its size is made. */
static wg_status check_size(const reading *r) {
    wgi_arch a;
    wg_error e = {WG_OK, ""};
    int64_t want = 0, have = 0;
    wg_status s = wgi_arch_init(&a, meta(r, "arch"), r->input[0], r->input[1], r->input[2],
                                r->info.n_classes, &e);
    if (s == WG_ERR_MEMORY) return wgi_error_to(r->error, s, "%.90s: no memory", r->path);
    if (s != WG_OK) return wgi_error_to(r->error, WG_ERR_FORMAT, "%.60s: %s", r->path, e.text);
    for (size_t i = 0; i < a.n; ++i) want += a.layers[i].numbers;
    wgi_arch_clear(&a);
    for (size_t i = 0; i < wg_safetensors_count(r->file); ++i)
        have += wg_shape_size(wg_safetensors_at(r->file, i)->shape);
    if (want <= have) return WG_OK;
    return wgi_error_to(r->error, WG_ERR_FORMAT,
                        "%.90s: its arch has %" PRId64 " weights, the file %" PRId64 " numbers",
                        r->path, want, have);
}

static int same_shape(wg_shape a, wg_shape b) {
    if (a.rank != b.rank) return 0;
    for (int i = 0; i < a.rank; ++i)
        if (a.dim[i] != b.dim[i]) return 0;
    return 1;
}

static wg_status read_tensor(const reading *r, wg_param *p) {
    char have[96], want[96];
    const char *name = wg_param_name(p);
    const wg_tensor *t = wg_safetensors_find(r->file, name);
    wg_shape shape = wg_param_shape(p);
    if (!t) return bad(r, "it lacks the tensor ", name);
    if (t->dtype != wg_param_dtype(p))
        return wgi_error_to(r->error, WG_ERR_FORMAT, "%.90s: %s is %s, not %s", r->path, name,
                            wg_dtype_name(t->dtype), wg_dtype_name(wg_param_dtype(p)));
    if (!same_shape(t->shape, shape))
        return wgi_error_to(r->error, WG_ERR_FORMAT, "%.90s: %s has shape %s, not %s", r->path,
                            name, wgi_shape_text(have, sizeof have, t->shape.rank, t->shape.dim),
                            wgi_shape_text(want, sizeof want, shape.rank, shape.dim));
    int64_t n = wg_shape_size(shape), at = first_bad(t->dtype, n, t->data);
    if (at >= 0)
        return wgi_error_to(r->error, WG_ERR_FORMAT,
                            "%.90s: number %" PRId64 " of %s is not finite", r->path, at, name);
    if (n > 0) memcpy(wg_param_data(p), t->data, (size_t)n * wg_dtype_size(t->dtype));
    return WG_OK;
}

/* Every parameter from the file, and nothing else in it. */
static wg_status read_tensors(const reading *r, wg_params *params) {
    for (size_t i = 0; i < wg_params_count(params); ++i) {
        wg_status s = read_tensor(r, wg_params_at(params, i));
        if (s != WG_OK) return s;
    }
    for (size_t i = 0; i < wg_safetensors_count(r->file); ++i) {
        const char *name = wg_safetensors_at(r->file, i)->name;
        if (!wg_params_find(params, name)) return bad(r, "a tensor that is not its arch's: ", name);
    }
    wg_params_changed(params);
    return WG_OK;
}

static wg_status read_model(reading *r, wg_model **model) {
    wg_error e = {WG_OK, ""};
    wg_status s = check_kind(r);
    if (s == WG_OK) s = read_seed(r);
    if (s == WG_OK) s = read_input(r);
    if (s == WG_OK) s = read_classes(r);
    if (s == WG_OK) s = read_preprocess(r);
    if (s == WG_OK) s = check_size(r);
    if (s != WG_OK) return s;
    const wg_tensor *first = wg_safetensors_at(r->file, 0);
    wg_model_options o = {.size = sizeof o, .init = WG_INIT_NORMAL, .deviation = 0};
    o.dtype = first && first->dtype == WG_F64 ? WG_F64 : WG_F32;
    *model = wg_model_new(meta(r, "arch"), r->input[0], r->input[1], r->input[2],
                          r->info.n_classes, &o, &e);
    if (!*model) return wgi_error_to(r->error, e.status, "%.60s: %s", r->path, e.text);
    return read_tensors(r, wg_model_params(*model));
}

wg_model *wg_model_load(const char *path, wg_model_info *info, wg_error *error) {
    wg_model *model = NULL;
    wgi_error_clear(error);
    wg_safetensors *file = wg_safetensors_read(path, error);
    if (!file) return NULL;
    reading r;
    memset(&r, 0, sizeof r);
    r.path = path;
    r.file = file;
    r.error = error;
    wg_status s = read_model(&r, &model);
    wg_safetensors_free(file);
    if (s == WG_OK) {
        *info = r.info;
        return model;
    }
    wg_model_free(model);
    wg_model_info_clear(&r.info);
    return NULL;
}

void wg_model_info_clear(wg_model_info *info) {
    for (int64_t i = 0; info->classes && i < info->n_classes; ++i) wgi_free(info->classes[i]);
    wgi_free(info->classes);
    wg_preprocess_clear(&info->preprocess);
    memset(info, 0, sizeof *info);
}
