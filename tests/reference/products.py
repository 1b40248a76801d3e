"""products.py: cases of matrix products."""
import torch

from draw import case


@case("matmul", weight=2)
def matmul(r):
    n, k, m = r.int(0, 5), r.int(1, 6), r.int(0, 5)
    a, b = r.pick(((k,), (k,)), ((n, k), (k,)), ((k,), (k, m)), ((n, k), (k, m)), (None, None))
    if a is None:
        p, q = r.broadcast()
        a, b = p[:3] + (n, k), q[:3] + (k, m)
        p, q = p[:3], q[:3]
        try:
            torch.broadcast_shapes(p, q)
        except RuntimeError:
            a = (n, k)
    return r.pick("x @ y", "matmul(x, y)"), {"x": r.real(a), "y": r.real(b)}, torch.matmul


@case("matmul", weight=0.3)
def large_matmul(r):
    """Enough for blocks, threads and the edges of both; transposed operands are read in place."""
    n, k, m = r.int(1, 200), r.int(1, 200), r.int(1, 200)
    a, b = r.coin(), r.coin()
    operands = {"x": r.normal((k, n) if a else (n, k)), "y": r.normal((m, k) if b else (k, m))}
    text = f"{'transpose(x)' if a else 'x'} @ {'transpose(y)' if b else 'y'}"
    return text, operands, lambda x, y: (x.T if a else x) @ (y.T if b else y)


@case("matmul", weight=0.1)
def batched_matmul(r):
    n, k, m, batch = r.int(1, 60), r.int(1, 60), r.int(1, 60), r.int(2, 6)
    return ("x @ y", {"x": r.normal((batch, 1, n, k)), "y": r.normal((3, k, m))}, torch.matmul)


@case("dot")
def dot(r):
    n = r.int(0, 9)
    return "dot(x, y)", {"x": r.real(n), "y": r.real(n)}, torch.dot


@case("outer")
def outer(r):
    return ("outer(x, y)", {"x": r.real(r.int(0, 5)), "y": r.real(r.int(0, 5))}, torch.outer)
