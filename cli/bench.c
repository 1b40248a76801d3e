/* bench.c: wengert bench [--json] [--only NAME,...] [--threads N] */
#include "bench/bench.h"
#include "cli/cli.h"

#include "backend/backend.h"

#include <stdlib.h>

static const wgi_usage usage = {
    "bench", "[--json] [--only NAME,...] [--threads N] [--all] [--seconds S]",
    "Times the workloads, each one record, forward and reverse or one training step, in a process\n"
    "of its own: the median and spread of about a second of runs after a warm-up, the growth of\n"
    "peak memory over the process before the first, and what is achieved beside what the machine\n"
    "can do: a large matrix product and a copy, measured first.\n",
    "examples:\n"
    "  wengert bench\n"
    "  wengert bench --only scalar_a,scalar_c --json\n"
    "  wengert bench --only sum16m,adam16m --threads 1\n"};

int wgi_cli_bench(int argc, char **argv) {
    const char *threads = NULL, *seconds = NULL;
    wg_bench_options bench = {0};
    int words = 0;
    const wgi_option options[] = {
        {"--json", NULL, "one JSON object on standard output", NULL, &bench.json},
        {"--only", "NAME,...", "these workloads alone", &bench.only, NULL},
        {"--threads", "N", "the number of threads kernels may use", &threads, NULL},
        {"--all", NULL, "single kernels and other sizes, too", NULL, &bench.all},
        {"--seconds", "S", "how long each is repeated; 1", &seconds, NULL},
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
    if (seconds) {
        char *end;
        bench.seconds = strtod(seconds, &end);
        if (*seconds == '\0' || *end || !(bench.seconds > 0 && bench.seconds <= 3600))
            return wgi_complain("bench", WGI_EXIT_USAGE,
                                "--seconds takes a number from 0 to 3600, not \"%s\"", seconds);
    }
    return wg_bench_run(&bench, stdout);
}
