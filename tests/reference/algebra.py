"""algebra.py: cases of linear algebra."""
import numpy as np
import torch

from draw import case


def matrices(r, batch=None, n=None):
    """Well conditioned, no two alike; sometimes with rows exchanged, so that pivots are needed."""
    n = r.int(0, 5) if n is None else n
    a = r.real((*(r.shape(0, 2, 1, 3) if batch is None else batch), n, n), -1, 1) + 2 * np.eye(n)
    return a[..., r.rng.permutation(n), :]


@case("inverse", "det", "cofactor", "logabsdet")
def of_matrix(r, gate):
    function = {"inverse": torch.linalg.inv, "det": torch.linalg.det,
                "logabsdet": lambda a: torch.linalg.slogdet(a)[1], "cofactor": lambda a:
                torch.linalg.det(a)[..., None, None] * torch.linalg.inv(a).transpose(-1, -2)}[gate]
    a = matrices(r) if gate != "cofactor" else matrices(r, n=r.int(1, 5))
    return f"{gate}(a)", {"a": a}, function


@case("logdet")
def logdet(r):
    a = matrices(r)
    a[np.linalg.det(a) < 0] *= -1 if a.shape[-1] % 2 else 1
    if (np.linalg.det(a) < 0).any():
        a = a @ a
    return "logdet(a)", {"a": a}, torch.logdet


@case("det", "cofactor")
def singular(r, gate):
    """Of rank n - 1 the gradient of det is a matrix of rank 1; the reference expands minors."""
    n = r.int(2, 4)
    a = r.real((n, n))
    a[r.int(0, n - 1)] = a[0] * 2 if n > 2 and r.coin() else 0

    def minors(a):
        def det(m):
            if len(m) == 1:
                return m[0][0]
            terms = [(-1) ** j * m[0][j] * det([row[:j] + row[j + 1:] for row in m[1:]])
                     for j in range(len(m))]
            return sum(terms[1:], terms[0])

        return det([[a[i, j] for j in range(n)] for i in range(n)])

    if gate == "det":
        return "det(a)", {"a": a}, minors
    a = torch.tensor(a, requires_grad=True)  # as a constant: the rule wants an inverse
    return f"cofactor({a.tolist()})", {}, lambda: torch.autograd.grad(minors(a), a)[0]


@case("solve", weight=2)
def solve(r):
    p, q = r.broadcast()
    n = r.int(1, 5)
    a, b = matrices(r, p[:2], n), r.real((*q[:2], n, r.int(0, 4)))
    try:
        np.broadcast_shapes(p[:2], q[:2])
    except ValueError:
        a = matrices(r, (), n)
    if r.int(0, 3) == 0:
        b = r.real(n)
        return ("solve(a, b)", {"a": a, "b": b},
                lambda a, b: (torch.linalg.inv(a) @ b.unsqueeze(-1)).squeeze(-1))
    return "solve(a, b)", {"a": a, "b": b}, lambda a, b: torch.linalg.inv(a) @ b


@case("triangular_solve")
def triangular_solve(r):
    batch, n = r.shape(0, 2, 1, 3), r.int(1, 5)
    upper, transposed, unit = r.coin(), r.coin(), r.coin()

    def reference(a, b):
        a = a.triu() if upper else a.tril()
        if unit:
            a = a - torch.diag_embed(torch.diagonal(a, dim1=-2, dim2=-1)) + torch.eye(n)
        return torch.linalg.inv(a.transpose(-1, -2) if transposed else a) @ b

    a = r.real((*batch, n, n), -1, 1) + 2 * np.eye(n)
    return (f"triangular_solve(a, b, upper={upper}, transposed={transposed}, "
            f"unit_diagonal={unit})", {"a": a, "b": r.real((*batch, n, r.int(0, 3)))}, reference)


@case("cholesky")
def cholesky(r):
    a = matrices(r)
    a = a @ a.swapaxes(-1, -2) + r.real(a.shape, -0.1, 0.1)  # its symmetric part counts

    def reference(a):
        return torch.linalg.cholesky((a + a.transpose(-1, -2)) / 2)

    return "cholesky(a)", {"a": a}, reference


@case("diagonal", "trace")
def diagonals(r, gate):
    x, k = r.real(r.shape(2, 4)), r.int(-3, 3)
    if gate == "trace":
        return "trace(x)", {"x": x}, lambda x: x.diagonal(0, -2, -1).sum(-1)
    n, m = x.shape[-2:]
    if not -n <= k <= m:
        k = 0
    return f"diagonal(x, k={k})", {"x": x}, lambda x: x.diagonal(k, -2, -1)


SPECS = ["ij,jk->ik", "ij,jk", "ii->i", "ii", "ij->ji", "ij->", "i,j->ij", "i,i->", "bij,bjk->bik",
         "...ij,...jk->...ik", "ij,jk,kl->il", "bi,bj,bk->ijk", "ijk,jil->kl", "bhid,bhjd->bhij",
         "iij,jk->ik", "ij,ij->i", "i->", "abc->cab", "...i->...", "ab,cd->"]


@case("einsum", weight=3)
def einsum(r):
    spec = r.pick(*SPECS)
    extent = {letter: r.int(1, 4) for letter in "abcdhijkl"}
    more = r.shape(0, 2, 1, 3)
    operands = {}
    for k, term in enumerate(spec.split("->")[0].split(",")):
        shape = [n for c in term.replace("...", ".") for n in (more if c == "." else [extent[c]])]
        operands[f"x{k}"] = r.real(shape)
    return (f'einsum({", ".join(operands)}, spec="{spec}")', operands,
            lambda *xs: torch.einsum(spec, *xs))
