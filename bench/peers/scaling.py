"""scaling.py: does cost grow as the work does?  Sizes of one workload, measured in turn.

    python3 bench/peers/scaling.py [--bench build/wengert-bench] [--into docs/performance.md]
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import turns  # noqa: E402
from compare import table  # noqa: E402

# ten times the nodes or the batch: at most 11 times the time
TENFOLD = [("scalar_a", "scalar_a_x10"), ("scalar_c", "scalar_c_x10"), ("moons", "moons_x10"),
           ("mlp", "mlp_x10"), ("lstm_b32", "lstm_b320"), ("cnn", "cnn_x10")]
# over widths the time for each operation rises by at most a tenth
WIDTHS = [("mlp_w256", "mlp_w512", "mlp_w1024", "mlp_w2048"),
          ("conv32", "conv64", "conv128", "conv256"), ("product512", "product2048")]


def measured(options, names, threads):
    sides = [turns.wengert(options.bench, n, threads, options.seconds) for n in names]
    return turns.in_turn(sides, options.rounds)


def report(options):
    tenfold, widths = [], []
    for threads in options.threads.split(","):
        for small, large in TENFOLD:
            a, b = measured(options, (small, large), threads)
            tenfold.append((small, threads, f"{a['ms']:.4g}", f"{b['ms']:.4g}",
                            f"{b['ms'] / a['ms']:.2f}"))
        for names in WIDTHS:
            rates = [1e9 * r["ms"] / r["work"] for r in measured(options, names, threads)]
            widths.append((" ".join(names), threads, " ".join(f"{r:.2f}" for r in rates),
                           f"{max(b / a for a, b in zip(rates, rates[1:])):.2f}"))
    return (table(("workload", "threads", "ms", "ms at ten times the size", "times"), tenfold) +
            "\n" + table(("widths", "threads", "ps for each operation", "largest rise"), widths))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--bench", default="build/wengert-bench")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.3)
    p.add_argument("--into")
    options = p.parse_args()
    text = report(options)
    print(text)
    if options.into:
        turns.put(options.into, "scaling", text)


if __name__ == "__main__":
    main()
