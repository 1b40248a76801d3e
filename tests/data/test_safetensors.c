/* safetensors: written and read back, every claim of a header checked, nothing lost on failure. */
#define _XOPEN_SOURCE 700
#include "tests/data/files.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern Suite *suite_data_safetensors(void);

/* ---- there and back ------------------------------------------------------------------------- */

static const float f32[6] = {1.5f, -2, 3e-40f, 0, INFINITY, 7};
static const double f64[1] = {3.141592653589793};
static const int64_t i64[3] = {INT64_MIN, -1, INT64_MAX};
static const unsigned char flags[3] = {1, 0, 1};

/* A shape from a list that ends with -1. */
static wg_shape shape_of(int rank, int64_t a, int64_t b) {
    wg_shape s = {rank, {a, b}};
    return s;
}

static size_t sample(wg_tensor *t) {
    t[0] = (wg_tensor){"flags", WG_BOOL, shape_of(1, 3, 0), flags};
    t[1] = (wg_tensor){"layer.0 \"w\"", WG_F32, shape_of(2, 2, 3), f32};
    t[2] = (wg_tensor){"pi", WG_F64, shape_of(0, 0, 0), f64};
    t[3] = (wg_tensor){"empty", WG_F32, shape_of(2, 0, 5), NULL};
    t[4] = (wg_tensor){"z\xC3\xA9hl", WG_I64, shape_of(1, 3, 0), i64};
    return 5;
}
static const wg_pair pairs[2] = {{"format", "wengert"},
                                 {"note", "line\nand \"quote\" \xE2\x82\xAC"}};

static const char *put_sample(const char *name) {
    wg_tensor t[5];
    wg_error e = {0};
    const char *path = in_scratch(name);
    size_t n = sample(t);
    ck_assert_msg(wg_safetensors_write(path, n, t, 2, pairs, &e) == WG_OK, "%s", e.text);
    return path;
}

static void check_sample(const wg_safetensors *f, const wg_error *e) {
    wg_tensor t[5];
    ck_assert_msg(f != NULL, "%s", e->text);
    ck_assert_uint_eq(wg_safetensors_count(f), sample(t));
    for (size_t i = 0; i < 5; ++i) {
        const wg_tensor *found = wg_safetensors_find(f, t[i].name);
        ck_assert_ptr_nonnull(found);
        ck_assert_ptr_eq(found, wg_safetensors_at(f, i));
        ck_assert_int_eq(found->dtype, t[i].dtype);
        ck_assert_int_eq(found->shape.rank, t[i].shape.rank);
        for (int k = 0; k < t[i].shape.rank; ++k)
            ck_assert_int_eq(found->shape.dim[k], t[i].shape.dim[k]);
        ck_assert_uint_eq((uintptr_t)found->data % 64, 0);
    }
    ck_assert_mem_eq(wg_safetensors_find(f, "layer.0 \"w\"")->data, f32, sizeof f32);
    ck_assert_mem_eq(wg_safetensors_find(f, "pi")->data, f64, sizeof f64);
    ck_assert_mem_eq(wg_safetensors_find(f, "z\xC3\xA9hl")->data, i64, sizeof i64);
    ck_assert_mem_eq(wg_safetensors_find(f, "flags")->data, flags, sizeof flags);
    ck_assert_str_eq(wg_safetensors_meta(f, "format"), "wengert");
    ck_assert_str_eq(wg_safetensors_meta(f, "note"), pairs[1].value);
    ck_assert_str_eq(wg_safetensors_pair(f, 1)->key, "note");
    ck_assert_ptr_null(wg_safetensors_pair(f, 2));
    ck_assert_ptr_null(wg_safetensors_meta(f, "pi"));
    ck_assert_ptr_null(wg_safetensors_find(f, "format"));
    ck_assert_ptr_null(wg_safetensors_at(f, 5));
}

START_TEST(there_and_back) {
    wg_error e = {0};
    const char *path = put_sample("a b \xC3\xA9.safetensors");
    wg_safetensors *f = wg_safetensors_read(path, &e);
    check_sample(f, &e);
    wg_safetensors_free(f);
    wg_safetensors_free(NULL);
    ck_assert_int_eq(count_entries(scratch()), 1);
    size_t n;
    unsigned char *bytes = get_file(path, &n);
    uint64_t header = 0;
    for (int i = 0; i < 8; ++i) header |= (uint64_t)bytes[i] << 8 * i;
    ck_assert_uint_eq(header % 8, 0);
    ck_assert_uint_eq(n, 8 + header + 3 + 24 + 8 + 24);
    ck_assert_int_eq(bytes[8], '{');
    free(bytes);
}
END_TEST

START_TEST(nothing_at_all) {
    wg_error e = {0};
    const char *path = in_scratch("x");
    ck_assert_int_eq(wg_safetensors_write(path, 0, NULL, 0, NULL, &e), WG_OK);
    wg_safetensors *f = wg_safetensors_read(path, &e);
    ck_assert_msg(f && wg_safetensors_count(f) == 0, "%s", e.text);
    ck_assert_ptr_null(wg_safetensors_at(f, 0));
    wg_safetensors_free(f);
}
END_TEST

START_TEST(allocations_may_fail) {
    wg_error e = {0};
    wg_tensor t[5];
    size_t n = sample(t);
    const char *path = put_sample("x");
    wg_safetensors *f = NULL;
    check_allocations((f = wg_safetensors_read(path, &e)) != NULL, wg_safetensors_free(f), e);
    check_allocations(wg_safetensors_write(path, n, t, 2, pairs, &e) == WG_OK, (void)0, e);
    ck_assert_int_eq(count_entries(scratch()), 1);
}
END_TEST

/* ---- faults on the way in ------------------------------------------------------------------- */

/* A file with this header and n bytes of data (0, 1, 0, 1, ...), parsed. */
static wg_safetensors *parse(const char *header, size_t n, wg_error *e) {
    size_t length = strlen(header);
    unsigned char *bytes = malloc(8 + length + n);
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < 8; ++i) bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < n; ++i) bytes[8 + length + i] = i % 2;
    wg_safetensors *f = wg_safetensors_parse(bytes, 8 + length + n, "m.safetensors", e);
    free(bytes);
    return f;
}

#define T(dtype, shape, begin, end)                                                                \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

START_TEST(good_headers) {
    static const struct {
        const char *header;
        size_t n;
    } good[] = {
        {"{}", 0},
        {"{}   ", 0},
        {"{\"__metadata__\":{}}", 0},
        {"{\"b\":" T("F32", "[1]", 4, 8) ",\"a\":" T("F32", "[]", 0, 4) "}", 8},
        {"{\"a\":" T("BOOL", "[3]", 0, 3) ",\"b\":" T("F64", "[1,1]", 3, 11) "}", 11},
        {"{\"a\":" T("F32", "[0]", 0, 0) ",\"b\":" T("F32", "[2]", 0, 8) "}", 8},
    };
    for (size_t k = 0; k < sizeof good / sizeof *good; ++k) {
        wg_error e = {0};
        wg_safetensors *f = parse(good[k].header, good[k].n, &e);
        ck_assert_msg(f != NULL, "%s: %s", good[k].header, e.text);
        if (k == 3) ck_assert_str_eq(wg_safetensors_at(f, 0)->name, "a");
        wg_safetensors_free(f);
    }
}
END_TEST

static const struct {
    const char *header;
    size_t n;
    wg_status status;
    const char *message;
} bad[] = {
    {" {}", 0, WG_ERR_FORMAT, "begin with '{'"},
    {"[]", 0, WG_ERR_FORMAT, "begin with '{'"},
    {"{\"a\":", 0, WG_ERR_FORMAT, "header, byte"},
    {"{\"a\\u0000\":1}", 0, WG_ERR_FORMAT, "header, byte"},
    {"{\"a\":" T("F32", "[1]", 0, 4) ",\"a\":" T("F32", "[1]", 4, 8) "}", 8, WG_ERR_FORMAT,
     "uplicate"},
    {"{\"a\":1}", 0, WG_ERR_FORMAT, "tensor \"a\": not an object"},
    {"{\"a\":{\"dtype\":\"F32\"}}", 0, WG_ERR_FORMAT, "not an object of"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"offsets\":[0,4]}}", 4, WG_ERR_FORMAT,
     "\"data_offsets\""},
    {"{\"a\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}}", 4, WG_ERR_FORMAT, "\"dtype\""},
    {"{\"a\":" T("BF16", "[1]", 0, 2) "}", 2, WG_ERR_UNSUPPORTED, "\"BF16\""},
    {"{\"a\":" T("f32", "[1]", 0, 4) "}", 4, WG_ERR_FORMAT, "unknown dtype \"f32\""},
    {"{\"a\":" T("F32", "1", 0, 4) "}", 4, WG_ERR_FORMAT, "\"shape\""},
    {"{\"a\":" T("F32", "[1,1,1,1,1,1,1,1,1]", 0, 4) "}", 4, WG_ERR_FORMAT, "at most 8"},
    {"{\"a\":" T("F32", "[-1]", 0, 4) "}", 4, WG_ERR_FORMAT, "an extent"},
    {"{\"a\":" T("F32", "[1.0]", 0, 4) "}", 4, WG_ERR_FORMAT, "an extent"},
    {"{\"a\":" T("F32", "[99999999999999999999]", 0, 4) "}", 4, WG_ERR_FORMAT, "header, byte"},
    {"{\"a\":" T("F32", "[4611686018427387904,4]", 0, 0) "}", 0, WG_ERR_FORMAT, "too large"},
    {"{\"a\":" T("F32", "[1]", 0, 8) "}", 8, WG_ERR_FORMAT, "ask for 4 bytes"},
    {"{\"a\":" T("F32", "[1]", 4, 0) "}", 4, WG_ERR_FORMAT, "backwards"},
    {"{\"a\":" T("F32", "[1]", -4, 0) "}", 4, WG_ERR_FORMAT, "backwards"},
    {"{\"a\":" T("F32", "[1]", 4, 8) "}", 8, WG_ERR_FORMAT, "behind a gap from 0"},
    {"{\"a\":" T("F32", "[1]", 0, 4) ",\"b\":" T("F32", "[1]", 2, 6) "}", 6, WG_ERR_FORMAT,
     "inside another up to 4"},
    {"{\"a\":" T("F32", "[1]", 0, 4) ",\"b\":" T("F32", "[1]", 0, 4) "}", 4, WG_ERR_FORMAT,
     "inside another"},
    {"{\"a\":" T("F32", "[2]", 0, 8) "}", 7, WG_ERR_FORMAT, "truncated"},
    {"{\"a\":" T("F32", "[1000000000000]", 0, 4000000000000) "}", 4, WG_ERR_FORMAT,
     "the data needs 4000000000000 bytes"},
    {"{\"a\":" T("F32", "[2]", 0, 8) "}", 9, WG_ERR_FORMAT, "too long"},
    {"{}", 1, WG_ERR_FORMAT, "too long"},
    {"{\"__metadata__\":[]}", 0, WG_ERR_FORMAT, "\"__metadata__\" is not an object"},
    {"{\"__metadata__\":{\"v\":1}}", 0, WG_ERR_FORMAT, "metadata \"v\" is not a text"},
};

START_TEST(bad_headers) {
    for (size_t k = 0; k < sizeof bad / sizeof *bad; ++k) {
        wg_error e = {0};
        ck_assert_msg(parse(bad[k].header, bad[k].n, &e) == NULL, "%s", bad[k].header);
        check_error(e, bad[k].status, bad[k].message);
        check_error(e, bad[k].status, "m.safetensors: ");
        ck_assert_ptr_null(parse(bad[k].header, bad[k].n, NULL));
    }
    wg_error e = {0};
    const unsigned char two[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, not_bool[] = "\2";
    for (size_t cut = 0; cut < sizeof two; ++cut) {
        ck_assert_ptr_null(wg_safetensors_parse(two, cut, "x", &e));
        check_error(e, WG_ERR_FORMAT, "truncated");
    }
    unsigned char large[16] = {1, 0xE1, 0xF5, 5}; /* a header of 100,000,001 bytes */
    ck_assert_ptr_null(wg_safetensors_parse(large, sizeof large, "x", &e));
    check_error(e, WG_ERR_FORMAT, "a header of 100000001 bytes");
    const char *header = "{\"a\":" T("BOOL", "[1]", 0, 1) "}";
    unsigned char bytes[128] = {(unsigned char)strlen(header)};
    memcpy(bytes + 8, header, strlen(header));
    memcpy(bytes + 8 + strlen(header), not_bool, 1);
    ck_assert_ptr_null(wg_safetensors_parse(bytes, 9 + strlen(header), "x", &e));
    check_error(e, WG_ERR_FORMAT, "neither 0 nor 1");
    ck_assert_ptr_null(wg_safetensors_read(in_scratch("none"), &e));
    check_error(e, WG_ERR_FILE, "none: No such file");
}
END_TEST

START_TEST(truncations_and_mutations) {
    uint64_t state = 4;
    size_t n;
    unsigned char *bytes = get_file(put_sample("x"), &n), *broken = malloc(n);
    ck_assert_ptr_nonnull(broken);
    for (size_t cut = 0; cut < n; ++cut) {
        wg_error e = {0};
        ck_assert_ptr_null(wg_safetensors_parse(bytes, cut, "x", &e));
        ck_assert_int_eq(e.status, WG_ERR_FORMAT);
    }
    for (int round = 0; round < (full_run() ? 200000 : 5000); ++round) {
        wg_error e = {0};
        size_t size = next_random(&state) % 8 ? n : 1 + next_random(&state) % n;
        memcpy(broken, bytes, n);
        for (uint64_t k = 1 + next_random(&state) % 3; k > 0; --k)
            broken[next_random(&state) % size] = (unsigned char)next_random(&state);
        unsigned char *exact = malloc(size);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, broken, size);
        wg_safetensors *f = wg_safetensors_parse(exact, size, "x", &e);
        free(exact);
        ck_assert((f != NULL) == (e.status == WG_OK));
        wg_safetensors_free(f);
    }
    free(bytes), free(broken);
}
END_TEST

/* ---- faults on the way out ------------------------------------------------------------------ */

START_TEST(what_cannot_be_written) {
    wg_tensor t[2];
    wg_error e = {0};
    const char *path = in_scratch("x");
    t[0] = t[1] = (wg_tensor){"w", WG_F32, shape_of(1, 2, 0), f32};
    ck_assert_int_eq(wg_safetensors_write(path, 2, t, 0, NULL, &e), WG_ERR_NAME);
    check_error(e, WG_ERR_NAME, "two tensors \"w\"");
    t[0].name = "__metadata__";
    ck_assert_int_eq(wg_safetensors_write(path, 1, t, 0, NULL, &e), WG_ERR_NAME);
    check_error(e, WG_ERR_NAME, "__metadata__");
    t[0].name = "\xFF";
    ck_assert_int_eq(wg_safetensors_write(path, 1, t, 0, NULL, &e), WG_ERR_VALUE);
    check_error(e, WG_ERR_VALUE, "UTF-8");
    t[0] = (wg_tensor){"w", WG_F32, shape_of(1, 2, 0), NULL};
    ck_assert_int_eq(wg_safetensors_write(path, 1, t, 0, NULL, &e), WG_ERR_VALUE);
    check_error(e, WG_ERR_VALUE, "no data");
    t[0] = (wg_tensor){"w", WG_F32, shape_of(1, -2, 0), f32};
    ck_assert_int_eq(wg_safetensors_write(path, 1, t, 0, NULL, &e), WG_ERR_SHAPE);
    t[0] = (wg_tensor){"w", (wg_dtype)9, shape_of(1, 2, 0), f32};
    ck_assert_int_eq(wg_safetensors_write(path, 1, t, 0, NULL, &e), WG_ERR_DTYPE);
    const wg_pair twice[2] = {{"k", "1"}, {"k", "2"}}, wrong[1] = {{"k", "\xC3"}};
    ck_assert_int_eq(wg_safetensors_write(path, 0, NULL, 2, twice, &e), WG_ERR_NAME);
    check_error(e, WG_ERR_NAME, "two metadata keys \"k\"");
    ck_assert_int_eq(wg_safetensors_write(path, 0, NULL, 1, wrong, &e), WG_ERR_VALUE);
    ck_assert_int_eq(count_entries(scratch()), 0);
}
END_TEST

START_TEST(where_it_cannot_be_written) {
    wg_error e = {0};
    ck_assert_int_eq(wg_safetensors_write(in_scratch("x"), 0, NULL, 0, NULL, &e), WG_OK);
    char path[600];
    snprintf(path, sizeof path, "%s/none/x", scratch());
    ck_assert_int_eq(wg_safetensors_write(path, 0, NULL, 0, NULL, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "none/x: cannot be written: No such file");
    snprintf(path, sizeof path, "%s/x/y", scratch()); /* a file where a folder should be */
    ck_assert_int_eq(wg_safetensors_write(path, 0, NULL, 0, NULL, &e), WG_ERR_FILE);
    ck_assert_int_eq(wg_safetensors_write(scratch(), 0, NULL, 0, NULL, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "is a folder");
    ck_assert_int_eq(wg_safetensors_write("/dev/null", 0, NULL, 0, NULL, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "a device");
    ck_assert_int_eq(wg_safetensors_write("", 0, NULL, 0, NULL, &e), WG_ERR_FILE);
    char *longer = malloc(6000);
    ck_assert_ptr_nonnull(longer);
    memset(longer, 'x', 5999);
    longer[5999] = '\0';
    ck_assert_int_eq(wg_safetensors_write(longer, 0, NULL, 0, NULL, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "too long");
    free(longer);
    ck_assert_int_eq(count_entries(scratch()), 1);
}
END_TEST

/* A file size limit stands in for a full disk: the write fails in the same place. */
START_TEST(a_full_disk_loses_nothing) {
    wg_error e = {0};
    const char *path = put_sample("model");
    float *much = calloc(1 << 18, sizeof *much);
    ck_assert_ptr_nonnull(much);
    wg_tensor t = {"w", WG_F32, shape_of(1, 1 << 18, 0), much};
    struct rlimit old, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    wg_status status = wg_safetensors_write(path, 1, &t, 0, NULL, &e);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    ck_assert_int_eq(status, WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "model: cannot be written");
    ck_assert_int_eq(count_entries(scratch()), 1);
    wg_safetensors *f = wg_safetensors_read(path, &e);
    check_sample(f, &e);
    wg_safetensors_free(f);
    free(much);
}
END_TEST

START_TEST(the_new_file_takes_the_old_ones_place) {
    wg_error e = {0};
    struct stat about;
    const char *path = put_file("old", "something else", 14);
    ck_assert_int_eq(chmod(path, 0640), 0);
    const char *link = in_scratch("link");
    ck_assert_int_eq(symlink("old", link), 0);
    put_sample("link");
    ck_assert_int_eq(lstat(link, &about), 0);
    ck_assert(S_ISLNK(about.st_mode)); /* followed, not replaced */
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0640);
    wg_safetensors *f = wg_safetensors_read(path, &e);
    check_sample(f, &e);
    wg_safetensors_free(f);
    ck_assert_int_eq(count_entries(scratch()), 2);
    ck_assert_int_eq(unlink(path), 0); /* now the link leads nowhere */
    ck_assert_int_eq(wg_safetensors_write(link, 0, NULL, 0, NULL, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "a symbolic link to nothing");
}
END_TEST

Suite *suite_data_safetensors(void) {
    Suite *s = suite_create("data_safetensors");
    TCase *c = tcase_create("data_safetensors");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, there_and_back);
    tcase_add_test(c, nothing_at_all);
    tcase_add_test(c, allocations_may_fail);
    tcase_add_test(c, good_headers);
    tcase_add_test(c, bad_headers);
    tcase_add_test(c, truncations_and_mutations);
    tcase_add_test(c, what_cannot_be_written);
    tcase_add_test(c, where_it_cannot_be_written);
    tcase_add_test(c, a_full_disk_loses_nothing);
    tcase_add_test(c, the_new_file_takes_the_old_ones_place);
    suite_add_tcase(s, c);
    return s;
}
