/* The documents: what they show is compiled (by the Makefile) and run here and prints what they say
 * it prints; the table of gates is the registry's. */
#define _POSIX_C_SOURCE 200809L
#include "tests/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 1 << 19 };
static char said[BYTES], expected[BYTES];

/* Reads what a pipe or a file gives, whole. */
static void slurp(FILE *f, char *text) {
    size_t n = fread(text, 1, BYTES - 1, f);
    text[n] = '\0';
    ck_assert_uint_lt(n, BYTES - 1);
}

/* What `command` prints on both streams; it must succeed. */
static void run(const char *command) {
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    slurp(pipe, said);
    ck_assert_msg(pclose(pipe) == 0, "%s failed:\n%s", command, said);
}

/* The same text; a last line "..." stands for any rest. */
static int same(const char *text, const char *as) {
    size_t n = strlen(as);
    if (n >= 4 && strcmp(as + n - 4, "...\n") == 0) return strncmp(text, as, n - 4) == 0;
    return strcmp(text, as) == 0;
}

/* Runs an example, a program or FILE.sh, and compares with FILE.txt where there is one. */
static void run_block(const char *block) {
    char command[2048], name[1024];
    const char *end = strstr(block, ".sh");
    int script = end && end[3] == '\0';
    int length = (int)strlen(block) - (script ? 3 : 0);
    snprintf(command, sizeof command, "%s '%s' 2>&1", script ? "sh" : "", block);
    snprintf(name, sizeof name, "%.*s.txt", length, block);
    run(command);
    FILE *text = fopen(name, "r");
    if (!text) return;
    slurp(text, expected);
    fclose(text);
    ck_assert_msg(same(said, expected), "%s prints\n%s\nthe document says\n%s", block, said,
                  expected);
}

START_TEST(examples) {
    const char *list = getenv("WG_BLOCKS"); /* programs and scripts, parted by blanks */
    if (!list) {
        printf("docs: skipped, WG_BLOCKS is not set (make check sets it)\n");
        return;
    }
    char *blocks = strdup(list);
    ck_assert_ptr_nonnull(blocks);
    int count = 0;
    for (char *b = strtok(blocks, " "); b; b = strtok(NULL, " "), ++count) run_block(b);
    free(blocks);
    ck_assert_int_gt(count, 0);
}
END_TEST

/* Each line of docs/gates.md is as the registry has it.  A gate that is new may be missing here, so
 * that adding one stays a change of one file and one line; .ci/run wants the whole page. */
START_TEST(table_of_gates) {
    const char *program = getenv("WG_PROGRAM");
    char command[1024];
    snprintf(command, sizeof command, "'%s' gates --markdown", program ? program : "build/wengert");
    run(command);
    FILE *page = fopen("docs/gates.md", "r");
    ck_assert_msg(page != NULL, "docs/gates.md is not there: the tests run in the top folder");
    slurp(page, expected);
    fclose(page);
    for (char *line = strtok(expected, "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_msg(strstr(said, line) != NULL, "docs/gates.md is out of date: make docs\n%s",
                      line);
}
END_TEST

extern Suite *suite_docs(void);
Suite *suite_docs(void) {
    Suite *s = suite_create("docs");
    TCase *c = tcase_create("docs");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, examples);
    tcase_add_test(c, table_of_gates);
    suite_add_tcase(s, c);
    return s;
}
