"""corners.py: special points of gates of more than one number: what the value and the gradients of
the sum of its elements have to be, one row a case.

Each row: text, operands x, y, z, the value, the gradients.  None leaves one unchecked.  Numbers
are worked out by hand, or are the conventions of the gate's file.
"""
import math

import numpy as np

inf, nan = math.inf, math.nan
B, T = 1e300, 1e-300
HALF = math.sqrt(0.5)
LN2 = math.log(2)

ROWS = [
    # C11 F.10.4.4 for pow; x^0 = 1 everywhere; the limits of x^y ln x
    ("x^y", [0.0, 0.0], 1, [0, 0]),
    ("x^y", [0.0, 2.0], 0, [0, 0]),
    ("x^y", [0.0, 1.0], 0, [1, 0]),
    ("x^y", [0.0, 0.5], 0, [inf, 0]),
    ("x^y", [0.0, -1.0], inf, [-inf, -inf]),
    ("x^y", [-0.0, -1.0], -inf, [-inf, None]),
    ("x^y", [-0.0, 3.0], -0.0, [0, 0]),
    ("x^y", [-2.0, 3.0], -8, [12, nan]),
    ("x^y", [-2.0, -2.0], 0.25, [0.25, nan]),
    ("x^y", [-2.0, 0.5], nan, [nan, nan]),
    ("x^y", [inf, -1.0], 0, [0, 0]),
    ("x^y", [inf, 2.0], inf, [inf, inf]),
    ("x^y", [-inf, 3.0], -inf, [inf, nan]),
    ("x^y", [1.0, inf], 1, [inf, 0]),
    ("x^y", [nan, 0.0], 1, [None, nan]),
    ("x^y", [1.0, nan], 1, [nan, 0]),
    ("x^y", [B, 0.5], 1e150, [5e-151, 1e150 * math.log(B)]),
    # lengths and angles at the ends of the range
    ("hypot(x, y)", [0.0, 0.0], 0, [0, 0]),
    ("hypot(x, y)", [B, B], math.sqrt(2) * B, [HALF, HALF]),
    ("hypot(x, y)", [T, T], math.sqrt(2) * T, [HALF, HALF]),
    ("hypot(x, y)", [5e-324, 0.0], 5e-324, [1, 0]),
    ("hypot(x, y)", [-inf, 1.0], inf, [-1, 0]),
    ("hypot(x, y)", [nan, inf], inf, [0, 1]),
    ("atan2(x, y)", [B, B], math.pi / 4, [0.5 / B, -0.5 / B]),
    ("atan2(x, y)", [T, T], math.pi / 4, [0.5 / T, -0.5 / T]),
    ("atan2(x, y)", [0.0, -1.0], math.pi, [-1, 0]),
    ("atan2(x, y)", [-0.0, -1.0], -math.pi, [-1, 0]),
    ("atan2(x, y)", [inf, inf], math.pi / 4, [0, 0]),
    ("atan2(x, y)", [0.0, 0.0], 0, [nan, nan]),
    ("x / y", [1.0, 0.0], inf, [inf, -inf]),
    ("x / y", [0.0, 0.0], nan, [inf, nan]),
    ("x / y", [1.0, inf], 0, [0, 0]),
    ("x / y", [1e-200, 1e-200], 1, [1e200, -1e200]),
    ("maximum(x, y)", [1.0, 1.0], 1, [0.5, 0.5]),
    ("maximum(x, y)", [inf, inf], inf, [0.5, 0.5]),
    ("maximum(x, y)", [nan, 1.0], nan, [0.5, 0.5]),
    # kinks
    ("abs(x)", [[0.0, -0.0]], [0, 0], [[0, 0]]),
    ("relu(x)", [[0.0, -0.0]], [0, 0], [[0, 0]]),
    ("leaky_relu(x, slope=0.5)", [[0.0]], [0], [[0.5]]),
    ("clamp(x, lo=-1, hi=2)", [[-1.0, 2.0, 3.0, nan]], [-1, 2, 2, nan], [[1, 1, 0, 1]]),
    ("relu6(x)", [[0.0, 6.0, 5.0]], [0, 6, 5], [[0, 0, 1]]),
    ("hardtanh(x)", [[-1.0, 1.0]], [-1, 1], [[0, 0]]),
    ("hardsigmoid(x)", [[-3.0, 3.0, 0.0]], [0, 1, 0.5], [[0, 0, 1 / 6]]),
    ("hardswish(x)", [[-3.0, 3.0]], [0, 3], [[0, 1]]),
    ("huber_loss(x, y, reduction=none)", [[1.0, -1.0, 0.0], [0.0] * 3], [0.5, 0.5, 0],
     [[1, -1, 0], [-1, 1, 0]]),
    ("smooth_l1_loss(x, y, beta=0, reduction=none)", [[0.0, 2.0], [0.0] * 2], [0, 2],
     [[0, 1], [0, -1]]),
    ("smooth_l1_loss(x, y, beta=1e300, reduction=none)", [[1e200], [0.0]], [5e99],
     [[1e-100], [-1e-100]]),
    ("dropout(x, keep=1)", [[1.0, inf, -0.0]], [1, inf, -0.0], [[1, 1, 1]]),
    # a branch not taken, and what lies below it
    ("where(greater(x, 0), sqrt(x), 2*x)", [[0.0, 4.0, -1.0]], [0, 2, -2], [[2, 0.25, 2]]),
    ("where(greater(x, 0), log(x), x)", [[0.0, 1.0]], [0, 0], [[1, 1]]),
    ("where(equal(x, 0), 1, sin(x)/x)", [[0.0, math.pi / 2]], [1, 2 / math.pi],
     [[0, -4 / math.pi ** 2]]),
    ("where(greater(x, 0), exp(1000 + x), x)", [[-1.0]], [-1], [[1]]),
    ("where(greater(x, 0), x, y)", [[1.0, -1.0], [nan, 5.0]], [1, 5], [[1, 0], [0, 1]]),
    ("where(greater(x, 0), x, y)", [[1.0, -1.0], [inf, 5.0]], [1, 5], [[1, 0], [0, 1]]),
    ("m = greater(x, 0); where(m, softmax(where(m, x, -inf)), 0)", [[-1.0, -2.0]], [0, 0],
     [[0, 0]]),
    ("relu(log(x))", [[0.0, math.e]], [0, 1], [[0, 1 / math.e]]),
    ("maximum(sqrt(x), 1)", [[0.0, 4.0]], [1, 2], [[0, 0.25]]),
    # sums, products, extremes
    ("norm(x)", [[3 * B, 4 * B]], 5 * B, [[0.6, 0.8]]),
    ("norm(x)", [[3 * T, 4 * T]], 5 * T, [[0.6, 0.8]]),
    ("norm(x)", [[0.0, 0.0]], 0, [[0, 0]]),
    ("norm(x, ord=inf)", [[2.0, -2.0, 1.0]], 2, [[0.5, -0.5, 0]]),
    ("cosine_similarity(x, y)", [[3 * B, 4 * B], [B, 0.0]], 0.6,
     [[0.64 / (5 * B), -0.48 / (5 * B)], [0, 0.8 / B]]),
    ("cosine_similarity(x, y, eps=0)", [[3 * T, 4 * T], [T, 0.0]], 0.6,
     [[0.64 / (5 * T), -0.48 / (5 * T)], [0, 0.8 / T]]),
    ("std(x)", [[B, 3 * B]], B, [[-0.5, 0.5]]),
    ("std(x)", [[T, 3 * T]], T, [[-0.5, 0.5]]),
    ("std(x)", [[1e8 + 1, 1e8 + 3]], 1, [[-0.5, 0.5]]),
    ("std(x)", [[5.0, 5.0]], 0, [[0, 0]]),
    ("var(x)", [[1e8 + 1, 1e8 + 2, 1e8 + 3]], 2 / 3, [[-2 / 3, 0, 2 / 3]]),
    ("var(x, ddof=1)", [[7.0]], nan, [[nan]]),
    ("layer_norm(x, eps=0)", [[B, 3 * B]], [-1, 1], [[0, 0]]),
    ("layer_norm(x, eps=0)", [[T, 3 * T]], [-1, 1], None),
    ("rms_norm(x, eps=0)", [[B, B]], [1, 1], [[0, 0]]),
    ("sum(x)", [[1e308, 1e308, -1e308]], None, [[1, 1, 1]]),
    ("mean(x)", [[]], nan, [[]]),
    ("sum(x)", [[]], 0, [[]]),
    ("prod(x)", [[0.0, 2.0, 3.0]], 0, [[6, 0, 0]]),
    ("prod(x)", [[0.0, 0.0, 3.0]], 0, [[0, 0, 0]]),
    ("prod(x)", [[]], 1, [[]]),
    ("cumprod(x)", [[0.0, 2.0, 3.0]], [0, 0, 0], [[9, 0, 0]]),
    ("cumprod(x)", [[2.0, 0.0, 3.0]], [2, 0, 0], [[1, 8, 0]]),
    ("cumprod(x)", [[0.0, 0.0, 3.0]], [0, 0, 0], [[1, 0, 0]]),
    ("max(x)", [[1.0, nan, 2.0]], nan, [[0, 1, 0]]),
    ("max(x)", [[2.0, 2.0, 1.0]], 2, [[0.5, 0.5, 0]]),
    ("min(x)", [[-inf, -inf, 1.0]], -inf, [[0.5, 0.5, 0]]),
    ("sort(x)", [[3.0, nan, 1.0]], [1, 3, nan], [[1, 1, 1]]),
    ("topk(x, k=2)", [[2.0, 2.0, 2.0]], [2, 2], [[1, 1, 0]]),
    # exponentials
    ("logsumexp(x)", [[-inf, -inf]], -inf, [[0, 0]]),
    ("logsumexp(x)", [[-inf, 1.0]], 1, [[0, 1]]),
    ("logsumexp(x)", [[inf, 1.0]], inf, [[1, 0]]),
    ("logsumexp(x)", [[-1e4, -1e4]], -1e4 + LN2, [[0.5, 0.5]]),
    ("logsumexp(x)", [[1e9, 1e9]], 1e9 + LN2, [[0.5, 0.5]]),
    ("logsumexp(x)", [[]], -inf, [[]]),
    ("softmax(x)", [[1e4, -1e4]], [1, 0], [[0, 0]]),
    ("softmax(x)", [[-inf, 1.0]], [0, 1], [[0, 0]]),
    ("log_softmax(x)", [[1e4, -1e4]], [0, -2e4], [[-1, 1]]),
    ("log_softmax(x)", [[1e308, 1e308]], [-LN2, -LN2], [[0, 0]]),
    ("softplus(x)", [[1e4, -1e4]], [1e4, 0], [[1, 0]]),
    ("sigmoid(x)", [[1e4, -1e4]], [1, 0], [[0, 0]]),
    ("bce_with_logits(x, y, reduction=none)", [[1e4, -1e4, inf], [1.0, 1.0, 1.0]], [0, 1e4, 0],
     [[0, -1, 0], [-1e4, 1e4, -inf]]),
    ("kl_div(x, y, reduction=none)", [[-1.0, -inf], [0.0, 0.0]], [0, 0], [[0, 0], None]),
    ("expm1(x)", [[1e-12, -1e-12]], [1e-12 + 5e-25, -1e-12 + 5e-25], [[1 + 1e-12, 1 - 1e-12]]),
    ("log1p(x)", [[1e-12, -1e-12]], [1e-12 - 5e-25, -1e-12 - 5e-25], [[1 - 1e-12, 1 + 1e-12]]),
    # distances
    ("triplet_loss(x, y, z, margin=0)", [[[3 * B, 0.0]], [[0.0, 4 * B]], [[3 * B, B]]], 4 * B,
     [[[0.6, 0.2]], [[-0.6, 0.8]], [[0, -1]]]),
    ("triplet_loss(x, y, z)", [[[1.0, 2.0]]] * 3, 1, [[[0, 0]]] * 3),
]


def right(ours, wanted):
    """All elements to 1e-14 of themselves, infinities, NaN and nothing else for them."""
    a, b = np.asarray(ours, dtype=float), np.asarray(wanted, dtype=float)
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= 1e-14 * np.abs(b)
    return bool(np.all((a == b) | (np.isnan(a) & np.isnan(b)) | (near & np.isfinite(b))))


def close(ours, wanted):
    """As right, for a gradient: what should be 0 may be 1e-14 of the others."""
    a, b = np.asarray(ours, dtype=float), np.asarray(wanted, dtype=float)
    finite = b[np.isfinite(b)]
    size = float(np.abs(finite).max(initial=0))
    if a.shape == b.shape and np.isfinite(a).all() and np.isfinite(b).all():
        return bool((np.abs(a - b) <= 1e-14 * max(size, 1e-305)).all())
    return right(ours, wanted)


def failures(evaluate):
    """evaluate(text, operands): value, gradients by the sweep, by the rules."""
    found = []
    for text, operands, value, grads in ROWS:
        arrays = [np.array(o, dtype=np.float64) for o in operands]
        v, *both = evaluate(text, dict(zip("xyz", arrays)))
        at = f"{text} at {operands}"
        if value is not None and not right(v, value):
            found.append(f"{at}: {v.tolist()}, not {value}")
        for what, ours in zip(("gradient", "rule"), both):
            for k, wanted in enumerate(grads or []):
                if wanted is not None and not close(ours[k], wanted):
                    found.append(f"{at}: {what} {k} is {ours[k].tolist()}, not {wanted}")
    return found, len(ROWS)
