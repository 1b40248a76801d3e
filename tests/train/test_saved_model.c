/* Saved models: back bit for bit, and every damaged or foreign file refused with its reason. */
#include "tests/data/files.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char ARCH[] = "CONV3x4-BN-RELU-POOL2-FC5";

static char zero[] = "zero", quoted[] = "one \"1\"", umlaut[] = "zw\xc3\xb6lf";
static char *names[] = {zero, quoted, umlaut, NULL};

/* A model over (6, 4, 2) with three classes; info's parts are the test's. */
static wg_model *make(wg_dtype dtype, wg_model_info *info) {
    static float statistics[4] = {0.1f, 0.2f, 0.3f, 1.0f / 3};
    wg_model_options o = {.dtype = dtype, .seed = 5};
    wg_model *m = wg_model_new(ARCH, 6, 4, 2, 3, &o, NULL);
    ck_assert_ptr_nonnull(m);
    wg_preprocess p = {1.5, 6, 4, 2, 2, statistics, statistics + 2};
    info->n_classes = 3;
    info->classes = names;
    info->preprocess = p;
    info->seed = UINT64_MAX;
    return m;
}

/* A good file in the scratch folder. */
static const char *saved(wg_dtype dtype) {
    wg_model_info info;
    wg_error e;
    wg_model *m = make(dtype, &info);
    const char *path = in_scratch("m.safetensors");
    wg_status s = wg_model_save(path, m, &info, &e);
    ck_assert_msg(s == WG_OK, "%s", s == WG_OK ? "" : e.text);
    wg_model_free(m);
    return path;
}

static void same_weights(wg_model *a, wg_model *b) {
    wg_params *p = wg_model_params(a), *q = wg_model_params(b);
    ck_assert_uint_eq(wg_params_count(p), wg_params_count(q));
    for (size_t i = 0; i < wg_params_count(p); ++i) {
        wg_param *x = wg_params_at(p, i), *y = wg_params_at(q, i);
        size_t n = (size_t)wg_shape_size(wg_param_shape(x)) * wg_dtype_size(wg_param_dtype(x));
        ck_assert_str_eq(wg_param_name(x), wg_param_name(y));
        ck_assert_int_eq(wg_param_dtype(x), wg_param_dtype(y));
        ck_assert_int_eq(memcmp(wg_param_data(x), wg_param_data(y), n), 0);
    }
}

START_TEST(round_trip) {
    for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
        wg_model_info info, back;
        wg_error e;
        wg_model *m = make((wg_dtype)dtype, &info);
        const char *path = in_scratch("m.safetensors");
        ck_assert_int_eq(wg_model_save(path, m, &info, &e), WG_OK);
        wg_model *n = wg_model_load(path, &back, &e);
        ck_assert_msg(n != NULL, "%s", e.text);
        same_weights(m, n);
        int64_t h, w, c;
        wg_model_input(n, &h, &w, &c);
        ck_assert(h == 6 && w == 4 && c == 2);
        ck_assert_str_eq(wg_model_arch(n), ARCH);
        ck_assert_int_eq(back.n_classes, 3);
        for (int i = 0; i < 3; ++i) ck_assert_str_eq(back.classes[i], names[i]);
        ck_assert_ptr_null(back.classes[3]);
        ck_assert_uint_eq(back.seed, UINT64_MAX);
        check_near(back.preprocess.scale, 1.5, 0);
        ck_assert_int_eq(memcmp(back.preprocess.mean, info.preprocess.mean, 8), 0);
        ck_assert_int_eq(memcmp(back.preprocess.std, info.preprocess.std, 8), 0);
        wg_model_info_clear(&back);
        wg_model_info_clear(&back);
        wg_model_free(m);
        wg_model_free(n);
    }
}
END_TEST

/* A preset is saved as the architecture that it names. */
START_TEST(residual_network) {
    wg_model_info info, back;
    wg_error e;
    wg_model_free(make(WG_F32, &info));
    wg_model *m = wg_model_new("resnet20", 6, 4, 2, 3, NULL, &e);
    ck_assert_ptr_nonnull(m);
    const char *path = in_scratch("m.safetensors");
    ck_assert_int_eq(wg_model_save(path, m, &info, &e), WG_OK);
    wg_model *n = wg_model_load(path, &back, &e);
    ck_assert_msg(n != NULL, "%s", e.text);
    same_weights(m, n);
    ck_assert_str_eq(wg_model_arch(n), wg_model_arch(m));
    wg_model_info_clear(&back);
    wg_model_free(m);
    wg_model_free(n);
}
END_TEST

/* The metadata are those that the format promises. */
START_TEST(metadata) {
    static const char *const pairs[][2] = {
        {"format", "wengert"}, {"version", "1"}, {"arch", "CONV3x4-BN-RELU-POOL2-FC5"},
        {"input", "[6, 4, 2]"}, {"layout", "OHWI"}, {"seed", "18446744073709551615"},
        {"classes", "[\"zero\",\"one \\\"1\\\"\",\"zw\xc3\xb6lf\"]"}};
    wg_error e;
    wg_safetensors *f = wg_safetensors_read(saved(WG_F32), &e);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
        ck_assert_ptr_nonnull(wg_safetensors_meta(f, pairs[i][0]));
        ck_assert_str_eq(wg_safetensors_meta(f, pairs[i][0]), pairs[i][1]);
    }
    ck_assert_ptr_nonnull(wg_safetensors_meta(f, "preprocess"));
    ck_assert_uint_eq(wg_safetensors_count(f), 10); /* conv 2, bn 4, two dense layers */
    ck_assert_ptr_nonnull(wg_safetensors_find(f, "bn1.var"));
    wg_safetensors_free(f);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------- */

/* Saves a copy of a good file with one thing changed, and loads it. */
typedef struct change {
    const char *key, *value; /* of metadata; value NULL: left out */
    const char *tensor;      /* the one changed below */
    wg_dtype dtype;
    wg_shape shape;
    const void *data;        /* NULL: left out */
    const char *extra;       /* a tensor more */
} change;

static const char *changed(const change *k) {
    wg_error e;
    wg_safetensors *f = wg_safetensors_read(saved(WG_F32), &e);
    wg_tensor tensors[12];
    wg_pair pairs[12];
    size_t n = 0, m = 0;
    for (size_t i = 0; i < wg_safetensors_count(f); ++i) {
        tensors[n] = *wg_safetensors_at(f, i);
        if (k->tensor && strcmp(tensors[n].name, k->tensor) == 0) {
            wg_tensor t = {k->tensor, k->dtype, k->shape, k->data};
            tensors[n] = t;
        }
        n += tensors[n].data != NULL;
    }
    if (k->extra) {
        tensors[n] = tensors[0];
        tensors[n++].name = k->extra;
    }
    for (const wg_pair *p; (p = wg_safetensors_pair(f, m)) != NULL; ++m) {
        pairs[m] = *p;
        if (k->key && strcmp(p->key, k->key) == 0) pairs[m].value = k->value;
    }
    size_t kept = 0;
    for (size_t i = 0; i < m; ++i)
        if (pairs[i].value) pairs[kept++] = pairs[i];
    const char *path = in_scratch("changed.safetensors");
    wg_status s = wg_safetensors_write(path, n, tensors, kept, pairs, &e);
    ck_assert_msg(s == WG_OK, "%s", s == WG_OK ? "" : e.text);
    wg_safetensors_free(f);
    return path;
}

static void refused(const change *k, const char *part) {
    wg_error e;
    wg_model_info info;
    memset(&info, 0x5a, sizeof info);
    wg_model_info before = info;
    wg_model *m = wg_model_load(changed(k), &info, &e);
    ck_assert_msg(m == NULL, "loaded in spite of: %s", part);
    check_error(e, WG_ERR_FORMAT, part);
    ck_assert_int_eq(memcmp(&info, &before, sizeof info), 0);
}

START_TEST(unchanged) { /* the copy itself is good */
    wg_error e;
    wg_model_info info;
    wg_model *m = wg_model_load(changed(&(change){.key = NULL}), &info, &e);
    ck_assert_ptr_nonnull(m);
    wg_model_free(m);
    wg_model_info_clear(&info);
}
END_TEST

START_TEST(other_metadata) {
    static const char *const cases[][3] = {
        {"format", NULL, "no model of wengert"},
        {"format", "pt", "no model of wengert"},
        {"version", "2", "a model of version 2; this program knows version 1"},
        {"version", NULL, "a model of version ; this program knows version 1"},
        {"layout", "OIHW", "the layout is OHWI, not OIHW"},
        {"arch", NULL, "no arch"},
        {"arch", "CONV3x4-", "expected a layer"},
        {"arch", "CONV3x4-BN-RELU-POOL2-FC6", "it"},
        {"arch", "FC16777216", "its arch has"}, /* refused before gigabytes are asked for */
        {"arch", "CONV3x4-RELU-POOL2-FC5", "a tensor that is not its arch's: bn1.gamma"},
        {"arch", "CONV3x4-BN-RELU-POOL2-CONV1x1", "it lacks the tensor conv2.w"},
        {"input", "[6, 4]", "the input is [H, W, C], not [6, 4]"},
        {"input", "[6, 4, 2.5]", "the input is"},
        {"input", "6", "the input is"},
        {"input", "[6, 4, 1]", "the preprocessing is for another input"},
        {"input", "[-6, 4, 2]", "preprocessing"},
        {"classes", "[]", "classes are a list of texts"},
        {"classes", "[1, 2, 3]", "classes are a list of texts"},
        {"classes", "{", "classes are a list of texts"},
        {"classes", "[\"a\", \"b\"]", "fc2.w has shape (5, 3), not (5, 2)"},
        {"preprocess", "{}", "preprocessing"},
        {"preprocess", NULL, "preprocessing"},
        {"seed", "-1", "no seed: -1"},
        {"seed", "1x", "no seed: 1x"},
        {"seed", NULL, "no seed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        refused(&(change){.key = cases[i][0], .value = cases[i][1]}, cases[i][2]);
}
END_TEST

START_TEST(other_tensors) {
    static float numbers[5];
    static double doubles[5];
    refused(&(change){.tensor = "fc1.b", .data = NULL}, "it lacks the tensor fc1.b");
    refused(&(change){.tensor = "fc1.b", .shape = WG_SHAPE(4), .data = numbers},
            "fc1.b has shape (4), not (5)");
    refused(&(change){.tensor = "fc1.b", .shape = WG_SHAPE(1, 5), .data = numbers},
            "fc1.b has shape (1, 5), not (5)");
    refused(&(change){.tensor = "fc1.b", .dtype = WG_F64, .shape = WG_SHAPE(5), .data = doubles},
            "fc1.b is float64, not float32");
    refused(&(change){.extra = "fc9.w"}, "a tensor that is not its arch's: fc9.w");
    numbers[3] = (float)NAN;
    refused(&(change){.tensor = "fc1.b", .shape = WG_SHAPE(5), .data = numbers},
            "number 3 of fc1.b is not finite");
    numbers[3] = (float)INFINITY;
    refused(&(change){.tensor = "fc1.b", .shape = WG_SHAPE(5), .data = numbers},
            "number 3 of fc1.b is not finite");
}
END_TEST

/* Every truncation is refused, and bytes changed at random never crash. */
START_TEST(damage) {
    size_t n;
    unsigned char *bytes = get_file(saved(WG_F32), &n);
    wg_error e;
    wg_model_info info;
    for (size_t k = 0; k < n; k += k < 2000 ? 97 : 331) {
        ck_assert_ptr_null(wg_model_load(put_file("short", bytes, k), &info, &e));
        ck_assert_int_eq(e.status, WG_ERR_FORMAT);
    }
    uint64_t state = 9;
    unsigned char *copy = malloc(n);
    for (int i = 0; i < (full_run() ? 20000 : 300); ++i) {
        memcpy(copy, bytes, n);
        for (int k = 0; k < 3; ++k) {
            size_t at = next_random(&state) % n;
            copy[at] = (unsigned char)next_random(&state);
        }
        wg_model *m = wg_model_load(put_file("odd", copy, n), &info, &e);
        if (m) wg_model_info_clear(&info);
        wg_model_free(m);
    }
    free(copy);
    free(bytes);
    ck_assert_ptr_null(wg_model_load(in_scratch("missing"), &info, &e));
    ck_assert_int_eq(e.status, WG_ERR_FILE);
}
END_TEST

/* ---- saving --------------------------------------------------------------------------------- */

START_TEST(bad_saves) {
    wg_model_info info;
    wg_error e;
    const char *path = saved(WG_F32);
    size_t n, after;
    unsigned char *before = get_file(path, &n);
    wg_model *m = make(WG_F32, &info);
    float *b = wg_param_data(wg_params_find(wg_model_params(m), "fc1.b"));
    b[2] = (float)NAN;
    ck_assert_int_eq(wg_model_save(path, m, &info, &e), WG_ERR_VALUE);
    ck_assert_str_eq(e.text, "the model is not saved: number 2 of fc1.b is not finite");
    b[2] = 0;
    info.n_classes = 2;
    ck_assert_int_eq(wg_model_save(path, m, &info, &e), WG_ERR_SHAPE);
    info.n_classes = 3;
    char bad[] = "\xff";
    char *other[] = {zero, bad, umlaut, NULL};
    info.classes = other;
    ck_assert_int_eq(wg_model_save(path, m, &info, &e), WG_ERR_VALUE);
    info.classes = names;
    ck_assert_int_eq(wg_model_save(in_scratch("no/such/x"), m, &info, &e), WG_OK);
    ck_assert_int_eq(wg_model_save("/no-such-folder/x", m, &info, &e), WG_ERR_FILE);
    unsigned char *now = get_file(path, &after); /* the old file stands */
    ck_assert_uint_eq(after, n);
    ck_assert_int_eq(memcmp(before, now, n), 0);
    free(before);
    free(now);
    wg_model_free(m);
}
END_TEST

START_TEST(no_memory) {
    wg_model_info info;
    wg_error e;
    wg_model *m = NULL, *made = make(WG_F32, &info);
    const char *path = saved(WG_F32);
    check_allocations((m = wg_model_load(path, &info, &e)) != NULL,
                      (wg_model_free(m), wg_model_info_clear(&info)), e);
    wg_model_free(made);
    made = make(WG_F32, &info);
    check_allocations(wg_model_save(path, made, &info, &e) == WG_OK, (void)0, e);
    wg_model_free(made);
}
END_TEST

extern Suite *suite_saved_model(void);
Suite *suite_saved_model(void) {
    Suite *s = suite_create("saved_model");
    TCase *c = tcase_create("saved");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, round_trip);
    tcase_add_test(c, residual_network);
    tcase_add_test(c, metadata);
    tcase_add_test(c, unchanged);
    tcase_add_test(c, other_metadata);
    tcase_add_test(c, other_tensors);
    tcase_add_test(c, damage);
    tcase_add_test(c, bad_saves);
    tcase_add_test(c, no_memory);
    suite_add_tcase(s, c);
    return s;
}
