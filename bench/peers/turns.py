"""turns.py: programs that are timed in turn, and tables in a document.

A side is a process that repeats one workload for a while at each line it is sent (peer.py has the
protocol).  Several sides take turns, round by round, so that what else the machine does meets all
of them alike; a side's time is the median over the rounds of the medians within them.
"""
import json
import os
import statistics
import subprocess


class Side:
    def __init__(self, name, command, environment=None):
        self.name, self.turns = name, []
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, **(environment or {})))

    def turn(self):
        try:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"{self.name}: ended with status {self.process.wait()}")
        self.turns.append(json.loads(line))

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def result(self):
        medians = [t["median_ms"] for t in self.turns]
        return {"name": self.name, "ms": statistics.median(medians),
                "min_ms": min(t["min_ms"] for t in self.turns), "medians_ms": medians,
                "peak_mb": max(t["peak_mb"] for t in self.turns),
                **{k: self.turns[0][k] for k in ("unit", "work") if k in self.turns[0]}}


def in_turn(sides, rounds):
    """Every side's result; one that fails is left out, with its reason on standard error."""
    import sys
    failed = set()
    for _ in range(rounds):
        for side in sides:
            if side in failed:
                continue
            try:
                side.turn()
            except RuntimeError as why:
                print(why, file=sys.stderr)
                failed.add(side)
    for side in sides:
        side.close()
    return [side.result() for side in sides if side not in failed]


def wengert(bench, workload, threads, seconds):
    return Side("wengert", [bench, "--turns", "--only", workload, "--threads", str(threads),
                            "--seconds", str(seconds)])


def ceilings(bench, threads):
    """The machine as wengert-bench sees it."""
    command = [bench, "--json", "--only", "scalar_1000", "--threads", str(threads)]
    return json.loads(subprocess.check_output(command))["machine"]


def put(path, marker, text):
    """Replaces what stands between <!-- marker --> and <!-- /marker --> in a document."""
    with open(path) as f:
        page = f.read()
    first, last = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    begin, end = page.index(first) + len(first), page.index(last)
    with open(path, "w") as f:
        f.write(page[:begin] + text + page[end:])
