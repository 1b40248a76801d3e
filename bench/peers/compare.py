"""compare.py: wengert beside PyTorch and JAX on the same work, in turn, in one session.

    make bench PEERS=1 [PYTHON=...] [JAX_PYTHON=...] [PEERS_FLAGS='--only cnn --threads 1']

Prints a table of ratios, wengert's time over the peer's, beside the bounds that the project set
itself, and writes all of it as JSON.  A peer whose interpreter cannot import it is named and left
out.  --into FILE puts the tables into a document; --from JSON... makes them from earlier runs, the
ceilings being the highest that were seen.
"""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import turns  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
# name: bounds over PyTorch's default and over its best setting
TARGETS = {
    "mlp": (0.75, 0.75), "two_layer": (0.75, 0.75), "cnn": (0.65, 0.8), "resnet20": (0.6, 0.85),
    "lstm_b1": (0.25, 0.25), "lstm_b32": (0.6, 0.6), "moons": (0.1, 0.1),
    "scalar_1000": (0.002, 0.002), "tanh_mul": (0.12, 0.12), "conv64": (0.9, 1.0),
    "conv128": (0.9, 0.95),
}
MEMORY = {"cnn": 0.8, "resnet20": 0.8}
VARIANTS = {
    "torch": {"mlp": "foreach", "two_layer": "foreach", "cnn": "channels_last",
              "resnet20": "channels_last", "lstm_b1": "nn.LSTM", "lstm_b32": "nn.LSTM",
              "moons": "foreach", "scalar_1000": "script", "conv64": "channels_last",
              "conv128": "channels_last"},
}


def version(python, script):
    """The peer's version, or None."""
    try:
        return subprocess.check_output([python, "-B", os.path.join(HERE, script), "--list"],
                                       text=True, stderr=subprocess.DEVNULL).strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def find_peers(options):
    peers = {}
    for name, python, script in (("torch", options.python, "torch_peer.py"),
                                 ("jax", options.jax_python, "jax_peer.py")):
        found = version(python, script)
        if found:
            peers[name] = (python, script, found)
        else:
            print(f"compare: {python} has no {name}: left out", file=sys.stderr)
    return peers


def sides_of(options, peers, workload, threads):
    sides = [turns.wengert(options.bench, workload, threads, options.seconds)]
    for peer, (python, script, _) in peers.items():
        best = VARIANTS.get(peer, {}).get(workload)
        for variant in ["jit"] if peer == "jax" else ["default"] + [best] * bool(best):
            command = [python, "-B", os.path.join(HERE, script), workload, variant, str(threads),
                       str(options.seconds)]
            sides.append(turns.Side(f"{peer} {variant}", command,
                                    {"OMP_NUM_THREADS": str(threads)}))
    return sides


def row(workload, threads, results, load):
    """One line of the table; ratios are None where a side is missing."""
    by_name = {r["name"]: r for r in results}
    ours, theirs = by_name.get("wengert"), by_name.get("torch default")
    torch = [r for r in results if r["name"].startswith("torch")]
    best = min(torch, key=lambda r: r["ms"]) if torch else None
    least = min((r["peak_mb"] for r in torch), default=None)

    def ratio(a, b, key):
        return a[key] / b[key] if a and b and b[key] > 0 else None
    return {"workload": workload, "threads": threads, "load": load, "sides": results,
            "over_default": ratio(ours, theirs, "ms"), "over_best": ratio(ours, best, "ms"),
            "best": best and best["name"].split(" ", 1)[1],
            "over_jax": ratio(ours, by_name.get("jax jit"), "ms"),
            "memory": ratio(ours, theirs, "peak_mb"),
            "memory_least": ours["peak_mb"] / least if ours and least else None}


def measure(options):
    peers = find_peers(options)
    result = {"date": time.strftime("%Y-%m-%d %H:%M"), "machine": {}, "rows": [],
              "peers": {k: v[2] for k, v in peers.items()},
              "rounds": options.rounds, "seconds": options.seconds}
    for threads in options.threads:
        result["machine"][threads] = turns.ceilings(options.bench, threads)
        for workload in options.only:
            load = os.getloadavg()[0]
            sides = sides_of(options, peers, workload, threads)
            result["rows"].append(row(workload, threads, turns.in_turn(sides, options.rounds),
                                      load))
            print(line(result, result["rows"][-1]), flush=True)
    return result


def earlier(paths):
    """Runs of the same machine as one."""
    runs = []
    for path in paths:
        with open(path) as f:
            runs.append(json.load(f))
    result = runs[-1]
    result["rows"] = [r for run in runs for r in run["rows"]]
    for run in runs:
        for threads, machine in run["machine"].items():
            known = result["machine"].setdefault(threads, machine)
            for key in ("product_gflops", "copy_gbs"):
                known[key] = max(known[key], machine[key])
    names = list(TARGETS)
    result["rows"].sort(key=lambda r: (names.index(r["workload"]), r["threads"]))
    return result


# ---- tables ------------------------------------------------------------------------------------

def number(x, form="{:.3g}"):
    return "–" if x is None else form.format(x)


def time_of(r, name):
    found = [s["ms"] for s in r["sides"] if s["name"] == name]
    return number(found[0] if found else None, "{:.4g}")


def achieved(result, r):
    """What wengert achieves, with its part of the ceiling."""
    ours = [s for s in r["sides"] if s["name"] == "wengert"]
    if not ours or "work" not in ours[0]:
        return "–"
    unit, rate = ours[0]["unit"], ours[0]["work"] / (1e6 * ours[0]["ms"])
    if unit == "ns/op":
        return f"{1 / rate:.2f} ns/op"
    machine = result["machine"][r["threads"]]
    ceiling = machine["copy_gbs" if unit == "GB/s" else "product_gflops"]
    return f"{rate:.0f} {unit} ({100 * rate / ceiling:.0f} %)"


HEAD = ("workload", "threads", "wengert ms", "achieved", "PyTorch ms", "ratio", "bound", "best ms",
        "setting", "ratio", "bound", "JAX ms", "ratio")


def cells(result, r):
    bounds = TARGETS.get(r["workload"], (None, None))

    def judged(ratio, bound):
        good = ratio is not None and bound is not None and ratio <= bound
        return number(ratio) if not good else f"**{number(ratio)}**"
    best = r["best"] and time_of(r, f"torch {r['best']}")
    return (r["workload"], str(r["threads"]), time_of(r, "wengert"), achieved(result, r),
            time_of(r, "torch default"), judged(r["over_default"], bounds[0]), number(bounds[0]),
            best or "–", r["best"] or "–", judged(r["over_best"], bounds[1]), number(bounds[1]),
            time_of(r, "jax jit"), number(r["over_jax"]))


def line(result, r):
    widths = (12, 7, 10, 20, 10, 9, 6, 10, 13, 9, 6, 10, 7)
    return " ".join(c.rjust(w) if i else c.ljust(w)
                    for i, (c, w) in enumerate(zip(cells(result, r), widths)))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows]) + "\n"


def markdown(result):
    machine = next(iter(result["machine"].values()))
    loads = [r["load"] for r in result["rows"]]
    peers = ", ".join({"torch": "PyTorch ", "jax": "JAX "}[k] + v
                      for k, v in result["peers"].items()) or "no peer"
    text = (f"{result['date']}; {machine['processor']}; backend {machine['backend']}; {peers}; "
            f"{result['rounds']} rounds of {result['seconds']} s; load of the machine when a "
            f"workload began {min(loads):.1f} to {max(loads):.1f}. Ceilings: " +
            "; ".join(f"{t} thread{'s' * (int(t) > 1)} {m['product_gflops']:.0f} GFLOP/s, "
                      f"{m['copy_gbs']:.0f} GB/s" for t, m in result["machine"].items()) + ".\n\n")
    text += table(HEAD, (cells(result, r) for r in result["rows"]))
    memory = [r for r in result["rows"] if r["workload"] in MEMORY]
    if memory:
        text += "\n" + table(
            ("growth of peak memory", "threads", "wengert MB", "PyTorch MB", "ratio",
             "over its smallest setting", "bound"),
            ((r["workload"], str(r["threads"]), *(number(next(
                (s["peak_mb"] for s in r["sides"] if s["name"] == n), None), "{:.0f}")
                for n in ("wengert", "torch default")), number(r["memory"]),
              number(r["memory_least"]), number(MEMORY[r["workload"]])) for r in memory))
    return text


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--bench", default="build/wengert-bench")
    p.add_argument("--python", default=sys.executable, help="an interpreter that has torch")
    p.add_argument("--jax-python", default=sys.executable, help="one that has jax")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--only", default=",".join(TARGETS))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.3, help="a turn's")
    p.add_argument("--out", help="JSON")
    p.add_argument("--into", help="a document with <!-- ratios --> in it")
    p.add_argument("--from", dest="before", nargs="+", metavar="JSON",
                   help="earlier runs; nothing is measured")
    options = p.parse_args()
    options.threads, options.only = options.threads.split(","), options.only.split(",")
    result = earlier(options.before) if options.before else measure(options)
    if options.out:
        with open(options.out, "w") as f:
            json.dump(result, f, indent=1)
    print("\n" + markdown(result))
    if options.into:
        turns.put(options.into, "ratios", markdown(result))


if __name__ == "__main__":
    main()
