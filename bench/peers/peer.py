"""peer.py: what the peers' scripts share: the protocol, the repeats, memory.

A peer is a process that has one workload:

    python3 torch_peer.py WORKLOAD VARIANT THREADS SECONDS

After each line on standard input it repeats the workload for SECONDS and writes one line of JSON,
as `wengert-bench --turns` does: {"median_ms", "min_ms", "runs", "peak_mb"}.  peak_mb is the growth
of the process's peak resident memory over its state before the first step, the peak being reset
there where the system can.  Warm-up, least number of runs and medians are wengert-bench's.
"""
import json
import statistics
import sys
import time

MOST_RUNS, LEAST_RUNS, WARM_UP, WARM_UP_S = 5000, 5, 3, 0.05


def peak_mb():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise OSError("no VmHWM")


def reset_peak():
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass


def turn(step, seconds):
    """Warm-up, then repeats."""
    clock = time.perf_counter
    begin, n = clock(), 0
    while n < WARM_UP or clock() - begin < WARM_UP_S:
        step()
        n += 1
    times, spent = [], 0.0
    while len(times) < MOST_RUNS and (len(times) < LEAST_RUNS or spent < seconds):
        start = clock()
        step()
        times.append(clock() - start)
        spent += times[-1]
    return times


def serve(workloads, prepare):
    """workloads: name -> {variant: function that returns a step}; prepare(threads) comes first."""
    name, variant, threads, seconds = sys.argv[1:5]
    prepare(int(threads))
    step = workloads[name][variant]()
    reset_peak()
    before = peak_mb()
    for _ in sys.stdin:
        times = turn(step, float(seconds))
        print(json.dumps({"median_ms": 1e3 * statistics.median(times), "min_ms": 1e3 * min(times),
                          "runs": len(times), "peak_mb": peak_mb() - before}), flush=True)
