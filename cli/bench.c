/* bench.c: wengert bench [--json] [--only NAME,...] [--threads N] */
#include "bench/bench.h"
#include "cli/cli.h"

#include "backend/backend.h"

#include <stdlib.h>

static const wgi_usage usage = {
    "bench", "[--json] [--only NAME,...] [--threads N]",
    "Times the workloads, each one record, forward and reverse or one training step: the median\n"
    "of about a second of runs after a warm-up.\n",
    "examples:\n"
    "  wengert bench\n"
    "  wengert bench --only scalar_a,scalar_c --json\n"};

int wgi_cli_bench(int argc, char **argv) {
    const char *only = NULL, *threads = NULL;
    int json = 0, words = 0;
    const wgi_option options[] = {
        {"--json", NULL, "one JSON object on standard output", NULL, &json},
        {"--only", "NAME,...", "these workloads alone", &only, NULL},
        {"--threads", "N", "the number of threads kernels may use", &threads, NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status >= 0) return status;
    if (words > 0)
        return wgi_complain("bench", WGI_EXIT_USAGE, "unexpected word \"%s\"", argv[1]);
    if (threads) {
        char *end;
        long n = strtol(threads, &end, 10);
        if (*threads == '\0' || *end || n < 1 || n > 1024)
            return wgi_complain("bench", WGI_EXIT_USAGE,
                                "--threads takes a number from 1 to 1024, not \"%s\"", threads);
        wg_set_threads((int)n);
    }
    return wg_bench_run(only, json, stdout);
}
