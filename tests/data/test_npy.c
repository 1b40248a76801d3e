/* NumPy's .npy files. */
#include "tests/data/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_data_npy(void);

/* A file of version `major` with this dictionary and these n bytes behind it. */
static size_t make(unsigned char *out, int major, const char *dictionary, const void *bytes,
                   size_t n) {
    size_t length = strlen(dictionary), at = 8;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)major;
    out[7] = 0;
    out[at++] = (unsigned char)(length & 255);
    out[at++] = (unsigned char)(length >> 8);
    if (major > 1) out[at++] = 0, out[at++] = 0;
    memcpy(out + at, dictionary, length);
    if (n > 0) memcpy(out + at + length, bytes, n);
    return at + length + n;
}

/* Parses; the bytes end where their block ends. */
static wg_status parse(int major, const char *dictionary, const void *bytes, size_t n,
                       wg_array *a, wg_error *e) {
    unsigned char *file = malloc(16 + strlen(dictionary) + n);
    ck_assert_ptr_nonnull(file);
    size_t size = make(file, major, dictionary, bytes, n);
    unsigned char *exact = malloc(size);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, file, size);
    wg_status status = wg_npy_parse(exact, size, "x.npy", a, e);
    free(file), free(exact);
    return status;
}

/* 1 and -2 (unsigned: 254 as a byte and so on) in every dtype that is read. */
static const struct {
    const char *descr;
    const char *bytes;
    size_t n;
    wg_dtype dtype;
    double value[2];
} kinds[] = {
    {"<f4", "\0\0\x80\x3F\0\0\0\xC0", 8, WG_F32, {1, -2}},
    {">f4", "\x3F\x80\0\0\xC0\0\0\0", 8, WG_F32, {1, -2}},
    {"<f8", "\0\0\0\0\0\0\xF0\x3F\0\0\0\0\0\0\0\xC0", 16, WG_F64, {1, -2}},
    {">f8", "\x3F\xF0\0\0\0\0\0\0\xC0\0\0\0\0\0\0\0", 16, WG_F64, {1, -2}},
    {"<i8", "\1\0\0\0\0\0\0\0\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16, WG_I64, {1, -2}},
    {">i8", "\0\0\0\0\0\0\0\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE", 16, WG_I64, {1, -2}},
    {"<i4", "\1\0\0\0\xFE\xFF\xFF\xFF", 8, WG_I64, {1, -2}},
    {">i4", "\0\0\0\1\xFF\xFF\xFF\xFE", 8, WG_I64, {1, -2}},
    {"<i2", "\1\0\xFE\xFF", 4, WG_I64, {1, -2}},
    {"|i1", "\1\xFE", 2, WG_I64, {1, -2}},
    {"|u1", "\1\xFE", 2, WG_I64, {1, 254}},
    {">u2", "\0\1\xFF\xFE", 4, WG_I64, {1, 65534}},
    {"<u4", "\1\0\0\0\xFE\xFF\xFF\xFF", 8, WG_I64, {1, 4294967294.0}},
    {"|b1", "\1\0", 2, WG_BOOL, {1, 0}},
};

static double item(const wg_array *a, int64_t i) {
    switch (a->dtype) {
    case WG_F32: return (double)((const float *)a->data)[i];
    case WG_F64: return ((const double *)a->data)[i];
    case WG_I64: return (double)((const int64_t *)a->data)[i];
    case WG_BOOL: return ((const unsigned char *)a->data)[i];
    }
    return (double)NAN;
}

START_TEST(dtypes_and_orders) {
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k)
        for (int major = 1; major <= 3; ++major) {
            char dictionary[128];
            wg_array a = {0};
            wg_error e = {0};
            snprintf(dictionary, sizeof dictionary,
                     "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }        \n",
                     kinds[k].descr);
            ck_assert_msg(parse(major, dictionary, kinds[k].bytes, kinds[k].n, &a, &e) == WG_OK,
                          "%s: %s", kinds[k].descr, e.text);
            ck_assert_int_eq(a.dtype, kinds[k].dtype);
            ck_assert_int_eq(a.shape.rank, 1);
            ck_assert_int_eq(a.shape.dim[0], 2);
            for (int i = 0; i < 2; ++i) check_near(item(&a, i), kinds[k].value[i], 0);
            wg_array_clear(&a);
            wg_array_clear(&a);
        }
}
END_TEST

START_TEST(c_and_fortran_order) {
    unsigned char bytes[24];
    wg_array c = {0}, f = {0};
    wg_error e = {0};
    for (int i = 0; i < 24; ++i) bytes[i] = (unsigned char)i;
    ck_assert_int_eq(parse(1, "{'shape':(2,3,4),'fortran_order':False,'descr':'|u1'}", bytes, 24,
                           &c, &e), WG_OK);
    ck_assert_int_eq(parse(1, "{'shape':(2,3,4),'fortran_order':True,'descr':'|u1'}", bytes, 24,
                           &f, &e), WG_OK);
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 4; ++k) {
                check_near(item(&c, (i * 3 + j) * 4 + k), (i * 3 + j) * 4 + k, 0);
                check_near(item(&f, (i * 3 + j) * 4 + k), i + 2 * (j + 3 * k), 0);
            }
    wg_array_clear(&c), wg_array_clear(&f);
}
END_TEST

START_TEST(ranks_and_empty_arrays) {
    static const struct {
        const char *shape;
        int rank;
        size_t n;
    } good[] = {{"()", 0, 1}, {"( )", 0, 1}, {"(1,)", 1, 1}, {"(3)", 1, 3}, {"(0,)", 1, 0},
                {"(1, 1, 1, 1, 1, 1, 1, 2)", 8, 2}, {"(5, 0, 7)", 3, 0},
                {"(9223372036854775807, 0)", 2, 0}, {"(0, 4611686018427387904, 8)", 3, 0}};
    for (size_t k = 0; k < sizeof good / sizeof *good; ++k)
        for (int fortran = 0; fortran < 2; ++fortran) {
            char dictionary[128];
            wg_array a = {0};
            wg_error e = {0};
            snprintf(dictionary, sizeof dictionary,
                     "{\"descr\": \"|b1\", \"fortran_order\": %s, \"shape\": %s}",
                     fortran ? "True" : "False", good[k].shape);
            ck_assert_msg(parse(2, dictionary, "\1\1\1", good[k].n, &a, &e) == WG_OK, "%s: %s",
                          good[k].shape, e.text);
            ck_assert_int_eq(a.shape.rank, good[k].rank);
            ck_assert_ptr_nonnull(a.data);
            wg_array_clear(&a);
        }
}
END_TEST

START_TEST(faults_are_named) {
#define REST "'fortran_order': False, 'shape': (1,)}"
    static const struct {
        const char *dictionary;
        wg_status status;
        const char *message;
    } bad[] = {
        {"{'descr': '<f2', " REST, WG_ERR_UNSUPPORTED, "dtype '<f2'"},
        {"{'descr': '<c8', " REST, WG_ERR_UNSUPPORTED, "dtype '<c8'"},
        {"{'descr': '<u8', " REST, WG_ERR_UNSUPPORTED, "dtype '<u8'"},
        {"{'descr': '|O', " REST, WG_ERR_UNSUPPORTED, "dtype '|O'"},
        {"{'descr': '<f16', " REST, WG_ERR_UNSUPPORTED, "dtype '<f16'"},
        {"{'descr': '', " REST, WG_ERR_UNSUPPORTED, "dtype ''"},
        {"{'descr': [('a', '<f4')], " REST, WG_ERR_FORMAT, "a plain dtype"},
        {"{'descr': '<f4, ", WG_ERR_FORMAT, "a plain dtype"},
        {"{'descr': '|u1', 'fortran_order': false, 'shape': (1,)}", WG_ERR_FORMAT, "True or False"},
        {"{'descr': '|u1', 'fortran_order': False}", WG_ERR_FORMAT, "'shape' expected"},
        {"{'descr': '|u1', 'descr': '|u1', " REST, WG_ERR_FORMAT, "each once"},
        {"{'descr': '|u1', 'x': 1, " REST, WG_ERR_FORMAT, "each once"},
        {"{'descr': '|u1' " REST, WG_ERR_FORMAT, "',' or '}'"},
        {"{'descr': '|u1', " REST " x", WG_ERR_FORMAT, "the end"},
        {"'descr': '|u1', " REST, WG_ERR_FORMAT, "'{'"},
        {"{'descr' '|u1', " REST, WG_ERR_FORMAT, "':'"},
        {"", WG_ERR_FORMAT, "'{'"},
        {"{", WG_ERR_FORMAT, "a key"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': 1}", WG_ERR_FORMAT, "a shape"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}", WG_ERR_FORMAT, "an extent"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1 1)}", WG_ERR_FORMAT, "an extent"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1,", WG_ERR_FORMAT, "an extent"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775808,)}", WG_ERR_FORMAT,
         "an extent"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
         WG_ERR_FORMAT, "too large"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}",
         WG_ERR_UNSUPPORTED, "rank above 8"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000,)}", WG_ERR_FORMAT,
         "the array needs 1000000000000 bytes"},
        {"{'descr': '<i2', " REST, WG_ERR_FORMAT, "truncated"},
        {"{'descr': '|b1', " REST, WG_ERR_FORMAT, "element 0 is the byte 7"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}", WG_ERR_FORMAT, "too long"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; ++k) {
        wg_array a = {.data = &a};
        wg_error e = {0};
        ck_assert_msg(parse(1, bad[k].dictionary, "\7", 1, &a, &e) != WG_OK, "%s",
                      bad[k].dictionary);
        check_error(e, bad[k].status, bad[k].message);
        check_error(e, bad[k].status, "x.npy");
        ck_assert_ptr_eq(a.data, &a);
    }
}
END_TEST

START_TEST(prefix_faults) {
    unsigned char file[200];
    wg_array a = {0};
    wg_error e = {0};
    size_t n = make(file, 1, "{'descr': '|u1', " REST, "\7", 1);
    for (size_t cut = 0; cut < n; ++cut) {
        unsigned char *part = malloc(cut ? cut : 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, file, cut);
        ck_assert_int_eq(wg_npy_parse(part, cut, "x.npy", &a, &e), WG_ERR_FORMAT);
        check_error(e, WG_ERR_FORMAT, "truncated");
        free(part);
    }
    file[6] = 4;
    ck_assert_int_eq(wg_npy_parse(file, n, "x.npy", &a, &e), WG_ERR_UNSUPPORTED);
    check_error(e, WG_ERR_UNSUPPORTED, "version 4.0");
    file[6] = 2, file[11] = 0xFF; /* a header of 4 GB */
    ck_assert_int_eq(wg_npy_parse(file, n, "x.npy", &a, &e), WG_ERR_FORMAT);
    check_error(e, WG_ERR_FORMAT, "a header of 4");
    file[0] = 'x';
    ck_assert_int_eq(wg_npy_parse(file, n, "x.npy", &a, &e), WG_ERR_FORMAT);
    check_error(e, WG_ERR_FORMAT, "not a .npy file");
}
END_TEST

START_TEST(from_a_file) {
    unsigned char file[200];
    wg_array a = {0};
    wg_error e = {0};
    size_t n = make(file, 1, "{'descr': '|u1', " REST, "\7", 1);
    const char *path = put_file("a.npy", file, n);
    ck_assert_int_eq(wg_npy_read(path, &a, &e), WG_OK);
    check_near(item(&a, 0), 7, 0);
    wg_array_clear(&a);
    check_allocations(wg_npy_read(path, &a, &e) == WG_OK, wg_array_clear(&a), e);
    ck_assert_int_eq(wg_npy_read(in_scratch("none.npy"), &a, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "none.npy: No such file");
    ck_assert_int_eq(wg_npy_read(scratch(), &a, &e), WG_ERR_FILE);
}
END_TEST

START_TEST(mutations) {
    unsigned char file[200], broken[200];
    uint64_t state = 3;
    size_t n = make(file, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}",
                    "123456789012345678901234", 24);
    for (int round = 0; round < (full_run() ? 500000 : 20000); ++round) {
        wg_array a = {0};
        wg_error e = {0};
        size_t size = next_random(&state) % 8 ? n : next_random(&state) % n;
        memcpy(broken, file, n);
        for (uint64_t k = next_random(&state) % 4; k > 0; --k)
            broken[next_random(&state) % 66] = (unsigned char)next_random(&state);
        unsigned char *exact = malloc(size ? size : 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, broken, size);
        ck_assert_int_eq(wg_npy_parse(exact, size, "x", &a, &e), e.status);
        ck_assert((e.status == WG_OK) == (a.data != NULL));
        wg_array_clear(&a);
        free(exact);
    }
}
END_TEST

Suite *suite_data_npy(void) {
    Suite *s = suite_create("data_npy");
    TCase *c = tcase_create("data_npy");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, dtypes_and_orders);
    tcase_add_test(c, c_and_fortran_order);
    tcase_add_test(c, ranks_and_empty_arrays);
    tcase_add_test(c, faults_are_named);
    tcase_add_test(c, prefix_faults);
    tcase_add_test(c, from_a_file);
    tcase_add_test(c, mutations);
    suite_add_tcase(s, c);
    return s;
}
