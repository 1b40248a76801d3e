/* The one test runner.  Arguments keep the suites whose name begins with one of them. */
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

static int asked_for(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; ++i)
        if (strncmp(name, argv[i], strlen(argv[i])) == 0) return 1;
    return argc < 2;
}

int main(int argc, char **argv) {
    SRunner *runner = srunner_create(NULL);
    for (const named_suite *s = suites; s->name; ++s)
        if (asked_for(s->name, argc, argv)) srunner_add_suite(runner, s->make());
    srunner_run_all(runner, CK_ENV);
    int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run == 0) fprintf(stderr, "no suite has such a name\n");
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
