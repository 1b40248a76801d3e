"""elementwise.py: cases of the elementwise gates."""
import math

import torch
import torch.nn.functional as F

from draw import case


class Polygamma(torch.autograd.Function):
    """(-1)^(n+1) n! zeta(n + 1, x): torch's own trigamma is right to ten digits only."""

    @staticmethod
    def forward(ctx, x, n):
        ctx.save_for_backward(x)
        ctx.n = n
        if n == 0:
            return torch.digamma(x)
        return (-1) ** (n + 1) * math.factorial(n) * torch.special.zeta(n + 1.0, x)

    @staticmethod
    def backward(ctx, g):
        return g * Polygamma.apply(*ctx.saved_tensors, ctx.n + 1), None


class Lgamma(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.lgamma(x)

    @staticmethod
    def backward(ctx, g):
        return g * Polygamma.apply(*ctx.saved_tensors, 0)


# name: (reference, range where it is smooth and well conditioned)
UNARY = {
    "neg": (torch.neg, -2, 2),
    "abs": (torch.abs, -2, 2),
    "sign": (torch.sign, -2, 2),
    "step": (lambda x: (x > 0).double(), -2, 2),
    "square": (torch.square, -2, 2),
    "sqrt": (torch.sqrt, 0.01, 9),
    "rsqrt": (torch.rsqrt, 0.1, 9),
    "reciprocal": (torch.reciprocal, 0.2, 4),
    "cbrt": (lambda x: x.sign() * x.abs() ** (1 / 3), 0.1, 8),
    "exp": (torch.exp, -5, 5),
    "exp2": (torch.exp2, -5, 5),
    "expm1": (torch.expm1, -5, 5),
    "log": (torch.log, 0.1, 9),
    "log2": (torch.log2, 0.1, 9),
    "log10": (torch.log10, 0.1, 9),
    "log1p": (torch.log1p, -0.9, 9),
    "sin": (torch.sin, -10, 10),
    "cos": (torch.cos, -10, 10),
    "tan": (torch.tan, -1.4, 1.4),
    "asin": (torch.asin, -0.95, 0.95),
    "acos": (torch.acos, -0.95, 0.95),
    "atan": (torch.atan, -9, 9),
    "sinh": (torch.sinh, -4, 4),
    "cosh": (torch.cosh, -4, 4),
    "tanh": (torch.tanh, -9, 9),
    "asinh": (torch.asinh, -9, 9),
    "acosh": (torch.acosh, 1.1, 9),
    "atanh": (torch.atanh, -0.95, 0.95),
    "erf": (torch.erf, -4, 4),
    "erfc": (torch.erfc, -4, 4),
    "lgamma": (Lgamma.apply, 0.3, 9),
    "digamma": (lambda x: Polygamma.apply(x, 0), 0.3, 9),
    "floor": (torch.floor, -9, 9),
    "ceil": (torch.ceil, -9, 9),
    "round": (torch.round, -9, 9),
    "trunc": (torch.trunc, -9, 9),
    "sigmoid": (torch.sigmoid, -20, 20),
    "log_sigmoid": (F.logsigmoid, -20, 20),
    "relu": (F.relu, -2, 2),
    "relu6": (F.relu6, -4, 10),
    "hardtanh": (F.hardtanh, -3, 3),
    "hardsigmoid": (lambda x: (x + 3).clamp(0, 6) / 6, -5, 5),
    "hardswish": (F.hardswish, -5, 5),
    "softsign": (F.softsign, -9, 9),
    "silu": (F.silu, -9, 9),
    "mish": (F.mish, -9, 9),
    "selu": (F.selu, -5, 5),
    "tanhshrink": (F.tanhshrink, -5, 5),
    "sinc": (torch.sinc, -3, 3),
}


@case(*UNARY)
def unary(r, gate):
    function, lo, hi = UNARY[gate]
    x = r.real(r.shape(), lo, hi)
    if gate == "cbrt" and r.coin():
        x = -x
    return f"{gate}(x)", {"x": x}, function


@case("scale")
def scale(r):
    c = r.real((), -3, 3)
    return f"scale(x, c={float(c)!r})", {"x": r.real(r.shape())}, lambda x: x * float(c)


@case("shift")
def shift(r):
    c = r.real((), -3, 3)
    return f"shift(x, c={float(c)!r})", {"x": r.real(r.shape())}, lambda x: x + float(c)


def celu(x, a):
    """Not that of torch, whose derivative has 1/a in float32; its hardsigmoid has 1/6 so."""
    return torch.where(x > 0, x, a * torch.expm1(x / a))


@case("leaky_relu", "elu", "celu")
def sloped(r, gate):
    a = float(r.real((), 0.05, 2))
    name = "slope" if gate == "leaky_relu" else "alpha"
    function = {"leaky_relu": F.leaky_relu, "elu": F.elu, "celu": celu}[gate]
    return f"{gate}(x, {name}={a!r})", {"x": r.real(r.shape(), -5, 5)}, lambda x: function(x, a)


@case("softplus")
def softplus(r):
    b = float(r.real((), 0.3, 3))
    zero = torch.zeros((), dtype=torch.float64)
    return (f"softplus(x, beta={b!r})", {"x": r.real(r.shape(), -20, 20)},
            lambda x: torch.logaddexp(b * x, zero) / b)


@case("gelu")
def gelu(r):
    form = r.pick("none", "tanh")
    return (f'gelu(x, approximate={form})', {"x": r.real(r.shape(), -5, 5)},
            lambda x: F.gelu(x, approximate=form))


@case("clamp")
def clamp(r):
    lo, hi = float(r.real((), -1, 0)), float(r.real((), 0, 1))
    bounds = r.pick(f", lo={lo!r}", f", hi={hi!r}", f", lo={lo!r}, hi={hi!r}")
    return (f"clamp(x{bounds})", {"x": r.real(r.shape())},
            lambda x: x.clamp(lo if "lo" in bounds else None, hi if "hi" in bounds else None))


@case("polygamma")
def polygamma(r):
    n = r.int(0, 5)
    return (f"polygamma(x, n={n})", {"x": r.real(r.shape(), 0.7, 6)},
            lambda x: Polygamma.apply(x, n))


BINARY = {
    "add": (torch.add, -2, 2),
    "sub": (torch.sub, -2, 2),
    "mul": (torch.mul, -2, 2),
    "div": (torch.div, 0.2, 2),
    "pow": (torch.pow, 0.2, 3),
    "maximum": (torch.maximum, -2, 2),
    "minimum": (torch.minimum, -2, 2),
    "atan2": (torch.atan2, -2, 2),
    "hypot": (torch.hypot, -2, 2),
    "logaddexp": (torch.logaddexp, -9, 9),
    "share": (lambda x, y: ((x > y).double() + (x >= y).double()) / 2, -2, 2),
    "winner": (lambda x, y: (x == y).double(), -2, 2),
}


@case(*BINARY)
def binary(r, gate):
    function, lo, hi = BINARY[gate]
    a, b = r.broadcast()
    x, y = r.real(a, lo, hi), r.real(b, lo, hi)
    sign = r.pick(-1, 1) if gate == "div" else 1
    return f"{gate}(x, y)", {"x": x * sign, "y": y}, function


@case("prelu")
def prelu(r):
    a, b = r.broadcast()
    return ("prelu(x, s)", {"x": r.real(a), "s": r.real(b, 0.1, 1)},
            lambda x, s: torch.where(x > 0, x, s * x))


@case("pow")
def whole_powers(r):
    n = r.int(-4, 5)
    x = r.real(r.shape(), 0.3, 2) * r.pick(-1, 1)
    return f"x^({n})", {"x": x}, lambda x: torch.pow(x, n)


@case("add", "sub", "mul", "div")
def operators(r, gate):
    sign = {"add": "+", "sub": "-", "mul": "*", "div": "/"}[gate]
    a, b = r.broadcast()
    return (f"x {sign} y", {"x": r.real(a), "y": r.real(b, 0.5, 2)}, BINARY[gate][0])


@case("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
def comparison(r, gate):
    a, b = r.broadcast()
    function = {"equal": torch.eq, "not_equal": torch.ne, "less": torch.lt,
                "less_equal": torch.le, "greater": torch.gt, "greater_equal": torch.ge}[gate]
    return f"{gate}(x, y)", {"x": r.whole(a, 3) * 1.0, "y": r.whole(b, 3) * 1.0}, function


@case("logical_and", "logical_or", "logical_xor")
def logical(r, gate):
    a, b = r.broadcast()
    return f"{gate}(x, y)", {"x": r.mask(a), "y": r.mask(b)}, getattr(torch, gate)


@case("logical_not")
def logical_not(r):
    return "logical_not(x)", {"x": r.mask(r.shape())}, torch.logical_not


@case("where")
def where(r):
    a, b, m = r.broadcast(3)
    return ("where(m, x, y)", {"m": r.mask(m), "x": r.real(a), "y": r.real(b)}, torch.where)


@case("cast")
def cast(r):
    x = r.real(r.shape(), -9, 9)
    if r.coin():
        return "cast(x, dtype=f64)", {"x": x}, lambda x: x
    return "cast(x, dtype=i64)", {"x": x}, lambda x: x.long()


@case("whole")
def whole(r):
    return "whole(x, dtype=i64)", {"x": r.whole(r.shape(), 9) * 1.0}, lambda x: x.long()


@case("dropout")
def dropout(r):
    keep = r.pick(1.0, 0.5, float(r.real((), 0.2, 0.9)))

    def reference(x, value):  # the mask is the gate's own affair; it is read off the value
        return x * (value != 0) / keep

    reference.takes_value = True
    return f"dropout(x, keep={keep!r})", {"x": r.real(r.shape(), 0.5, 2)}, reference


@case("spatial_dropout")
def spatial_dropout(r):
    keep = r.pick(1.0, 0.5)
    shape = (r.int(1, 3), *r.shape(1, 2, 1), r.int(1, 4))

    def reference(x, value):
        mask = (value != 0).double()
        axes = list(range(1, len(shape) - 1))
        whole = mask.mean(dim=axes)
        if not bool(((whole == 0) | (whole == 1)).all()):
            raise ValueError("a channel is kept in part")
        return x * mask / keep

    reference.takes_value = True
    return f"spatial_dropout(x, keep={keep})", {"x": r.real(shape, 0.5, 2)}, reference


@case("plain_dropout")
def plain_dropout(r):
    keep, training = r.pick(1.0, 0.5, 0.3), r.coin()

    def reference(x, value):
        return x * (value != 0) if training else x * keep

    reference.takes_value = True
    return (f"plain_dropout(x, keep={keep}, training={training})",
            {"x": r.real(r.shape(), 0.5, 2)}, reference)


@case("absorb")
def absorb(r):
    a, b = r.broadcast()
    return "absorb(x, y)", {"x": r.real(a), "y": r.real(b)}, lambda x, y: x + torch.zeros_like(y)
