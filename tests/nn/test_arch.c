/* Architectures: the notation, the shapes, the arithmetic of what does not fit, and every error
 * with its caret. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "nn/nn.h"
#include "tests/suites.h"

#include <stdlib.h>
#include <string.h>

/* The table of arch over (h, w, c) and 10 classes, to be freed; fails the test on an error. */
static char *table_of(const char *arch, int64_t h, int64_t w, int64_t c) {
    wg_error e;
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    wg_status s = wg_arch_describe(arch, h, w, c, 10, f, &e);
    fclose(f);
    ck_assert_msg(s == WG_OK, "%s: %s", arch, s == WG_OK ? "" : e.text);
    return text;
}

static void has(const char *text, const char *line) {
    ck_assert_msg(strstr(text, line) != NULL, "no line \"%s\" in\n%s", line, text);
}

/* The parameters of arch over (h, w, c) with 10 classes. */
static long numbers_of(const char *arch, int64_t h, int64_t w, int64_t c) {
    char *text = table_of(arch, h, w, c);
    const char *last = strrchr(text, ' ');
    long n = strtol(last, NULL, 10);
    free(text);
    return n;
}

static void refused(const char *arch, int64_t size, wg_status status, const char *text) {
    wg_error e;
    wg_model *m = wg_model_new(arch, size, size, 3, 10, NULL, &e);
    ck_assert_msg(m == NULL, "%s is taken", arch);
    ck_assert_msg(e.status == status && strcmp(e.text, text) == 0, "%s:\n%s: %s\nexpected\n%s",
                  arch, wg_status_name(e.status), e.text, text);
}

START_TEST(course_pattern) {
    char *t = table_of("[(CONV3x32-RELU)*2-POOL2]*2-(FC256-RELU)*1", 28, 28, 1);
    ck_assert_str_eq(t, "layer            output               parameters\n"
                        "input            28 x 28 x 1                   0\n"
                        "CONV3x32         28 x 28 x 32                320\n"
                        "RELU             28 x 28 x 32                  0\n"
                        "CONV3x32         28 x 28 x 32               9248\n"
                        "RELU             28 x 28 x 32                  0\n"
                        "POOL2            14 x 14 x 32                  0\n"
                        "CONV3x32         14 x 14 x 32               9248\n"
                        "RELU             14 x 14 x 32                  0\n"
                        "CONV3x32         14 x 14 x 32               9248\n"
                        "RELU             14 x 14 x 32                  0\n"
                        "POOL2            7 x 7 x 32                    0\n"
                        "FC256            256                      401664\n"
                        "RELU             256                           0\n"
                        "classes          10                         2570\n"
                        "                                          432298\n");
    free(t);
}
END_TEST

START_TEST(shapes_and_counts) {
    char *t = table_of("CONV5x10p2", 32, 32, 3); /* the course's 760 */
    has(t, "CONV5x10p2       32 x 32 x 10                760\n");
    free(t);
}
END_TEST

START_TEST(windows_and_strides) {
    char *t = table_of("CONV3x8s2p0-POOL3s1-AVGPOOL2s1-LRELU0.2-BN-DROP.5", 11, 13, 2);
    has(t, "CONV3x8s2p0      5 x 6 x 8                   152\n");
    has(t, "POOL3s1          3 x 4 x 8                     0\n");
    has(t, "AVGPOOL2s1       2 x 3 x 8                     0\n");
    has(t, "BN               2 x 3 x 8                    16\n");
    has(t, "DROP.5           2 x 3 x 8                     0\n");
    free(t);
    t = table_of("CONV1x4", 1, 1, 1); /* the smallest image */
    has(t, "CONV1x4          1 x 1 x 4                     8\n");
    free(t);
}
END_TEST

START_TEST(whole_images_and_channels) {
    char *t = table_of("CONV3x8-SDROP0.8-GAP-PDROP0.5-FC4", 5, 7, 2);
    has(t, "SDROP0.8         5 x 7 x 8                     0\n");
    has(t, "GAP              8                             0\n");
    has(t, "PDROP0.5         8                             0\n");
    has(t, "FC4              4                            36\n");
    free(t);
    ck_assert_int_eq(numbers_of("CONV3x8-GMP", 5, 7, 2), 2 * 9 * 8 + 8 + 8 * 10 + 10);
    refused("GAP-GMP", 8, WG_ERR_SHAPE,
            "arch, column 5: GMP needs an image, what comes before gives 3 numbers\n"
            "  GAP-GMP\n      ^");
    refused("FC8-SDROP0.5", 8, WG_ERR_SHAPE,
            "arch, column 5: SDROP needs an image, what comes before gives 8 numbers\n"
            "  FC8-SDROP0.5\n      ^");
}
END_TEST

START_TEST(groups) {
    long linear = 2 * 2 * 3 * 10 + 10;
    ck_assert_int_eq(numbers_of("", 2, 2, 3), linear);
    ck_assert_int_eq(numbers_of("  ", 2, 2, 3), linear);
    ck_assert_int_eq(numbers_of("(FC4-RELU)*0", 2, 2, 3), linear);
    ck_assert_int_eq(numbers_of("(FC4)", 2, 2, 3), 12 * 4 + 4 + 50);
    ck_assert_int_eq(numbers_of("[(FC4-TANH)*2-SIGMOID]*2", 2, 2, 3), 52 + 3 * 20 + 50);
    ck_assert_int_eq(numbers_of(" ( FC4 - [ FC4 ] * 2 ) * 1 - FC4 ", 2, 2, 3), 52 + 3 * 20 + 50);
    ck_assert_int_eq(numbers_of("((FC1)*32)*32", 1, 1, 1) - 20, 2048); /* 1024 layers */
    ck_assert_int_eq(numbers_of("((((((((((((((((FC1))))))))))))))))", 1, 1, 1), 22);
}
END_TEST

START_TEST(does_not_fit) {
    refused("CONV3x8s3p0", 7, WG_ERR_SHAPE,
            "arch, column 1: CONV does not fit: (7 - 3 + 2*0)/3 + 1 = 2.33\n  CONV3x8s3p0\n  ^");
    refused("CONV3x8-POOL2", 7, WG_ERR_SHAPE,
            "arch, column 9: POOL does not fit: (7 - 2 + 2*0)/2 + 1 = 3.50\n"
            "  CONV3x8-POOL2\n          ^");
    refused("POOL9", 8, WG_ERR_SHAPE,
            "arch, column 1: POOL does not fit: (8 - 9 + 2*0)/9 + 1 = 0.89\n  POOL9\n  ^");
    refused("CONV4x8", 8, WG_ERR_SHAPE,
            "arch, column 1: no padding keeps the size under 4x4; give p\n  CONV4x8\n  ^");
    refused("FC8-RELU-CONV3x8", 8, WG_ERR_SHAPE,
            "arch, column 10: CONV needs an image, what comes before gives 8 numbers\n"
            "  FC8-RELU-CONV3x8\n           ^");
    refused("(FC16777216)*5000", 8, WG_ERR_RANGE,
            "arch, column 14: a group comes 0 to 1024 times\n"
            "  (FC16777216)*5000\n               ^");
    refused("FC16777216-FC16777216", 8, WG_ERR_RANGE,
            "arch, column 12: too many numbers\n  FC16777216-FC16777216\n             ^");
}
END_TEST

START_TEST(syntax) {
    refused("(CONV3x8-RLU)*2", 8, WG_ERR_NAME,
            "arch, column 10: no layer RLU; there is CONV, POOL, AVGPOOL, GMP, GAP, FC, RELU, "
            "LRELU, TANH, SIGMOID, DROP, SDROP, PDROP, BN, RES\n  (CONV3x8-RLU)*2\n           ^");
    refused("CONV3", 8, WG_ERR_SYNTAX,
            "arch, column 6: expected the filters of CONV3x32, found the end\n  CONV3\n       ^");
    refused("CONV3xs2", 8, WG_ERR_SYNTAX,
            "arch, column 7: expected the filters of CONV3x32, found 's'\n  CONV3xs2\n        ^");
    refused("CONV3x8s", 8, WG_ERR_SYNTAX,
            "arch, column 9: expected the stride of CONV3x32, found the end\n"
            "  CONV3x8s\n          ^");
    refused("FC", 8, WG_ERR_SYNTAX,
            "arch, column 3: expected the units of FC256, found the end\n  FC\n    ^");
    refused("FC8-", 8, WG_ERR_SYNTAX,
            "arch, column 5: expected a layer such as CONV3x32, or ( or [, found the end\n"
            "  FC8-\n      ^");
    refused("-FC8", 8, WG_ERR_SYNTAX,
            "arch, column 1: expected a layer such as CONV3x32, or ( or [, found '-'\n  -FC8\n  ^");
    refused("()", 8, WG_ERR_SYNTAX,
            "arch, column 2: expected a layer such as CONV3x32, or ( or [, found ')'\n  ()\n   ^");
    refused("(FC8]", 8, WG_ERR_SYNTAX,
            "arch, column 5: expected ')' for column 1, found ']'\n  (FC8]\n      ^");
    refused("FC8)", 8, WG_ERR_SYNTAX,
            "arch, column 4: expected '-' or the end, found ')'\n  FC8)\n     ^");
    refused("[FC8-(FC8)", 8, WG_ERR_SYNTAX,
            "arch, column 11: expected '-' or ']' for column 1, found the end\n"
            "  [FC8-(FC8)\n            ^");
    refused("(FC8)*x", 8, WG_ERR_SYNTAX,
            "arch, column 7: expected how often the group comes, found 'x'\n"
            "  (FC8)*x\n        ^");
    refused("FC8 FC8", 8, WG_ERR_SYNTAX,
            "arch, column 5: expected '-' or the end, found 'F'\n  FC8 FC8\n      ^");
    refused("FC8\n", 8, WG_ERR_SYNTAX,
            "arch, column 4: expected '-' or the end, found byte 10\n  FC8?\n     ^");
    refused("FC0", 8, WG_ERR_RANGE,
            "arch, column 3: the units must be 1 to 1.67772e+07\n  FC0\n    ^");
    refused("DROP2", 8, WG_ERR_RANGE,
            "arch, column 5: the probability of keeping must be 1e-06 to 1\n  DROP2\n      ^");
}
END_TEST

START_TEST(limits) {
    refused("(((((((((((((((((FC1)))))))))))))))))", 8, WG_ERR_RANGE,
            "arch, column 17: more than 16 groups within each other\n"
            "  (((((((((((((((((FC1)))))))))))))))))\n                  ^");
    refused("((FC1)*32)*33", 8, WG_ERR_RANGE,
            "arch, column 12: more than 1024 layers\n  ((FC1)*32)*33\n             ^");
    refused("((FC1)*1024-FC1)", 8, WG_ERR_RANGE,
            "arch, column 13: more than 1024 layers\n  ((FC1)*1024-FC1)\n              ^");
    /* a long text is shown around the column */
    refused("FC11-FC11-FC11-FC11-FC11-FC11-FC11-FC11-FC11-FC11-FC11-QC11-FC11-FC11-FC11", 8,
            WG_ERR_NAME,
            "arch, column 56: no layer QC; there is CONV, POOL, AVGPOOL, GMP, GAP, FC, RELU, "
            "LRELU, TANH, SIGMOID, DROP, SDROP, PDROP, BN, RES\n"
            "  C11-FC11-FC11-FC11-FC11-FC11-QC11-FC11-FC11-FC11\n"
            "                               ^");
}
END_TEST

START_TEST(random_texts) {
    static const char alphabet[] = "CONVPLFREUx32sp0()[]*-.1 BDA";
    uint64_t state = 1;
    char text[40];
    for (int i = 0; i < (full_run() ? 2000000 : 20000); ++i) {
        size_t n = 0;
        for (; n < sizeof text - 1; ++n) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            uint64_t pick = state >> 33;
            if (pick % 24 == 0) break;
            text[n] = alphabet[pick / 24 % (sizeof alphabet - 1)];
        }
        text[n] = '\0';
        wg_error e;
        FILE *sink = fopen("/dev/null", "w");
        wg_status s = wg_arch_describe(text, 8, 8, 3, 10, sink, &e);
        fclose(sink);
        ck_assert_msg(s == WG_OK || (s == e.status && strlen(e.text) > 0), "\"%s\"", text);
    }
}
END_TEST

extern Suite *suite_arch(void);
Suite *suite_arch(void) {
    Suite *s = suite_create("arch");
    TCase *c = tcase_create("arch");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, course_pattern);
    tcase_add_test(c, shapes_and_counts);
    tcase_add_test(c, windows_and_strides);
    tcase_add_test(c, whole_images_and_channels);
    tcase_add_test(c, groups);
    tcase_add_test(c, does_not_fit);
    tcase_add_test(c, syntax);
    tcase_add_test(c, limits);
    tcase_add_test(c, random_texts);
    suite_add_tcase(s, c);
    return s;
}
