"""networks.py: cases of normalisation, recurrent cells and attention."""
import numpy as np
import torch
import torch.nn.functional as F

from draw import case
from images import first, last


def affine(r, shape, names=("gamma", "beta")):
    """gamma and beta of a shape, from the end none, one or both of them."""
    return {name: r.real(shape, 0.5, 2) for name in names[:r.int(0, len(names))]}


def call(gate, operands, options):
    return f"{gate}({', '.join(operands)}, {options})"


@case("layer_norm", "rms_norm")
def layer_norm(r, gate):
    x = r.normal(r.shape(1, 4, 2)) + r.pick(0, 3)
    axes = r.pick([-1], list(range(r.int(0, x.ndim - 1), x.ndim)))
    shape = [x.shape[a] for a in axes]
    eps = r.pick(1e-5, 0.1)
    operands = {"x": x, **affine(r, shape, ("gamma", "beta")[: 2 if gate == "layer_norm" else 1])}

    def rms(x, gamma=1):
        return x / (x.square().mean(dim=axes, keepdim=True) + eps).sqrt() * gamma

    def layer(x, gamma=None, beta=None):
        return F.layer_norm(x, shape, gamma, beta, eps)

    return (call(gate, operands, f"axis={axes}, eps={eps}"), operands,
            layer if gate == "layer_norm" else rms)


@case("group_norm", "instance_norm")
def group_norm(r, gate):
    groups = r.int(1, 3) if gate == "group_norm" else 0
    channels = max(1, groups) * r.int(1, 3)
    x = r.normal((r.int(1, 3), *r.shape(1, 2, 2, 4), channels))
    eps = r.pick(1e-5, 0.1)
    operands = {"x": x, **affine(r, channels)}

    def reference(x, gamma=None, beta=None):
        return last(F.group_norm(first(x), groups or channels, gamma, beta, eps))

    options = f"groups={groups}, eps={eps}" if groups else f"eps={eps}"
    return call(gate, operands, options), operands, reference


@case("local_response_norm")
def local_response_norm(r):
    size, alpha, beta, k = r.int(1, 6), r.pick(1e-4, 0.3), r.pick(0.75, 0.5, 1.0), r.pick(1.0, 2.0)
    x = r.real(r.shape(1, 4, 1))

    def reference(x):  # of rank 3 at least; alpha is divided by size there
        rows = x.reshape(-1, x.shape[-1], 1)
        return F.local_response_norm(rows, size, alpha * size, beta, k).reshape(x.shape)

    return (f"local_response_norm(x, size={size}, alpha={alpha}, beta={beta}, k={k})", {"x": x},
            reference)


@case("batch_norm", weight=2)
def batch_norm(r):
    channels, eps = r.int(1, 4), r.pick(1e-5, 0.1)
    x = r.normal((r.int(2, 4), *r.shape(0, 2, 1, 3), channels)) + r.pick(0, 3)
    operands = {"x": x, "gamma": r.real(channels), "beta": r.real(channels)}
    if r.coin():
        operands |= {"mean": r.real(channels), "var": r.real(channels, 0.3, 2)}

    def reference(x, gamma, beta, mean=None, var=None):
        if mean is None:
            return last(F.batch_norm(first(x), None, None, gamma, beta, True, 0.1, eps))
        return gamma * (x - mean) / (var + eps).sqrt() + beta

    return call("batch_norm", operands, f"eps={eps}"), operands, reference


@case("batch_norm_relu")
def batch_norm_relu(r):
    """Of random numbers none lies on the rectifier's kink."""
    channels, eps = r.int(1, 4), r.pick(1e-5, 0.1)
    shape = (r.int(2, 4), *r.shape(0, 2, 1, 3), channels)
    operands = {"x": r.normal(shape), "gamma": r.real(channels), "beta": r.real(channels)}
    if r.coin():
        operands |= {"mean": r.real(channels), "var": r.real(channels, 0.3, 2),
                     "shortcut": r.normal(shape)}

    def reference(x, gamma, beta, mean=None, var=None, shortcut=0):
        if mean is None:
            return F.relu(last(F.batch_norm(first(x), None, None, gamma, beta, True, 0.1, eps)))
        return F.relu(gamma * (x - mean) / (var + eps).sqrt() + beta + shortcut)

    return call("batch_norm_relu", operands, f"eps={eps}"), operands, reference


@case("batch_norm_sums")
def batch_norm_sums(r):
    shape = r.shape(1, 4, 1)
    axes = list(range(len(shape) - 1))

    def reference(g, x, mean):
        total = lambda v: v.sum(dim=axes) if axes else v
        return torch.stack([total(g), total(g * (x - mean))])

    return ("batch_norm_sums(g, x, mean)",
            {"g": r.real(shape), "x": r.real(shape), "mean": r.real(shape[-1])}, reference)


@case("batch_norm_grad")
def batch_norm_grad(r):
    shape = r.shape(1, 4, 1)
    operands = {"g": r.real(shape), "x": r.real(shape)}
    operands |= {name: r.real(shape[-1]) for name in ("mean", "a", "b", "c")}
    return ("batch_norm_grad(g, x, mean, a, b, c)", operands,
            lambda g, x, mean, a, b, c: a * g + b * (x - mean) + c)


@case("maxout")
def maxout(r):
    pieces = r.int(1, 4)
    x = r.apart((*r.shape(0, 3), pieces * r.int(0, 4)))
    return (f"maxout(x, pieces={pieces})", {"x": x},
            lambda x: x.reshape(*x.shape[:-1], x.shape[-1] // pieces, pieces).amax(-1))


@case("dropconnect")
def dropconnect(r):
    keep = r.pick(1.0, 0.5)
    k, m = r.int(1, 4), r.int(1, 4)
    batch = r.shape(0, 2, 1)
    operands = {"x": np.concatenate([np.broadcast_to(np.eye(k), (*batch, k, k)),
                                     r.real((*batch, 2, k))], axis=-2),
                "w": r.real((k, m), 0.5, 2)}
    if r.coin():
        operands["b"] = np.full(m, 7.0)

    def reference(x, w, b=0, value=None):  # the first rows show the weights that were kept
        value = b if value is None else value
        b = 0 if value is b else b
        shown = value.reshape(-1, k + 2, m)[0, :k] - b
        return x @ (w * (shown.abs() > 1e-9) / keep) + b

    reference.takes_value = True
    return f"dropconnect({', '.join(operands)}, keep={keep})", operands, reference


# ---- recurrent cells, attention -----------------------------------------------------------------

@case("rnn_cell")
def rnn_cell(r):
    n, d, h = r.int(1, 4), r.int(1, 4), r.int(1, 4)
    operands = {"x": r.real((n, d)), "h": r.real((n, h)), "wx": r.real((d, h)),
                "wh": r.real((h, h)), "b": r.real(h)}
    return (f"rnn_cell({', '.join(operands)})", operands,
            lambda x, h, wx, wh, b: torch.rnn_tanh_cell(x, h, wx.T, wh.T, b, torch.zeros_like(b)))


@case("gru_cell")
def gru_cell(r):
    n, d, h = r.int(1, 4), r.int(1, 4), r.int(1, 4)
    operands = {"x": r.real((n, d)), "h": r.real((n, h)), "wx": r.real((d, 3 * h)),
                "wh": r.real((h, 3 * h)), "bx": r.real(3 * h), "bh": r.real(3 * h)}
    return (f"gru_cell({', '.join(operands)})", operands,
            lambda x, h, wx, wh, bx, bh: torch.gru_cell(x, h, wx.T, wh.T, bx, bh))


@case("lstm_cell")
def lstm_cell(r):
    n, d, h = r.int(1, 4), r.int(1, 4), r.int(1, 4)
    operands = {"x": r.real((n, d)), "h": r.real((n, h)), "c": r.real((n, h)),
                "wx": r.real((d, 4 * h)), "wh": r.real((h, 4 * h)), "b": r.real(4 * h)}
    return (f"lstm_cell({', '.join(operands)})", operands,
            lambda x, h, c, wx, wh, b: torch.cat(torch.lstm_cell(
                x, (h, c), wx.T, wh.T, b, torch.zeros_like(b)), -1))


@case("attention")
def attention(r):
    batch = r.shape(0, 2, 1, 3)
    queries, keys, d, e = r.int(1, 4), r.int(1, 5), r.int(1, 4), r.int(1, 4)
    operands = {"q": r.real((*batch, queries, d)), "k": r.real((*batch, keys, d)),
                "v": r.real((*batch, keys, e))}
    if r.coin():
        operands["mask"] = r.mask((queries, keys))

    def reference(q, k, v, mask=None):
        scores = q @ k.transpose(-1, -2) / d ** 0.5
        if mask is None:
            return scores.softmax(-1) @ v
        seen = scores.exp() * mask
        total = seen.sum(-1, keepdim=True)
        return seen / total.where(total > 0, torch.ones_like(total)) @ v

    return f"attention({', '.join(operands)})", operands, reference
