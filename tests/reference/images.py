"""images.py: cases of convolution, pooling and resizing.

Images are channels last; the reference wants them first.
"""
import torch
import torch.nn.functional as F

from draw import case

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def adjoint(function, shape):
    """Of a linear function of an array of that shape."""

    def reference(g, *rest):
        x = torch.zeros(shape, dtype=g.dtype, requires_grad=True)
        return torch.autograd.grad((function(x, *rest) * g).sum(), x, create_graph=True)[0]

    return reference


class Window:
    """A kernel over an image of some axes: sizes that fit."""

    def __init__(self, r, axes=2, groups=True):
        def each(lo, hi):
            return [r.int(lo, hi) for _ in range(axes)]

        self.axes = axes
        self.kernel, self.stride, self.pad = each(1, 3), each(1, 3), each(0, 2)
        self.dilation, self.groups = each(1, 2), r.int(1, 3) if groups else 1
        self.image = [max(1, e - 2 * p) + r.int(0, 4) for e, p in zip(self.reach(), self.pad)]
        self.batch, self.cin, self.cout = r.int(1, 3), r.int(1, 3), r.int(1, 3)
        self.padding = "zero"

    def reach(self):
        return [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation)]

    def text(self, *names):
        """Attributes; those of one axis are numbers."""
        values = {"stride": self.stride, "pad": self.pad, "dilation": self.dilation,
                  "kernel": self.kernel, "groups": self.groups, "padding": self.padding}
        short = {k: v[0] if self.axes == 1 and isinstance(v, list) else v
                 for k, v in values.items()}
        return ", ".join(f"{k}={short[k]}" for k in names)

    def x(self):
        return (self.batch, *self.image, self.cin * self.groups)

    def w(self):
        return (self.cout * self.groups, *self.kernel, self.cin)

    def out(self):
        return [(n + 2 * p - e) // s + 1
                for n, p, e, s in zip(self.image, self.pad, self.reach(), self.stride)]

    def g(self):
        return (self.batch, *self.out(), self.cout * self.groups)

    def widths(self):
        """What stands before and behind each axis, as F.pad wants it."""
        pairs = [(p, p) for p in self.pad]
        if self.padding == "same":
            lack = [max(0, (-(-n // s) - 1) * s + e - n)
                    for n, s, e in zip(self.image, self.stride, self.reach())]
            pairs = [(n // 2, n - n // 2) for n in lack]
        return [w for pair in pairs[::-1] for w in pair]

    def conv(self, x, w, b=None):
        mode = "reflect" if self.padding == "reflect" else "constant"
        x = F.pad(first(x), self.widths(), mode)
        return last(CONV[self.axes](x, first(w), b, self.stride, 0, self.dilation, self.groups))


@case("conv1d", "conv2d", "conv3d")
def conv(r, gate):
    k = Window(r, int(gate[4]))
    k.padding = r.pick("zero", "zero", "same", "reflect")
    if k.padding == "same":
        k.pad = [0] * k.axes
    if k.padding == "reflect":
        k.image = [n + p for n, p in zip(k.image, k.pad)]
    operands = {"x": r.real(k.x()), "w": r.real(k.w())}
    if r.coin():
        operands["b"] = r.real(k.w()[0])
    options = k.text("stride", "pad", "dilation", "groups", "padding")
    return f"{gate}({', '.join(operands)}, {options})", operands, k.conv


@case("conv2d_relu")
def rectified_conv(r):
    k = Window(r, 2)
    operands = {"x": r.real(k.x()), "w": r.real(k.w()), "b": r.real(k.w()[0])}
    options = k.text("stride", "pad", "dilation", "groups")
    return (f"conv2d_relu(x, w, b, {options})", operands,
            lambda x, w, b: F.relu(k.conv(x, w, b)))


@case("conv1d", "conv2d", "conv3d", weight=0.1)
def large_conv(r, gate):
    """Enough for blocks, threads and the edges of both."""
    k = Window(r, int(gate[4]))
    k.image, k.batch = [n + {1: 90, 2: 14, 3: 5}[k.axes] for n in k.image], 3
    k.cin, k.cout = r.int(5, 20), r.int(5, 20)
    operands = {"x": r.normal(k.x()), "w": r.normal(k.w()), "b": r.normal(k.w()[0])}
    options = k.text("stride", "pad", "dilation", "groups")
    return f"{gate}(x, w, b, {options})", operands, k.conv


@case("conv2d_grad_input", "conv2d_grad_weight")
def conv_grads(r, gate):
    k = Window(r)
    options = k.text("stride", "pad", "dilation", "groups")
    if gate == "conv2d_grad_input":
        return (f"{gate}(g, w, {options}, size={k.image})",
                {"g": r.real(k.g()), "w": r.real(k.w())}, adjoint(k.conv, k.x()))
    of_weight = adjoint(lambda w, x: k.conv(x, w), k.w())
    return (f"{gate}(x, g, {options}, size={k.kernel})",
            {"x": r.real(k.x()), "g": r.real(k.g())}, lambda x, g: of_weight(g, x))


@case("conv_transpose1d", "conv_transpose2d")
def conv_transpose(r, gate):
    axes = int(gate[-2])
    k = Window(r, axes)
    k.image = [r.int(1, 4) + 2 * p for p in k.pad]
    more = [r.int(0, max(s, d) - 1) for s, d in zip(k.stride, k.dilation)]
    operands = {"x": r.real(k.x()), "w": r.real((k.cin * k.groups, *k.kernel, k.cout))}
    if r.coin():
        operands["b"] = r.real(k.cout * k.groups)
    function = F.conv_transpose1d if axes == 1 else F.conv_transpose2d
    options = k.text("stride", "pad", "dilation", "groups")
    more_text = more[0] if axes == 1 else more

    def reference(x, w, b=None):
        return last(function(first(x), first(w), b, k.stride, k.pad, more, k.groups, k.dilation))

    return (f"{gate}({', '.join(operands)}, {options}, output_pad={more_text})", operands,
            reference)


def windows(k):
    """unfold, whose rows are ordered by kernel place and then channel; torch's the other way."""

    def reference(x):
        y = F.unfold(first(x), k.kernel, k.dilation, k.pad, k.stride)
        n, channels = x.shape[0], x.shape[-1]
        y = y.reshape(n, channels, -1, y.shape[-1]).permute(0, 3, 2, 1)
        return y.reshape(n, y.shape[1], -1)

    return reference


@case("unfold", "fold")
def unfold(r, gate):
    k = Window(r, groups=False)
    options = k.text("kernel", "stride", "pad", "dilation")
    if gate == "unfold":
        return f"unfold(x, {options})", {"x": r.real(k.x())}, windows(k)
    rows = tuple(windows(k)(torch.zeros(k.x())).shape)
    return (f"fold(x, image={k.image}, {options})", {"x": r.real(rows)},
            adjoint(windows(k), k.x()))


class Pool(Window):
    """Windows of pooling: the padding at most half of the window, as the reference wants."""

    def __init__(self, r, axes=2):
        super().__init__(r, axes, groups=False)
        self.ceil, self.include, self.divisor = r.coin(), r.coin(), 0
        self.pad = [r.int(0, k // 2) for k in self.kernel]
        self.image = [k + r.int(0, 5) for k in self.kernel]
        if axes == 2 and r.coin():
            self.divisor = r.int(1, 5)

    def text(self, average=False):
        one = (lambda v: v[0]) if self.axes == 1 else (lambda v: v)
        text = (f"size={one(self.kernel)}, stride={one(self.stride)}, pad={one(self.pad)}, "
                f"ceil={self.ceil}")
        return text + (f", include_pad={self.include}, divisor={self.divisor}" if average else "")

    def mean(self, x):
        if self.axes == 1:
            return last(F.avg_pool1d(first(x), self.kernel, self.stride, self.pad,
                                     bool(self.ceil), bool(self.include)))
        return last(F.avg_pool2d(first(x), self.kernel, self.stride, self.pad, bool(self.ceil),
                                 bool(self.include), self.divisor or None))

    def largest(self, x):
        function = F.max_pool1d if self.axes == 1 else F.max_pool2d
        y, places = function(first(x), self.kernel, self.stride, self.pad, 1, bool(self.ceil),
                             return_indices=True)
        return last(y), last(places)

    def length(self, x):
        """sqrt(sum x^2) by the mean of squares over whole windows."""
        plain = self.__class__.__new__(self.__class__)
        plain.__dict__.update(self.__dict__, include=1, divisor=0)
        if self.axes == 2:
            plain.divisor = 1
            return plain.mean(x * x).sqrt()
        wide = F.avg_pool2d(first(x * x).unsqueeze(2), [1] + self.kernel, [1] + self.stride,
                            [0] + self.pad, bool(self.ceil), divisor_override=1)
        return last(wide.squeeze(2)).sqrt()


@case("max_pool1d", "max_pool2d")
def max_pool(r, gate):
    k = Pool(r, int(gate[-2]))
    return f"{gate}(x, {k.text()})", {"x": r.apart(k.x())}, lambda x: k.largest(x)[0]


@case("avg_pool1d", "avg_pool2d")
def avg_pool(r, gate):
    k = Pool(r, int(gate[-2]))
    return f"{gate}(x, {k.text(True)})", {"x": r.real(k.x())}, k.mean


@case("l2_pool1d", "l2_pool2d")
def l2_pool(r, gate):
    k = Pool(r, int(gate[-2]))
    return f"{gate}(x, {k.text()})", {"x": r.real(k.x(), 0.2, 2)}, k.length


@case("l2_pool2d_grad")
def l2_pool_grad(r):
    k = Pool(r)
    shape = tuple(k.length(torch.zeros(k.x())).shape)
    plain = Pool.__new__(Pool)
    plain.__dict__.update(k.__dict__, include=1, divisor=1)
    spread = adjoint(plain.mean, k.x())
    return (f"l2_pool2d_grad(g, x, y, {k.text()})",
            {"g": r.real(shape), "x": r.real(k.x()), "y": r.real(shape, 0.5, 2)},
            lambda g, x, y: x * spread(g / y))


@case("avg_pool2d_grad")
def avg_pool_grad(r):
    k = Pool(r)
    g = r.real(tuple(k.mean(torch.zeros(k.x())).shape))
    return (f"avg_pool2d_grad(g, {k.text(True)}, image={k.image})", {"g": g},
            adjoint(k.mean, k.x()))


@case("max_pool2d_grad", "max_pool2d_pick")
def winners(r, gate):
    k = Pool(r)
    x = r.apart(k.x())
    places = k.largest(torch.tensor(x))[1].numpy()

    def pick(x, i):
        return x.flatten(1, 2).gather(1, i.flatten(1, 2)).reshape(i.shape)

    if gate == "max_pool2d_pick":
        return f"max_pool2d_pick(x, i, {k.text()})", {"x": x, "i": places}, pick
    return (f"max_pool2d_grad(g, i, {k.text()}, image={k.image})",
            {"g": r.real(places.shape), "i": places}, adjoint(pick, x.shape))


@case("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_avg_pool1d", "adaptive_avg_pool2d")
def adaptive(r, gate):
    axes = int(gate[-2])
    shape = (r.int(1, 3), *[r.int(1, 7) for _ in range(axes)], r.int(1, 3))
    out = [r.int(1, 8) for _ in range(axes)]
    function = getattr(F, gate)
    return (f"{gate}(x, out={out[0] if axes == 1 else out})", {"x": r.apart(shape)},
            lambda x: last(function(first(x), out)))


@case("global_max_pool", "global_avg_pool")
def over_all_places(r, gate):
    shape = (r.int(0, 3), *r.shape(0, 3, 1), r.int(1, 3))
    axes = list(range(1, len(shape) - 1))
    function = torch.amax if gate == "global_max_pool" else torch.mean
    return (f"{gate}(x)", {"x": r.apart(shape)},
            lambda x: function(x, dim=axes) if axes else x * 1)


def resize(mode, corners, out):
    corners = None if mode == "nearest" else bool(corners)
    return lambda x: last(F.interpolate(first(x), out, mode=mode, align_corners=corners))


@case("upsample", "upsample1d", "upsample_grad")
def upsample(r, gate):
    axes = 1 if gate == "upsample1d" else 2
    mode = r.pick("nearest", "linear" if axes == 1 else "bilinear")
    corners = r.coin() if mode != "nearest" else 0
    shape = (r.int(1, 2), *[r.int(1, 5) for _ in range(axes)], r.int(1, 3))
    factor = [r.int(1, 3) for _ in range(axes)]
    by_factor = r.coin() and gate != "upsample_grad"
    out = [f * n for f, n in zip(factor, shape[1:])] if by_factor else [
        r.int(1, 9) for _ in range(axes)]
    one = (lambda v: v[0]) if axes == 1 else (lambda v: v)
    size = f"factor={one(factor)}" if by_factor else f"size={one(out)}"
    options = f"mode={mode}, align_corners={corners}"
    reference = resize(mode, corners, out)
    if gate == "upsample_grad":
        return (f"upsample_grad(g, image={list(shape[1:-1])}, {options})",
                {"g": r.real((shape[0], *out, shape[-1]))}, adjoint(reference, shape))
    return f"{gate}(x, {size}, {options})", {"x": r.real(shape)}, reference
