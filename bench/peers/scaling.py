"""scaling.py: does cost grow as the work does, and how close is each kernel to the machine's limit?

    python3 bench/peers/scaling.py [--bench build/wengert-bench] [--into docs/performance.md]

Sizes of one workload are measured in turn; kernels by `wengert-bench --only ...`.  --only takes a
group's first name or "kernels"; --out writes JSON, --from JSON... joins earlier runs.
"""
import argparse
import json
import os
import subprocess
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
KERNELS = [k + part for k in ("conv16", "conv32", "conv64", "conv128")
           for part in ("_forward", "_input", "_weight")] + [
    "conv3_16", "product2048", "product2048_left", "product2048_right", "product_batched",
    "product_skinny", "product_f64", "product_vector", "concat16m", "add16m", "sum16m",
    "sum_rows16m", "sum_columns16m", "sgd16m", "momentum16m", "adam16m", "exp16m", "log16m",
    "tanh16m", "tanh16m_back", "erf16m", "softmax16m", "softmax16m_back", "norm16m",
    "norm16m_back", "pool16m", "pool16m_back"]


def in_turn(options, names, threads):
    sides = [turns.wengert(options.bench, n, threads, options.seconds) for n in names]
    return {"names": names, "threads": threads, "sides": turns.in_turn(sides, options.rounds)}


def kernels(options, threads):
    command = [options.bench, "--json", "--threads", threads, "--seconds", str(options.seconds),
               "--only", ",".join(KERNELS)]
    return {"threads": threads, **json.loads(subprocess.check_output(command))}


def measure(options):
    result = {"groups": [], "kernels": []}

    def wanted(name):
        return not options.only or name in options.only.split(",")
    for threads in options.threads.split(","):
        for names in TENFOLD + WIDTHS:
            if wanted(names[0]):
                result["groups"].append(in_turn(options, names, threads))
        if wanted("kernels"):
            result["kernels"].append(kernels(options, threads))
    return result


def earlier(paths):
    result = {"groups": [], "kernels": []}
    for path in paths:
        with open(path) as f:
            run = json.load(f)
        for key in result:
            result[key] += run[key]
    return result


def groups_table(groups):
    tenfold, widths = [], []
    for g in groups:
        ms = [s["ms"] for s in g["sides"]]
        if tuple(g["names"]) in TENFOLD:
            tenfold.append((g["names"][0], g["threads"], *(f"{m:.4g}" for m in ms),
                            f"{ms[1] / ms[0]:.2f}"))
        else:
            each = [1e9 * s["ms"] / s["work"] for s in g["sides"]]
            widths.append((" ".join(g["names"]), g["threads"], " ".join(f"{r:.2f}" for r in each),
                           f"{max(b / a for a, b in zip(each, each[1:])):.2f}"))
    return (table(("workload", "threads", "ms", "ms at ten times the size", "times"), tenfold) +
            "\n" + table(("widths", "threads", "ps an operation", "largest rise"), widths))


def kernels_table(runs):
    rows, head = {}, ["kernel", "what"]
    for run in runs:
        m = run["machine"]
        head.append(f"{m['threads']} thread{'s' * (m['threads'] > 1)} "
                    f"({m['product_gflops']:.0f} GFLOP/s, {m['copy_gbs']:.0f} GB/s)")
        for w in run["workloads"]:
            row = rows.setdefault(w["name"], [f"`{w['name']}`", w["what"]])
            row.append(f"{w['achieved']:.0f} {w['unit']}, {100 * w['of_ceiling']:.0f} %")
    return table(head, rows.values())


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--bench", default="build/wengert-bench")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--only")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.3)
    p.add_argument("--out", help="JSON")
    p.add_argument("--into", help="a document with <!-- scaling --> and <!-- kernels --> in it")
    p.add_argument("--from", dest="before", nargs="+", metavar="JSON")
    options = p.parse_args()
    result = earlier(options.before) if options.before else measure(options)
    if options.out:
        with open(options.out, "w") as f:
            json.dump(result, f, indent=1)
    texts = {}
    if result["groups"]:
        texts["scaling"] = groups_table(result["groups"])
    if result["kernels"]:
        texts["kernels"] = kernels_table(result["kernels"])
    for marker, text in texts.items():
        print(text)
        if options.into:
            turns.put(options.into, marker, text)


if __name__ == "__main__":
    main()
