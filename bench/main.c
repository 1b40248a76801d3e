/* main.c: the workloads on the shared library, as programs use it:
 *
 *     wengert-bench [--json] [--only NAME,...] [--threads N] [--all] [--seconds S] [--turns] */
#include "bench/bench.h"
#include "backend/backend.h"

#include <stdlib.h>
#include <string.h>

static int usage(const char *word) {
    fprintf(stderr,
            "wengert-bench: \"%s\"?\nusage: wengert-bench [--json] [--only NAME,...] [--threads N] "
            "[--all] [--seconds S] [--turns]\n",
            word);
    return 2;
}

int main(int argc, char **argv) {
    wg_bench_options o = {0};
    for (int i = 1; i < argc; ++i) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(word, "--json") == 0) o.json = 1;
        else if (strcmp(word, "--all") == 0) o.all = 1;
        else if (strcmp(word, "--turns") == 0) o.turns = 1;
        else if (strcmp(word, "--only") == 0 && *value) o.only = value, ++i;
        else if (strcmp(word, "--threads") == 0 && atoi(value) > 0)
            wg_set_threads(atoi(value)), ++i;
        else if (strcmp(word, "--seconds") == 0 && atof(value) > 0) o.seconds = atof(value), ++i;
        else return usage(word);
    }
    return wg_bench_run(&o, stdout);
}
