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


@case("dot")
def dot(r):
    n = r.int(0, 9)
    return "dot(x, y)", {"x": r.real(n), "y": r.real(n)}, torch.dot


@case("outer")
def outer(r):
    return ("outer(x, y)", {"x": r.real(r.int(0, 5)), "y": r.real(r.int(0, 5))}, torch.outer)
