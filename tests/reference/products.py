"""products.py: cases of matrix products, convolutions and pooling.

Images here are channels last; the reference wants them first.
"""
import torch
import torch.nn.functional as F

from draw import case


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


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


class Window:
    """A kernel over an image: sizes that fit."""

    def __init__(self, r, groups=True):
        self.kernel = [r.int(1, 3), r.int(1, 3)]
        self.stride = [r.int(1, 3), r.int(1, 3)]
        self.pad = [r.int(0, 2), r.int(0, 2)]
        self.dilation = [r.int(1, 2), r.int(1, 2)]
        self.groups = r.int(1, 3) if groups else 1
        least = [max(1, (k - 1) * d + 1 - 2 * p)
                 for k, d, p in zip(self.kernel, self.dilation, self.pad)]
        self.image = [n + r.int(0, 5) for n in least]
        self.batch, self.cin, self.cout = r.int(1, 3), r.int(1, 3), r.int(1, 3)

    def text(self):
        return (f"stride={self.stride}, pad={self.pad}, dilation={self.dilation}, "
                f"groups={self.groups}")

    def x(self):
        return (self.batch, *self.image, self.cin * self.groups)

    def w(self):
        return (self.cout * self.groups, *self.kernel, self.cin)

    def out(self):
        return [(n + 2 * p - ((k - 1) * d + 1)) // s + 1 for n, k, p, d, s in
                zip(self.image, self.kernel, self.pad, self.dilation, self.stride)]

    def g(self):
        return (self.batch, *self.out(), self.cout * self.groups)

    def conv(self, x, w, b=None):
        return last(F.conv2d(first(x), first(w), b, self.stride, self.pad, self.dilation,
                             self.groups))


@case("conv2d", weight=2)
def conv2d(r):
    k = Window(r)
    operands = {"x": r.real(k.x()), "w": r.real(k.w())}
    if r.coin():
        operands["b"] = r.real(k.w()[0])
    return f"conv2d({', '.join(operands)}, {k.text()})", operands, k.conv


@case("conv2d_grad_input")
def conv2d_grad_input(r):
    k = Window(r)

    def reference(g, w):
        x = torch.zeros(k.x(), dtype=g.dtype, requires_grad=True)
        return torch.autograd.grad((k.conv(x, w) * g).sum(), x, create_graph=True)[0]

    return (f"conv2d_grad_input(g, w, {k.text()}, size={k.image})",
            {"g": r.real(k.g()), "w": r.real(k.w())}, reference)


@case("conv2d_grad_weight")
def conv2d_grad_weight(r):
    k = Window(r)

    def reference(x, g):
        w = torch.zeros(k.w(), dtype=g.dtype, requires_grad=True)
        return torch.autograd.grad((k.conv(x, w) * g).sum(), w, create_graph=True)[0]

    return (f"conv2d_grad_weight(x, g, {k.text()}, size={k.kernel})",
            {"x": r.real(k.x()), "g": r.real(k.g())}, reference)


class Pool(Window):
    """Windows of pooling: the padding at most half of the window, as the reference wants."""

    def __init__(self, r):
        super().__init__(r, groups=False)
        self.ceil = r.coin()
        self.pad = [r.int(0, k // 2) for k in self.kernel]
        self.image = [k + r.int(0, 5) for k in self.kernel]

    def text(self):
        return f"size={self.kernel}, stride={self.stride}, pad={self.pad}, ceil={self.ceil}"

    def mean(self, x):
        return last(F.avg_pool2d(first(x), self.kernel, self.stride, self.pad, bool(self.ceil),
                                 count_include_pad=False))

    def largest(self, x):
        y, winners = F.max_pool2d(first(x), self.kernel, self.stride, self.pad, 1,
                                  bool(self.ceil), return_indices=True)
        return last(y), last(winners)


@case("max_pool2d")
def max_pool2d(r):
    k = Pool(r)
    return f"max_pool2d(x, {k.text()})", {"x": r.apart(k.x())}, lambda x: k.largest(x)[0]


@case("avg_pool2d")
def avg_pool2d(r):
    k = Pool(r)
    return f"avg_pool2d(x, {k.text()})", {"x": r.real(k.x())}, k.mean


@case("avg_pool2d_grad")
def avg_pool2d_grad(r):
    k = Pool(r)

    def reference(g):
        x = torch.zeros(k.x(), dtype=g.dtype, requires_grad=True)
        return torch.autograd.grad((k.mean(x) * g).sum(), x, create_graph=True)[0]

    g = r.real(tuple(k.mean(torch.zeros(k.x())).shape))
    return f"avg_pool2d_grad(g, {k.text()}, image={k.image})", {"g": g}, reference


@case("max_pool2d_grad", "max_pool2d_pick")
def winners(r, gate):
    k = Pool(r)
    x = r.apart(k.x())
    places = k.largest(torch.tensor(x))[1].numpy()

    def grad(g, i):
        flat = torch.zeros((x.shape[0], k.image[0] * k.image[1], x.shape[3]), dtype=g.dtype)
        return flat.scatter_add(1, i.flatten(1, 2), g.flatten(1, 2)).reshape(x.shape)

    def pick(x, i):
        return x.flatten(1, 2).gather(1, i.flatten(1, 2)).reshape(i.shape)

    if gate == "max_pool2d_pick":
        return f"max_pool2d_pick(x, i, {k.text()})", {"x": x, "i": places}, pick
    return (f"max_pool2d_grad(g, i, {k.text()}, image={k.image})",
            {"g": r.real(places.shape), "i": places}, grad)
