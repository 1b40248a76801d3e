"""pools.py: cases of pooling, upsampling, the forms of dropout and maxout."""
import numpy as np
import torch
import torch.nn.functional as F

from draw import case
from products import Pool, first, last


def adjoint(linear, shape, g):
    """The transpose of a linear function on that shape, at g."""
    x = torch.zeros(shape, dtype=g.dtype, requires_grad=True)
    return torch.autograd.grad((linear(x) * g).sum(), x, create_graph=True)[0]


def away(r, shape):
    """Numbers of both signs, none near 0."""
    return r.real(shape, 0.3, 2) * r.rng.choice([-1.0, 1.0], shape)


class Sums(Pool):
    """Windows with the sum over each, which padding adds nothing to."""

    def sum(self, x):
        return last(F.avg_pool2d(first(x), self.kernel, self.stride, self.pad, bool(self.ceil),
                                 divisor_override=1))


@case("l2_pool2d")
def l2_pool2d(r):
    k = Sums(r)
    return (f"l2_pool2d(x, {k.text()})", {"x": away(r, k.x())},
            lambda x: k.sum(x.square()).sqrt())


@case("l2_pool2d_grad")
def l2_pool2d_grad(r):
    k = Sums(r)
    shape = tuple(k.sum(torch.zeros(k.x())).shape)
    return (f"l2_pool2d_grad(g, x, y, {k.text()})",
            {"g": r.real(shape), "x": r.real(k.x()), "y": away(r, shape)},
            lambda g, x, y: x * adjoint(k.sum, k.x(), g / y))


@case("avg_pool2d", "avg_pool2d_grad")
def counted(r, gate):
    k, count, divisor = Pool(r), r.coin(), r.pick(None, None, 3)
    text = f"{k.text()}, include_pad={count}, divisor={divisor or 0}"

    def mean(x):
        return last(F.avg_pool2d(first(x), k.kernel, k.stride, k.pad, bool(k.ceil), bool(count),
                                 divisor))

    if gate == "avg_pool2d":
        return f"avg_pool2d(x, {text})", {"x": r.real(k.x())}, mean
    g = r.real(tuple(mean(torch.zeros(k.x())).shape))
    return (f"avg_pool2d_grad(g, {text}, image={k.image})", {"g": g},
            lambda g: adjoint(mean, k.x(), g))


@case("max_pool1d", "avg_pool1d", "l2_pool1d")
def pool1d(r, gate):
    k, count = Sums(r), r.coin()
    size, stride, pad, ceil = k.kernel[0], k.stride[0], k.pad[0], bool(k.ceil)
    shape = (k.batch, k.image[0], k.cin)
    text = f"size={size}, stride={stride}, pad={pad}, ceil={k.ceil}"
    if gate == "max_pool1d":
        return (f"{gate}(x, {text})", {"x": r.apart(shape)},
                lambda x: last(F.max_pool1d(first(x), size, stride, pad, 1, ceil)))
    if gate == "avg_pool1d":
        return (f"{gate}(x, {text}, include_pad={count})", {"x": r.real(shape)},
                lambda x: last(F.avg_pool1d(first(x), size, stride, pad, ceil, bool(count))))

    def root(x):
        rows = first(x.square()).unsqueeze(2)
        sums = F.avg_pool2d(rows, (1, size), (1, stride), (0, pad), ceil, divisor_override=1)
        return last(sums.squeeze(2)).sqrt()

    return f"{gate}(x, {text})", {"x": away(r, shape)}, root


@case("adaptive_max_pool1d", "adaptive_avg_pool1d", "adaptive_max_pool2d", "adaptive_avg_pool2d")
def adaptive(r, gate):
    rank = int(gate[-2])
    places = [r.int(1, 7) for _ in range(rank)]
    out = [r.int(1, 7) for _ in range(rank)]
    x = r.apart((r.int(1, 3), *places, r.int(1, 3)))
    pool = getattr(F, gate)
    return (f"{gate}(x, out={out if rank == 2 else out[0]})", {"x": x},
            lambda x: last(pool(first(x), out)))


@case("global_max_pool", "global_avg_pool")
def over_places(r, gate):
    x = r.apart((r.int(1, 3), *r.shape(0, 3, 1, 4), r.int(1, 4)))
    axes = list(range(1, x.ndim - 1))

    def reference(x):
        if not axes:
            return x * 1
        return x.amax(dim=axes) if gate == "global_max_pool" else x.mean(dim=axes)

    return f"{gate}(x)", {"x": x}, reference


def resized(x, size, mode, align):
    """To another size; a last axis of channels."""
    options = {} if mode == "nearest" else {"align_corners": bool(align)}
    return last(F.interpolate(first(x), size=size, mode=mode, **options))


@case("upsample", "upsample_grad", "upsample1d")
def upsample(r, gate):
    rank = 1 if gate == "upsample1d" else 2
    places, factor = [r.int(1, 5) for _ in range(rank)], r.int(1, 4)
    by_factor = gate != "upsample_grad" and r.coin()
    size = [n * factor for n in places] if by_factor else [r.int(1, 9) for _ in places]
    mode = r.pick("nearest", "linear" if rank == 1 else "bilinear")
    align = r.coin() if mode != "nearest" else 0
    how = f"mode={mode}, align_corners={align}"
    shape, channels = (r.int(1, 3), *places), r.int(1, 3)
    function = lambda x: resized(x, size, mode, align)
    if gate == "upsample_grad":
        return (f"upsample_grad(g, image={places}, {how})",
                {"g": r.real((shape[0], *size, channels))},
                lambda g: adjoint(function, (*shape, channels), g))
    to = f"factor={factor}" if by_factor else f"size={size if rank == 2 else size[0]}"
    return f"{gate}(x, {to}, {how})", {"x": r.real((*shape, channels))}, function


@case("plain_dropout", "spatial_dropout")
def dropout(r, gate):
    keep, training = r.pick(1.0, 0.5, float(r.real((), 0.2, 0.9))), r.coin()
    shape = r.shape() if gate == "plain_dropout" else (r.int(1, 3), *r.shape(0, 2), r.int(1, 5))

    def reference(x, value):  # the mask is read off the value
        if gate == "plain_dropout":
            return x * (value != 0) if training else x * keep
        dims = list(range(1, value.ndim - 1))
        kept = (value != 0).any(dim=dims[0]) if len(dims) == 1 else value != 0
        if len(dims) == 2:
            kept = kept.any(dim=2).any(dim=1)
        return x * kept.reshape(x.shape[0], *[1] * len(dims), x.shape[-1]) / keep

    reference.takes_value = True
    options = f", training={training}" if gate == "plain_dropout" else ""
    return f"{gate}(x, keep={keep!r}{options})", {"x": r.real(shape, 0.5, 2)}, reference


@case("dropconnect")
def dropconnect(r):
    keep, k, m = r.pick(1.0, 0.5, 0.8), r.int(1, 6), r.int(1, 5)
    operands = {"x": np.eye(k), "w": r.real((k, m), 0.5, 2)}  # then the value shows the mask
    if r.coin():
        operands["b"] = r.real(m, 5, 6)

    def reference(x, w, *more):
        *b, value = more
        masked = w * ((value - (b[0].detach() if b else 0)).abs() > 0.1) / keep
        return x @ masked + (b[0] if b else 0)

    reference.takes_value = True
    return f"dropconnect({', '.join(operands)}, keep={keep})", operands, reference


@case("maxout")
def maxout(r):
    pieces = r.int(1, 4)
    shape = r.shape(0, 3)
    x = r.apart((*shape, r.int(0, 4) * pieces))
    return (f"maxout(x, pieces={pieces})", {"x": x},
            lambda x: x.reshape(*x.shape[:-1], x.shape[-1] // pieces, pieces).amax(dim=-1))


@case("moments")
def kept_moments(r):
    x = r.normal(r.shape(1, 4, 1))
    axes = sorted({r.int(0, x.ndim - 1) for _ in range(2)})
    return (f"moments(x, axis={axes}, keepdims=1)", {"x": x}, lambda x: torch.stack(
        [x.mean(dim=axes, keepdim=True), x.var(dim=axes, unbiased=False, keepdim=True)]))
