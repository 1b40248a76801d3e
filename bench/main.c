/* main.c: the workloads on the shared library: wengert-bench [NAME,...] */
#include "bench/bench.h"

int main(int argc, char **argv) { return wg_bench_run(argc > 1 ? argv[1] : NULL, 0, stdout); }
