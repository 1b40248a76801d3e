/* The one test runner.  An argument keeps the suites whose name begins with it. */
#include "tests/suites.h"

#include "backend/parallel.h"

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

int main(int argc, char **argv) {
    SRunner *runner = srunner_create(suite_create("wengert"));
    for (size_t i = 0; suites[i]; ++i) srunner_add_suite(runner, suites[i]());
    srunner_run(runner, argc > 1 ? argv[1] : NULL, NULL, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
