"""jax_peer.py: the workloads in JAX, each step compiled by jax.jit with its buffers donated.

Compiling is no part of a step; a compiled step cannot change its computation from one run to the
next, as the recorded ones of wengert and PyTorch can.  Images are channels last.  The update rules
are written out; they are the same arithmetic.
"""
import os
import sys

if len(sys.argv) > 3:  # threads are settled before jax is imported
    threads = int(sys.argv[3])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    os.environ["XLA_FLAGS"] = (
        f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} "
        f"intra_op_parallelism_threads={threads}")
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402

from peer import serve  # noqa: E402

KEY = jax.random.key(0)


def uniform(shape, i=0):
    return jax.random.uniform(jax.random.fold_in(KEY, i), shape, minval=-1.0, maxval=1.0)


# ---- training steps --------------------------------------------------------------------------

def cross_entropy(scores, labels):
    rows = jnp.arange(scores.shape[0])
    return -jax.nn.log_softmax(scores)[rows, labels].mean()


def adam(p, g, state, rate=0.001, b1=0.9, b2=0.999):
    m, s, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
    s = jax.tree.map(lambda s, g: b2 * s + (1 - b2) * g * g, s, g)
    p = jax.tree.map(lambda p, m, s: p - rate * (m / (1 - b1**t)) /
                     (jnp.sqrt(s / (1 - b2**t)) + 1e-8), p, m, s)
    return p, (m, s, t)


def momentum(p, g, v, rate=0.01, mu=0.9):
    v = jax.tree.map(lambda v, g: mu * v - rate * g, v, g)
    return jax.tree.map(jnp.add, p, v), v


def sgd(p, g, state, rate=0.01):
    return jax.tree.map(lambda p, g: p - rate * g, p, g), state


def training(loss, params, rule):
    """loss(params) -> (loss, running statistics or None)"""
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = {"adam": (zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0)), "momentum": zeros,
             "sgd": 0.0}[rule]
    update = {"adam": adam, "momentum": momentum, "sgd": sgd}[rule]

    def whole(params, state):
        (value, extra), g = jax.value_and_grad(loss, has_aux=True)(params)
        return *update(params, g, state), value, extra

    run = jax.jit(whole, donate_argnums=(0, 1))
    held = [params, state]

    def step():
        *held[:], value, extra = run(*held)
        jax.block_until_ready((held, value, extra))
    return step


def dense_params(*widths):
    return [(0.1 * uniform((i, o), k), jnp.zeros(o))
            for k, (i, o) in enumerate(zip(widths, widths[1:]))]


def dense(params, x):
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    return x @ params[-1][0] + params[-1][1]


def classifier(batch, widths, rule):
    x, labels = uniform((batch, widths[0]), 9), jnp.arange(batch) % 10
    return training(lambda p: (cross_entropy(dense(p, x), labels), None), dense_params(*widths),
                    rule)


def convolve(x, w, stride=1):
    return lax.conv_general_dilated(x, w, (stride, stride), ((1, 1), (1, 1)),
                                    dimension_numbers=("NHWC", "HWIO", "NHWC"))


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def cnn():
    sizes = [(3, 32), (32, 32), (32, 64), (64, 64)]
    params = ([(0.1 * uniform((3, 3, i, o), k), jnp.zeros(o)) for k, (i, o) in enumerate(sizes)],
              dense_params(4096, 256, 10))
    x, labels = uniform((64, 32, 32, 3), 9), jnp.arange(64) % 10

    def loss(params):
        y = x
        for k, (w, b) in enumerate(params[0]):
            y = jax.nn.relu(convolve(y, w) + b)
            y = pool(y) if k % 2 else y
        return cross_entropy(dense(params[1], y.reshape(64, -1)), labels), None
    return training(loss, params, "adam")


def resnet20():
    plan, i = [(3, 16, 1)], 16  # in, out, stride of every convolution
    for o in (16, 32, 64):
        for k in range(3):
            plan += [(i, o, 2 if o > 16 and k == 0 else 1), (o, o, 1)]
            i = o
    params = ([(0.1 * uniform((3, 3, i, o), k), jnp.ones(o), jnp.zeros(o))
               for k, (i, o, _) in enumerate(plan)], dense_params(64, 10))
    x, labels = uniform((64, 32, 32, 3), 9), jnp.arange(64) % 10

    def layer(x, p, stride, seen):
        y = convolve(x, p[0], stride)
        mean, var = y.mean((0, 1, 2)), y.var((0, 1, 2))
        seen.append((mean, var))
        return (y - mean) * lax.rsqrt(var + 1e-5) * p[1] + p[2]

    def loss(params):
        seen, (convs, last) = [], params
        y = jax.nn.relu(layer(x, convs[0], 1, seen))
        for k in range(1, len(plan), 2):
            i, o, stride = plan[k]
            z = jax.nn.relu(layer(y, convs[k], stride, seen))
            z = layer(z, convs[k + 1], 1, seen)
            short = jnp.pad(y[:, ::stride, ::stride], ((0, 0),) * 3 + ((0, o - i),))
            y = jax.nn.relu(z + short)
        return cross_entropy(dense(last, y.mean((1, 2))), labels), seen
    return training(loss, params, "momentum")


def lstm(batch):
    params = (0.08 * uniform((64, 512)), 0.08 * uniform((128, 512), 1), jnp.zeros(512),
              0.08 * uniform((128, 64), 2), jnp.zeros(64))
    x, labels = uniform((64, batch, 64), 3), jnp.arange(64 * batch) % 64

    def loss(params):
        wx, wh, b, w, c0 = params

        def cell(state, now):
            h, c = state
            i, f, g, o = jnp.split(now @ wx + h @ wh + b, 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h
        start = jnp.zeros((batch, 128)), jnp.zeros((batch, 128))
        _, hs = lax.scan(cell, start, x)
        return cross_entropy(hs.reshape(-1, 128) @ w + c0, labels), None
    return training(loss, params, "adam")


def moons():
    x = uniform((100, 2), 9)
    sign = jnp.where(x[:, :1] > x[:, 1:], 1.0, -1.0)

    def loss(p):
        return jax.nn.relu(1 - sign * dense(p, x)).mean(), None
    return training(loss, dense_params(2, 16, 16, 1), "sgd")


# ---- kernels and scalars ---------------------------------------------------------------------

def compiled(f, *args):
    f = jax.jit(f)
    return lambda: jax.block_until_ready(f(*args))


def scalar_1000():
    jax.config.update("jax_enable_x64", True)

    def value(x1, x2, y):
        return lax.scan(lambda y, _: (y * x1 + x2, None), y, None, length=500)[0]
    return compiled(jax.value_and_grad(value, (0, 1, 2)), *map(jnp.float64, (0.999, 0.001, 0.5)))


def tanh_mul():
    return compiled(jax.value_and_grad(lambda x: (jnp.tanh(x) * x).sum()), uniform((16 << 20,)))


def conv(channels):
    x, g = uniform((32, 32, 32, channels)), uniform((32, 32, 32, channels), 1)
    w, b = uniform((3, 3, channels, channels), 2), uniform((channels,), 3)

    def both(x, w, b, g):
        y, back = jax.vjp(lambda x, w, b: convolve(x, w) + b, x, w, b)
        return y, back(g)
    return compiled(both, x, w, b, g)


WORKLOADS = {
    "mlp": {"jit": lambda: classifier(128, (784, 512, 512, 10), "adam")},
    "two_layer": {"jit": lambda: classifier(100, (3072, 50, 10), "momentum")},
    "cnn": {"jit": cnn},
    "resnet20": {"jit": resnet20},
    "lstm_b1": {"jit": lambda: lstm(1)},
    "lstm_b32": {"jit": lambda: lstm(32)},
    "moons": {"jit": moons},
    "scalar_1000": {"jit": scalar_1000},
    "tanh_mul": {"jit": tanh_mul},
    "conv64": {"jit": lambda: conv(64)},
    "conv128": {"jit": lambda: conv(128)},
}

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(jax.__version__)
    else:
        serve(WORKLOADS, lambda threads: None)
