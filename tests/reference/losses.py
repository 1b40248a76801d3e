"""losses.py: cases of losses."""
import torch
import torch.nn.functional as F

from draw import case


def reduced(r):
    reduction = r.pick("mean", "sum", "none")
    return reduction, f"reduction={reduction}"


def finish(each, reduction):
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda v: v}[reduction](each)


@case("mse_loss", "l1_loss")
def distance(r, gate):
    shape = r.shape(least=1)
    reduction, option = reduced(r)
    return (f"{gate}(x, y, {option})", {"x": r.real(shape), "y": r.real(shape)},
            lambda x, y: getattr(F, gate)(x, y, reduction=reduction))


@case("huber_loss", "smooth_l1_loss")
def robust(r, gate):
    shape = r.shape(least=1)
    reduction, option = reduced(r)
    a = float(r.real((), 0.2, 2))
    name = "delta" if gate == "huber_loss" else "beta"
    return (f"{gate}(x, y, {name}={a!r}, {option})", {"x": r.real(shape), "y": r.real(shape)},
            lambda x, y: getattr(F, gate)(x, y, reduction=reduction, **{name: a}))


@case("bce_with_logits")
def bce_with_logits(r):
    shape = r.shape(least=1)
    reduction, option = reduced(r)
    return (f"bce_with_logits(x, y, {option})", {"x": r.real(shape, -9, 9),
                                                  "y": r.real(shape, 0, 1)},
            lambda x, y: finish(F.softplus(-x, threshold=50) * y
                                + F.softplus(x, threshold=50) * (1 - y), reduction))


@case("kl_div")
def kl_div(r):
    shape = r.shape(least=1)
    reduction, option = reduced(r)
    return (f"kl_div(x, y, {option})", {"x": r.real(shape, -3, 0), "y": r.real(shape, 0.1, 1)},
            lambda x, y: finish(y * (y.log() - x), reduction))


def scores(r):
    shape = r.shape(1, 3, 1)
    return r.real(shape, -4, 4), r.whole(shape[:-1], shape[-1])


def picked(x, label):
    return x.gather(-1, label.unsqueeze(-1)).squeeze(-1)


@case("nll_loss")
def nll_loss(r):
    x, label = scores(r)
    reduction, option = reduced(r)
    return (f"nll_loss(x, l, {option})", {"x": x, "l": label},
            lambda x, l: finish(-picked(x, l), reduction))


@case("softmax_loss", "svm_loss")
def simple(r, gate):
    n, c = r.int(1, 5), r.int(1, 6)
    s, label = r.real((n, c), -4, 4), r.whole(n, c)
    if gate == "softmax_loss":
        return "softmax_loss(s, l)", {"s": s, "l": label}, F.cross_entropy
    return "svm_loss(s, l)", {"s": s, "l": label}, lambda s, l: F.multi_margin_loss(s, l) * c


@case("softmax_loss_grad", "svm_loss_grad")
def their_gradients(r, gate):
    n, c = r.int(1, 5), r.int(1, 6)
    s, label, g = r.real((n, c), -4, 4), r.whole(n, c), r.real(())

    def of_softmax(s, l, g):
        return g * (s - F.one_hot(l, c)) / n

    def of_svm(s, l, g):
        one = F.one_hot(l, c)
        over = ((s - picked(s, l)[:, None] + 1 > 0) * (1 - one)).double()
        return g * (over - one * over.sum(-1, keepdim=True)) / n

    return (f"{gate}(s, l, g)", {"s": s, "l": label, "g": g},
            of_softmax if gate == "softmax_loss_grad" else of_svm)


@case("softmax_loss_with", weight=2)
def softmax_loss_with(r):
    n, c = r.int(1, 6), r.int(1, 6)
    operands = {"s": r.real((n, c), -4, 4), "l": r.whole(n, c)}
    reduction, option = reduced(r)
    smoothing = r.pick(0.0, 0.1, 1.0)
    if r.coin():
        operands["w"] = r.real(c, 0.2, 2)
    ignore = int(operands["l"][0]) if r.coin() and len(set(operands["l"])) > 1 else -100

    def reference(s, l, w=None):  # F.cross_entropy knows no gradient of its weights
        w = torch.ones(c, dtype=s.dtype) if w is None else w
        counts = (l != ignore).double()
        target = (1 - smoothing) * F.one_hot(l, c).double() + smoothing / c
        each = -(w * target * s.log_softmax(-1)).sum(-1) * counts
        if reduction == "mean":
            return each.sum() / (w[l] * counts).sum()
        return finish(each, reduction)

    text = f"smoothing={smoothing}, ignore={ignore}, {option}"
    return f"softmax_loss_with({', '.join(operands)}, {text})", operands, reference


@case("softmax_loss_soft")
def softmax_loss_soft(r):
    shape = r.shape(1, 3, 1)
    operands = {"s": r.real(shape, -4, 4), "t": r.real(shape, 0, 1)}
    reduction, option = reduced(r)
    smoothing = r.pick(0.0, 0.1, 1.0)
    if r.coin():
        operands["w"] = r.real(shape[-1], 0.2, 2)

    def reference(s, t, w=1):
        target = (1 - smoothing) * t + smoothing / shape[-1]
        return finish(-(w * target * s.log_softmax(-1)).sum(-1), reduction)

    return (f"softmax_loss_soft({', '.join(operands)}, smoothing={smoothing}, {option})", operands,
            reference)


@case("svm_loss_with")
def svm_loss_with(r):
    s, label = scores(r)
    reduction, option = reduced(r)
    margin, squared, all_ = float(r.real((), 0.2, 2)), r.coin(), r.coin()

    def reference(s, l):
        one = F.one_hot(l, s.shape[-1])
        if all_:
            u = margin - (2 * one - 1) * s
        else:
            u = (s - picked(s, l).unsqueeze(-1) + margin).where(one == 0, torch.zeros_like(s))
        h = F.relu(u)
        return finish((h * h if squared else h).sum(-1), reduction)

    return (f"svm_loss_with(s, l, margin={margin!r}, squared={squared}, against_all={all_}, "
            f"{option})", {"s": s, "l": label}, reference)


@case("cosine_embedding_loss")
def cosine_embedding_loss(r):
    shape = r.shape(1, 3, 1)
    reduction, option = reduced(r)
    margin = r.pick(0.0, 0.3)

    def reference(x, y, alike):
        length = lambda v: v.square().sum(-1).sqrt()
        c = (x * y).sum(-1) / (length(x) * length(y))
        return finish(torch.where(alike, 1 - c, F.relu(c - margin)), reduction)

    return (f"cosine_embedding_loss(x, y, a, margin={margin}, {option})",
            {"x": r.real(shape), "y": r.real(shape), "a": r.mask(shape[:-1])}, reference)


@case("triplet_loss")
def triplet_loss(r):
    shape = r.shape(1, 3, 1)
    reduction, option = reduced(r)
    margin, squared = r.pick(0.5, 1.0), r.coin()

    def reference(x, y, z):
        def d(u):
            return u.square().sum(-1) if squared else u.square().sum(-1).sqrt()
        return finish(F.relu(d(x - y) - d(x - z) + margin), reduction)

    return (f"triplet_loss(x, y, z, margin={margin}, squared={squared}, {option})",
            {k: r.real(shape) for k in "xyz"}, reference)
