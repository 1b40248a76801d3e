"""reductions.py: cases of reductions, scans, and what is taken over an axis."""
import math

import torch

from draw import case, every


def over(r, least=1, low=0, lo=-2, hi=2, apart=False):
    shape = r.shape(low, 4, least)
    x = r.apart(shape) if apart else r.real(shape, lo, hi)
    axes, keep = r.axes(len(shape)), r.coin()
    return x, f"axis={axes}, keepdims={keep}", every(axes, len(shape)), bool(keep)


@case("sum", "mean")
def sums(r, gate):
    x, options, axes, keep = over(r, least=0 if gate == "sum" else 1)
    if x.ndim == 0:
        return f"{gate}(x)", {"x": x}, getattr(torch, gate)
    return (f"{gate}(x, {options})", {"x": x},
            lambda x: getattr(torch, gate)(x, dim=axes, keepdim=keep))


@case("max", "min")
def extremes(r, gate):
    x, options, axes, keep = over(r, apart=True)
    function = torch.amax if gate == "max" else torch.amin
    if x.ndim == 0:
        return f"{gate}(x)", {"x": x}, lambda x: x
    return (f"{gate}(x, {options})", {"x": x}, lambda x: function(x, dim=axes, keepdim=keep))


def product_over(x, axes, keep):
    """Gradients are right at any number of zeros: plain products."""
    for a in sorted(axes, reverse=True):
        parts = x.unbind(a)
        y = parts[0]
        for part in parts[1:]:
            y = y * part
        x = y.unsqueeze(a) if keep else y
    return x


@case("prod")
def prod(r):
    x, options, axes, keep = over(r)
    if r.coin():
        x = x * r.mask(x.shape)
    return f"prod(x, {options})", {"x": x}, lambda x: product_over(x, axes, keep)


@case("any", "all")
def masks(r, gate):
    shape = r.shape(1, 4, 1)
    axes, keep, m = r.axes(len(shape)), r.coin(), r.mask(shape)

    def reference(m):
        for a in sorted(every(axes, len(shape)), reverse=True):
            m = getattr(torch, gate)(m, dim=a, keepdim=bool(keep))
        return m

    return f"{gate}(m, axis={axes}, keepdims={keep})", {"m": m}, reference


@case("argmax", "argmin")
def places(r, gate):
    x = r.apart(r.shape(1, 4, 1))
    axis = r.axis(x.ndim)
    return f"{gate}(x, axis={axis})", {"x": x}, lambda x: getattr(torch, gate)(x, dim=axis)


@case("logsumexp")
def logsumexp(r):
    x, options, axes, keep = over(r, lo=-20, hi=20)
    if x.ndim == 0:
        return "logsumexp(x)", {"x": x}, lambda x: x
    return (f"logsumexp(x, {options})", {"x": x},
            lambda x: torch.logsumexp(x, dim=axes, keepdim=keep))


@case("norm", weight=2)
def norm(r):
    x, options, axes, keep = over(r, low=1)
    ord_ = r.pick(1, 2, math.inf)
    if ord_ == math.inf:
        x = r.apart(x.shape)
    return (f"norm(x, ord={ord_}, {options})", {"x": x},
            lambda x: torch.linalg.vector_norm(x, ord_, dim=axes, keepdim=keep))


@case("var", "std")
def spread(r, gate):
    x, options, axes, keep = over(r, least=2, low=1)
    ddof = r.coin()
    offset = r.pick(0.0, 10.0)
    return (f"{gate}(x, ddof={ddof}, {options})", {"x": x + offset},
            lambda x: getattr(torch, gate)(x, dim=axes, correction=ddof, keepdim=keep))


@case("moments")
def moments(r):
    x, options, axes, keep = over(r, least=1, low=1)
    return (f"moments(x, {options})", {"x": x}, lambda x: torch.stack(
        [x.mean(dim=axes, keepdim=keep), x.var(dim=axes, unbiased=False, keepdim=keep)]))


@case("cumsum", "cumprod")
def scans(r, gate):
    x = r.real(r.shape(1, 4))
    axis, reverse = r.axis(x.ndim), r.coin()
    if gate == "cumprod" and r.coin():
        x = x * r.mask(x.shape)

    def reference(x):
        x = x.flip(axis) if reverse else x
        if gate == "cumsum":
            y = x.cumsum(axis)
        elif x.shape[axis] == 0:
            y = x
        else:
            parts = list(x.unbind(axis))
            for i in range(1, len(parts)):
                parts[i] = parts[i - 1] * parts[i]
            y = torch.stack(parts, axis)
        return y.flip(axis) if reverse else y

    return f"{gate}(x, axis={axis}, reverse={reverse})", {"x": x}, reference


@case("linear_scan")
def linear_scan(r):
    shape = r.shape(1, 3, 1)
    axis, reverse = r.axis(len(shape)), r.coin()

    def reference(a, b):
        a, b = list(a.unbind(axis)), list(b.unbind(axis))
        order = range(len(a))[::-1] if reverse else range(len(a))
        y, last = [None] * len(a), None
        for i in order:
            y[i] = last = b[i] if last is None else a[i] * last + b[i]
        return torch.stack(y, axis)

    return (f"linear_scan(a, b, axis={axis}, reverse={reverse})",
            {"a": r.real(shape), "b": r.real(shape)}, reference)


@case("sort")
def sort(r):
    x = r.apart(r.shape(1, 4))
    axis = r.axis(x.ndim)
    return f"sort(x, axis={axis})", {"x": x}, lambda x: torch.sort(x, dim=axis).values


@case("topk")
def topk(r):
    x = r.apart(r.shape(1, 4, 1))
    axis = r.axis(x.ndim)
    k = r.int(0, x.shape[axis])
    return f"topk(x, k={k}, axis={axis})", {"x": x}, lambda x: torch.topk(x, k, dim=axis).values


@case("softmax", "log_softmax")
def softmax(r, gate):
    x = r.real(r.shape(1, 4), -9, 9)
    axis = r.axis(x.ndim)
    return f"{gate}(x, axis={axis})", {"x": x}, lambda x: getattr(torch, gate)(x, dim=axis)


@case("softmax_grad", "log_softmax_grad")
def softmax_grads(r, gate):
    shape = r.shape(1, 4)
    axis, y, g = r.axis(len(shape)), r.real(shape), r.real(shape)

    def reference(y, g):
        if gate == "softmax_grad":
            return y * (g - (y * g).sum(axis, keepdim=True))
        return g - y.exp() * g.sum(axis, keepdim=True)

    return f"{gate}(y, g, axis={axis})", {"y": y, "g": g}, reference


@case("cosine_similarity")
def cosine_similarity(r):
    shape = r.shape(1, 4, 1)
    axis = r.axis(len(shape))

    def reference(x, y):
        length = lambda v: v.square().sum(axis).sqrt()
        return (x * y).sum(axis) / (length(x) * length(y))

    return (f"cosine_similarity(x, y, axis={axis})",
            {"x": r.real(shape, 0.2, 2), "y": r.real(shape)}, reference)
