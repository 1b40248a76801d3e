"""torch_peer.py: the workloads in PyTorch, as its users write them.

Variants: "default" is eager with every setting left alone; the others are settings that a careful
user would try on this workload: channels-last images, the fused multi-tensor optimizer, gradients
set to None, nn.LSTM in place of the unrolled cell, a scripted loop.
"""
import sys

import torch
import torch.nn.functional as F
from torch import nn

from peer import serve


def prepare(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)


# ---- training steps --------------------------------------------------------------------------

def training(model, loss_of, rule, tuned, **options):
    """One step: clear, forward and loss, backward, update."""
    if tuned:
        options["foreach"] = True
    optim = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[rule](model.parameters(), **options)

    def step():
        if tuned:
            optim.zero_grad(set_to_none=True)
        else:
            optim.zero_grad()
        loss_of(model).backward()
        optim.step()
    return step


def images(model, shape, rule, tuned=False, channels_last=False, **options):
    x = torch.rand(shape) * 2 - 1
    labels = torch.arange(shape[0]) % 10
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    model.train()
    return training(model, lambda m: F.cross_entropy(m(x), labels), rule, tuned, **options)


def dense(*widths):
    layers = []
    for i, o in zip(widths, widths[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def mlp(tuned=False):
    return images(dense(784, 512, 512, 10), (128, 784), "adam", tuned)


def two_layer(tuned=False):
    return images(dense(3072, 50, 10), (100, 3072), "sgd", tuned, lr=0.01, momentum=0.9)


def cnn(tuned=False, channels_last=False):
    model = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(4096, 256), nn.ReLU(), nn.Linear(256, 10))
    return images(model, (64, 3, 32, 32), "adam", tuned, channels_last)


class Block(nn.Module):
    """Two convolutions beside a shortcut without parameters (He et al. 2016, option A)."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.stride, self.more = stride, o - i
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(o), nn.BatchNorm2d(o)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.more:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(y + x)


def resnet20(tuned=False, channels_last=False):
    layers, i = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for o in (16, 32, 64):
        for k in range(3):
            layers.append(Block(i, o, 2 if o > 16 and k == 0 else 1))
            i = o
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    assert sum(p.numel() for p in model.parameters()) == 269722
    return images(model, (64, 3, 32, 32), "sgd", tuned, channels_last, lr=0.01, momentum=0.9)


class Recurrent(nn.Module):
    def __init__(self, whole):
        super().__init__()
        self.whole = whole
        self.cell = nn.LSTM(64, 128) if whole else nn.LSTMCell(64, 128)
        self.classes = nn.Linear(128, 64)

    def forward(self, x):
        if self.whole:
            return self.classes(self.cell(x)[0].flatten(0, 1))
        h = c = x.new_zeros(x.shape[1], 128)
        hs = []
        for now in x:
            h, c = self.cell(now, (h, c))
            hs.append(h)
        return self.classes(torch.cat(hs))


def lstm(batch, whole=False, tuned=False):
    x = torch.rand(64, batch, 64) * 2 - 1
    labels = torch.arange(64 * batch) % 64
    return training(Recurrent(whole), lambda m: F.cross_entropy(m(x), labels), "adam", tuned)


def moons(tuned=False):
    x = torch.rand(100, 2) * 2 - 1
    sign = torch.where(x[:, :1] > x[:, 1:], 1.0, -1.0)
    return training(dense(2, 16, 16, 1), lambda m: F.relu(1 - sign * m(x)).mean(), "sgd", tuned,
                    lr=0.01)


# ---- kernels and scalars ---------------------------------------------------------------------

def loop(x1: torch.Tensor, x2: torch.Tensor, y: torch.Tensor):
    for _ in range(500):
        y = y * x1 + x2
    return y


def scalar_1000(scripted=False):
    body = torch.jit.script(loop) if scripted else loop

    def step():
        x1, x2, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True)
                     for v in (0.999, 0.001, 0.5))
        body(x1, x2, y).backward()
    return step


def tanh_mul():
    x = (torch.rand(16 << 20) * 2 - 1).requires_grad_()

    def step():
        x.grad = None
        (torch.tanh(x) * x).sum().backward()
    return step


def conv(channels, channels_last=False):
    layout = torch.channels_last if channels_last else torch.contiguous_format
    x, w, g = ((torch.rand(shape) * 2 - 1).contiguous(memory_format=layout)
               for shape in ((32, channels, 32, 32), (channels, channels, 3, 3),
                             (32, channels, 32, 32)))
    leaves = [x.requires_grad_(), w.requires_grad_(), torch.rand(channels).requires_grad_()]

    def step():
        for leaf in leaves:
            leaf.grad = None
        F.conv2d(*leaves, padding=1).backward(g)
    return step


WORKLOADS = {
    "mlp": {"default": mlp, "foreach": lambda: mlp(True)},
    "two_layer": {"default": two_layer, "foreach": lambda: two_layer(True)},
    "cnn": {"default": cnn, "channels_last": lambda: cnn(True, True)},
    "resnet20": {"default": resnet20, "channels_last": lambda: resnet20(True, True)},
    "lstm_b1": {"default": lambda: lstm(1), "nn.LSTM": lambda: lstm(1, True, True)},
    "lstm_b32": {"default": lambda: lstm(32), "nn.LSTM": lambda: lstm(32, True, True)},
    "moons": {"default": moons, "foreach": lambda: moons(True)},
    "scalar_1000": {"default": scalar_1000, "script": lambda: scalar_1000(True)},
    "tanh_mul": {"default": tanh_mul},
    "conv64": {"default": lambda: conv(64), "channels_last": lambda: conv(64, True)},
    "conv128": {"default": lambda: conv(128), "channels_last": lambda: conv(128, True)},
}

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(torch.__version__)
    else:
        serve(WORKLOADS, prepare)
