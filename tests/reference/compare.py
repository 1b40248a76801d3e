"""compare.py: every gate against an independent reference, PyTorch in float64.

    make reference                          all gates
    python3 tests/reference/compare.py build/libwengert.so build/wengert [gate ...]

For each gate many cases with random shapes, axes and options: its value y, the gradients of
sum(c y) for random cotangents c by both sweeps, the tangent of y for random tangents, and second
derivatives where the reference has some (to 1e-10 of the largest).  The error of a number a whose
reference is b is |a - b| / max(1, |b|); a NaN beside a number is an infinite error.  Then special
points, against mpmath and against tables of limits.  Fails past the bounds, where a special point
is wrong, and where a gate has no case.
"""
import argparse
import importlib
import os
import subprocess
import sys
import time

try:
    import mpmath  # noqa: F401
    import numpy as np
    import torch
except ImportError as lacking:
    sys.exit(f"reference: {lacking}; it needs Python 3 with numpy, torch and mpmath "
             "(make reference PYTHON=...)")

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import corners  # noqa: E402
import special  # noqa: E402
from draw import TABLE, Draw  # noqa: E402
from engine import Engine, Error  # noqa: E402

for part in ("elementwise", "reductions", "shapes", "products", "algebra", "images", "networks",
             "losses"):
    importlib.import_module(part)

KINDS = ("value", "gradient", "rule", "tangent", "second")
BOUND = 1e-12
LOOSE = 1e-10  # convolution, normalisation, linear algebra, recurrent cells
LOOSE_WORDS = ("conv", "norm", "matmul", "cell", "attention", "solve", "inverse", "det",
               "cholesky", "einsum", "cofactor")


def bound(gate):
    return LOOSE if any(word in gate for word in LOOSE_WORDS) else BOUND


def error(ours, reference):
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if a.shape != b.shape:
        raise Error(f"shape {a.shape}, the reference has {b.shape}")
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        e = np.where(same, 0, np.abs(a - b) / np.maximum(1, np.abs(b)))
    return float(np.nan_to_num(e, nan=np.inf).max(initial=0))


def of_reference(function, operands, value, r):
    """Value, cotangent, gradients, tangents, gradients of sum(tangents * gradients), None where the
    reference has none; what is not a float has a value alone."""
    xs = {k: torch.tensor(v, requires_grad=v.dtype == np.float64) for k, v in operands.items()}
    more = [torch.tensor(value)] if getattr(function, "takes_value", False) else []
    y = function(*xs.values(), *more)
    floats = [x for x in xs.values() if x.requires_grad]
    if not y.is_floating_point():
        return y.numpy(), None, [], [], None
    c = r.real(tuple(y.shape))
    v = [r.real(tuple(x.shape)) for x in floats]
    grads, seconds = [torch.zeros_like(x) for x in floats], [torch.zeros_like(x) for x in floats]
    if y.requires_grad:
        grads = derivative((torch.tensor(c) * y).sum(), floats, True)
        total = sum((g * torch.tensor(d)).sum() for g, d in zip(grads, v))
        try:
            if total.requires_grad:
                seconds = derivative(total, floats, False)
            if getattr(function, "once", False):
                seconds = None
        except RuntimeError:  # it knows no second derivative of some functions
            seconds = None
    return (y.detach().numpy(), c, [g.detach().numpy() for g in grads], v,
            seconds and [g.numpy() for g in seconds])


def derivative(root, xs, again):
    """Zeros where there is none; the sum gives what torch keeps as a mere idea of zeros memory."""
    got = torch.autograd.grad(root, xs, allow_unused=True, create_graph=again)
    return [torch.zeros_like(x) if g is None else torch.zeros_like(x) + g for x, g in zip(xs, got)]


def run(engine, maker, seed):
    """Errors of one case, in the order of KINDS."""
    r = Draw(seed)
    text, operands, function = maker(r)
    operands = {k: np.asarray(v) for k, v in operands.items()}
    where = ", ".join([text] + [f"{k} {v.shape}" for k, v in operands.items()])
    try:
        with engine.tape(seed) as tape:
            xs = {k: tape.leaf(v) for k, v in operands.items()}
            y = tape.parse(text, xs)
            value = tape.read(y)
            reference, c, grads, v, seconds = of_reference(function, operands, value, r)
            errors = [error(value, reference), 0, 0, 0, 0]
            if c is None or not grads:
                return errors, where
            floats = [x for k, x in xs.items() if operands[k].dtype == np.float64]
            errors[1] = max(map(error, tape.backward(y, c, floats), grads))
            errors[2] = max(map(error, tape.vjp(y, c, floats), grads))
            tangent = tape.jvp(y, floats, v)
            ours = float((tangent * c).sum())
            theirs = [g * d for g, d in zip(grads, v)]
            size = max(1.0, sum(float(abs(p).sum()) for p in theirs))
            errors[3] = error(ours / size, sum(float(p.sum()) for p in theirs) / size)
            if seconds is not None:
                size = max(1.0, *(float(abs(s).max(initial=0)) for s in seconds))
                errors[4] = max(error(s / size, t / size) for s, t in
                                zip(tape.second(y, c, floats, v), seconds))
            return errors, where
    except Exception as wrong:
        raise Error(f"{where}: {wrong}") from wrong


class Row:
    def __init__(self, gate):
        self.gate, self.cases, self.worst, self.at = gate, 0, [0.0] * len(KINDS), [""] * len(KINDS)
        self.failures = []

    def take(self, engine, maker, seed):
        self.cases += 1
        try:
            errors, where = run(engine, maker, seed)
        except Error as wrong:
            self.failures.append(f"seed {seed}: {wrong}")
            return
        for i, e in enumerate(errors):
            if e > self.worst[i]:
                self.worst[i], self.at[i] = e, f"seed {seed}: {where}"

    def report(self):
        """Prints the row; 1 if it is within its bound."""
        limit = bound(self.gate)
        bad = [i for i, e in enumerate(self.worst) if e > (LOOSE if i == 4 else limit)]
        mark = "" if not bad and not self.failures else "  FAILED"
        numbers = "".join(f"{e:10.1e}" for e in self.worst)
        print(f"{self.gate:24}{self.cases:6}{numbers}{mark}")
        for i in bad:
            print(f"    {KINDS[i]}: {self.at[i]}")
        for text in self.failures[:3]:
            print(f"    {text}")
        return not mark


def gates_of(program):
    out = subprocess.run([program, "gates"], check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in out.splitlines() if line.strip()]


def special_points(engine):
    """1 if all are right."""

    def evaluate(text, operands):
        with engine.tape() as tape:
            xs = {k: tape.leaf(v) for k, v in operands.items()}
            y = tape.parse(text, xs)
            value = tape.read(y)
            ones = np.ones(value.shape)
            return value, tape.backward(y, ones, xs.values()), tape.vjp(y, ones, xs.values())

    def of_one(text, x):
        value, sweep, rule = evaluate(text, {"x": x})
        return value, sweep[0], rule[0]

    wrong, points = special.failures(of_one)
    more, rows = corners.failures(evaluate)
    for text in wrong + more:
        print("   ", text)
    print(f"{points + rows} special points, {len(wrong + more)} wrong")
    return not wrong + more


def main():
    p = argparse.ArgumentParser(description="every gate against an independent reference")
    p.add_argument("library")
    p.add_argument("program")
    p.add_argument("gates", nargs="*", help="these alone")
    p.add_argument("--rounds", type=int, default=40, help="cases of each maker (40)")
    p.add_argument("--seed", type=int, default=0)
    o = p.parse_args()
    torch.set_num_threads(1)
    engine, known = Engine(o.library), gates_of(o.program)
    rows, begin = {}, time.time()
    for gate, maker, weight in TABLE:
        if gate not in known and not gate.startswith("wg_") or o.gates and gate not in o.gates:
            continue
        row = rows.setdefault(gate, Row(gate))
        for i in range(max(1, int(o.rounds * weight))):
            row.take(engine, maker, 100003 * o.seed + 7919 * row.cases + i)
    print(f"{'gate':24}{'cases':>6}" + "".join(f"{kind:>10}" for kind in KINDS))
    good = [rows[gate].report() for gate in sorted(rows)]
    absent = [] if o.gates else [g for g in known if g not in rows]
    if absent:
        print("without a case:", ", ".join(absent))
    cases = sum(row.cases for row in rows.values())
    print(f"{sum(good)} of {len(good)} gates agree with the reference in {cases} cases, "
          f"{time.time() - begin:.0f} s")
    points = bool(o.gates) or special_points(engine)
    sys.exit(0 if all(good) and not absent and points else 1)


if __name__ == "__main__":
    main()
