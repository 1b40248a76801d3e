/* The one test runner.  Arguments keep the suites whose names have one of them in it; WG_PART=2/8
 * runs the second of eight parts of them, so that several runners divide the work. */
#include "tests/suites.h"

#include "backend/parallel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int full_run(void) {
    const char *full = getenv("WG_FULL");
    return full && *full && *full != '0';
}

void use_threads(int n) {
    wgi_parallel_eagerly(n > 1);
    wg_set_threads(n);
}

/* Without words every suite, else those whose name has one of them in it. */
static int wanted(const char *name, int words, char **word) {
    for (int i = 0; i < words; ++i)
        if (strstr(name, word[i])) return 1;
    return words == 0;
}

/* Whether the i-th of the suites that are wanted is in this runner's part. */
static int in_part(int i) {
    const char *part = getenv("WG_PART");
    int k = 1, n = 1;
    if (part && (sscanf(part, "%d/%d", &k, &n) != 2 || n < 1 || k < 1 || k > n)) {
        fprintf(stderr, "tests: WG_PART=%s is no part; 2/8 is\n", part);
        exit(EXIT_FAILURE);
    }
    return i % n == k - 1;
}

int main(int argc, char **argv) {
    SRunner *runner = srunner_create(suite_create("wengert"));
    int found = 0;
    for (const named_suite *s = suites; s->name; ++s) {
        if (!wanted(s->name, argc - 1, argv + 1)) continue;
        if (in_part(found++)) srunner_add_suite(runner, s->make());
    }
    if (found == 0) fprintf(stderr, "tests: there is no such suite\n");
    else srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return found > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
