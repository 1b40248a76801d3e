/* The C blocks of README and docs: each is compiled (by the Makefile) and run here, and prints what
 * the document says it prints. */
#include "tests/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads what `command` prints, or a file, whole. */
static void slurp(FILE *f, char *text, size_t bytes) {
    size_t n = f ? fread(text, 1, bytes - 1, f) : 0;
    text[n] = '\0';
}

START_TEST(test_blocks) {
    const char *list = getenv("WG_BLOCKS"); /* programs, parted by blanks */
    static char said[1 << 16], expected[1 << 16];
    if (!list) {
        printf("docs: skipped, WG_BLOCKS is not set (make check sets it)\n");
        return;
    }
    char programs[4096];
    ck_assert_uint_lt(strlen(list), sizeof programs);
    strcpy(programs, list);
    int count = 0;
    for (char *program = strtok(programs, " "); program; program = strtok(NULL, " ")) {
        char name[512];
        FILE *run = popen(program, "r");
        ck_assert_ptr_nonnull(run);
        slurp(run, said, sizeof said);
        ck_assert_msg(pclose(run) == 0, "%s failed:\n%s", program, said);
        snprintf(name, sizeof name, "%s.txt", program);
        FILE *text = fopen(name, "r");
        if (text) {
            slurp(text, expected, sizeof expected);
            fclose(text);
            ck_assert_msg(strcmp(said, expected) == 0, "%s prints\n%s\nthe document says\n%s",
                          program, said, expected);
        }
        ++count;
    }
    ck_assert_int_gt(count, 0);
}
END_TEST

extern Suite *suite_docs(void);
Suite *suite_docs(void) {
    Suite *s = suite_create("docs");
    TCase *c = tcase_create("docs");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_blocks);
    suite_add_tcase(s, c);
    return s;
}
