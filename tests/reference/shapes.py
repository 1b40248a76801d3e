"""shapes.py: cases of gates that move elements: shape and indices."""
import numpy as np
import torch
import torch.nn.functional as F

from draw import case


@case("reshape")
def reshape(r):
    x = r.real(r.shape(0, 4, 1))
    dims = list(x.shape)
    r.rng.shuffle(dims)
    to = r.pick([-1], dims, dims + [1], [int(np.prod(dims)), 1])
    return f"reshape(x, shape={to})", {"x": x}, lambda x: x.reshape(to)


@case("transpose")
def transpose(r):
    x = r.real(r.shape())
    axes = [int(a) for a in r.rng.permutation(x.ndim)]
    if r.coin():
        return "transpose(x)", {"x": x}, lambda x: x.permute(list(range(x.ndim))[::-1])
    return f"transpose(x, axes={axes})", {"x": x}, lambda x: x.permute(axes)


@case("broadcast_to")
def broadcast_to(r):
    a, b = r.broadcast()
    full = max(a, b, key=len)
    full = list(np.broadcast_shapes(a, b))
    return f"broadcast_to(x, shape={full})", {"x": r.real(a)}, lambda x: x.broadcast_to(full)


@case("sum_to")
def sum_to(r):
    a, b = r.broadcast()
    full = np.broadcast_shapes(a, b)
    return f"sum_to(x, shape={list(a)})", {"x": r.real(full)}, lambda x: x.sum_to_size(a)


@case("expand_dims")
def expand_dims(r):
    x = r.real(r.shape())
    axis = r.int(-x.ndim - 1, x.ndim)
    return f"expand_dims(x, axis={axis})", {"x": x}, lambda x: x.unsqueeze(axis)


@case("squeeze")
def squeeze(r):
    shape = tuple(r.pick(1, d) for d in r.shape())
    some = [a for a, d in enumerate(shape) if d == 1 and r.coin()]
    left = [d for a, d in enumerate(shape) if not (a in some if some else d == 1)]
    return f"squeeze(x, axis={some})", {"x": r.real(shape)}, lambda x: x.reshape(left)


@case("flip")
def flip(r):
    x = r.real(r.shape(1))
    axes = r.axes(x.ndim)
    return (f"flip(x, axis={axes})", {"x": x},
            lambda x: x.flip(axes if axes else list(range(x.ndim))))


@case("concat", "stack")
def joined(r, gate):
    shape = list(r.shape(1, 4))
    n, axis = r.int(1, 4), r.axis(len(shape))
    operands = {}
    for i in range(n):
        if gate == "concat":
            shape[axis] = r.int(0, 4)
        operands[f"x{i}"] = r.real(shape)
    function = torch.cat if gate == "concat" else torch.stack
    return (f"{gate}({', '.join(operands)}, axis={axis})", operands,
            lambda *xs: function(xs, dim=axis))


@case("roll")
def roll(r):
    x = r.real(r.shape(1, 4))
    axis, shift = r.axis(x.ndim), r.int(-9, 9)
    return f"roll(x, shift={shift}, axis={axis})", {"x": x}, lambda x: x.roll(shift, axis)


@case("repeat")
def repeat(r):
    x = r.real(r.shape(1, 4))
    axis, n = r.axis(x.ndim), r.int(0, 3)
    return (f"repeat(x, n={n}, axis={axis})", {"x": x},
            lambda x: x.repeat_interleave(n, dim=axis))


@case("tile")
def tile(r):
    x = r.real(r.shape(0, 3))
    reps = [r.int(0, 3) for _ in range(r.int(0, 4))]
    return f"tile(x, reps={reps})", {"x": x}, lambda x: torch.tile(x, reps)


@case("tril", "triu")
def triangles(r, gate):
    x, k = r.real(r.shape(2, 4)), r.int(-5, 5)
    return f"{gate}(x, k={k})", {"x": x}, lambda x: getattr(torch, gate)(x, k)


@case("diag")
def diag(r):
    rank, k = r.int(1, 2), r.int(-2, 2)
    x = r.real(r.shape(rank, rank, 3))
    return f"diag(x, k={k})", {"x": x}, lambda x: torch.diag(x, k)


@case("slice")
def slice_(r):
    x = r.real(r.shape(1, 4))
    axis, step = r.axis(x.ndim), r.pick(1, 2, 3, -1, -2)
    start, stop = r.int(-7, 7), r.int(-7, 7)
    ends = r.pick("", f", start={start}", f", stop={stop}", f", start={start}, stop={stop}")
    cut = slice(start if "start" in ends else None, stop if "stop" in ends else None, step)
    if x.shape[axis] == 0 and step < 0:
        step, cut = 1, slice(cut.start, cut.stop, 1)
    places = torch.tensor(list(range(x.shape[axis])[cut]), dtype=torch.int64)
    return (f"slice(x, axis={axis}{ends}, step={step})", {"x": x},
            lambda x: x.index_select(axis, places))


@case("slice_grad")
def slice_grad(r):
    shape = list(r.shape(1, 4, 1))
    axis, step, start = r.axis(len(shape)), r.int(1, 3), r.int(0, 3)
    extent = start + step * (shape[axis] - 1) + 1 + r.int(0, 2)
    full = list(shape)
    full[axis] = extent
    places = torch.arange(shape[axis]) * step + start
    return (f"slice_grad(x, axis={axis}, start={start}, step={step}, extent={extent})",
            {"x": r.real(shape)},
            lambda x: torch.zeros(full, dtype=x.dtype).index_add(axis, places, x))


@case("zero_pad")
def zero_pad(r):
    x = r.real(r.shape(1, 4, 1))
    before, after = [[r.int(0, 2) for _ in x.shape] for _ in range(2)]
    widths = [w for pair in zip(before[::-1], after[::-1]) for w in pair]
    return (f"zero_pad(x, before={before}, after={after})", {"x": x},
            lambda x: F.pad(x, widths))


@case("pad")
def pad(r):
    mode = r.pick("zero", "reflect", "replicate")
    x = r.real(r.shape(1, 3, 3, 6))
    before, after = [[r.int(0, 2) for _ in x.shape] for _ in range(2)]
    if mode == "zero":
        widths = [w for pair in zip(before[::-1], after[::-1]) for w in pair]
        return (f"pad(x, before={before}, after={after})", {"x": x}, lambda x: F.pad(x, widths))
    kind = "reflect" if mode == "reflect" else "edge"
    places = np.pad(np.arange(x.size).reshape(x.shape), list(zip(before, after)), mode=kind)
    return (f"pad(x, before={before}, after={after}, mode={mode})", {"x": x},
            lambda x: x.flatten()[torch.tensor(places)])


@case("split")
def split(r):
    shape = list(r.shape(1, 3))
    axis, parts = r.axis(len(shape)), r.int(1, 3)
    part, shape[axis] = r.int(0, parts - 1), parts * shape[axis]
    return (f"split(x, parts={parts}, part={part}, axis={axis})", {"x": r.real(shape)},
            lambda x: torch.tensor_split(x, parts, dim=axis)[part])


def shorter(r, shape, axis):
    """An index's shape: free along the axis, elsewhere not longer."""
    axis %= len(shape)
    return [r.int(0, 5) if a == axis else r.int(0, d) for a, d in enumerate(shape)]


@case("gather")
def gather(r):
    x = r.real(r.shape(1, 4, 1))
    axis = r.axis(x.ndim)
    index = r.whole(shorter(r, x.shape, axis), x.shape[axis])
    return (f"gather(x, i, axis={axis})", {"x": x, "i": index},
            lambda x, i: torch.gather(x, axis, i))


@case("scatter_add")
def scatter_add(r):
    x = r.real(r.shape(1, 4, 1))
    axis = r.axis(x.ndim)
    index = r.whole(shorter(r, x.shape, axis), x.shape[axis])
    return (f"scatter_add(x, i, s, axis={axis})",
            {"x": x, "i": index, "s": r.real(index.shape)},
            lambda x, i, s: x.scatter_add(axis, i, s))


@case("index_select")
def index_select(r):
    x = r.real(r.shape(1, 3, 1))
    axis = r.axis(x.ndim)
    index = r.whole(r.shape(0, 2), x.shape[axis])
    at = axis % x.ndim

    def reference(x, i):
        y = x.index_select(at, i.flatten())
        return y.reshape(x.shape[:at] + i.shape + x.shape[at + 1:])

    return f"index_select(x, i, axis={axis})", {"x": x, "i": index}, reference


@case("index_add")
def index_add(r):
    x = r.real(r.shape(1, 3, 1))
    axis = r.axis(x.ndim)
    at = axis % x.ndim
    index = r.whole(r.shape(0, 2), x.shape[axis])
    src = r.real(x.shape[:at] + index.shape + x.shape[at + 1:])

    def reference(x, i, s):
        return x.index_add(at, i.flatten(), s.reshape(x.shape[:at] + (-1,) + x.shape[at + 1:])
                           if s.numel() else s.reshape(x.shape[:at] + (i.numel(),)
                                                       + x.shape[at + 1:]))

    return f"index_add(x, i, s, axis={axis})", {"x": x, "i": index, "s": src}, reference


@case("embedding")
def embedding(r):
    table = r.real((r.int(1, 5), r.int(0, 4)))
    index = r.whole(r.shape(0, 3), table.shape[0])
    return ("embedding(table, i)", {"table": table, "i": index},
            lambda table, i: F.embedding(i, table))


@case("one_hot")
def one_hot(r):
    classes = r.int(1, 5)
    index = r.whole(r.shape(0, 3), classes)
    return f"one_hot(i, classes={classes})", {"i": index}, lambda i: F.one_hot(i, classes).double()
