"""special.py: values and derivatives at special points, against mpmath and tables of limits.

At finite points an error is counted in units in the last place of the right answer, worked out with
60 digits.  What stands in the tables are one-sided limits or, where there is none, the convention
that the head of the gate's file documents.
"""
import math

import mpmath as mp
import numpy as np

inf, nan = math.inf, math.nan
mp.mp.dps = 60
HALF, ROOT2, TWO_PI = mp.mpf(1) / 2, mp.sqrt(2), mp.sqrt(2 / mp.pi)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(-abs(x))) + max(x, 0)


def normal(x):
    return HALF * mp.erfc(-x / ROOT2)


def u(x):  # of gelu by tanh, doubled; the constant is a double there
    return 2 * TWO_PI * (x + mp.mpf(0.044715) * x ** 3)


def du(x):
    return 2 * TWO_PI * (1 + mp.mpf(3 * 0.044715) * x * x)


def selu(x, slope):
    scale, alpha = mp.mpf(1.0507009873554804934), mp.mpf(1.6732632423543772848)
    if x > 0:
        return scale if slope else scale * x
    return scale * alpha * (mp.exp(x) if slope else mp.expm1(x))


# gate: value, derivative; a third entry: the derivative is made of the value, right to so many
# units of 2^-53 and not to its last digits where it is small
UNARY = {
    "neg(x)": (lambda x: -x, lambda x: -1),
    "square(x)": (lambda x: x * x, lambda x: 2 * x),
    "sqrt(x)": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x))),
    "rsqrt(x)": (lambda x: 1 / mp.sqrt(x), lambda x: -HALF / (x * mp.sqrt(x))),
    "reciprocal(x)": (lambda x: 1 / x, lambda x: -1 / x ** 2),
    "cbrt(x)": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2)),
    "exp(x)": (mp.exp, mp.exp),
    "exp2(x)": (lambda x: mp.mpf(2) ** x, lambda x: mp.log(2) * mp.mpf(2) ** x),
    "expm1(x)": (mp.expm1, mp.exp),
    "log(x)": (mp.log, lambda x: 1 / x),
    "log2(x)": (lambda x: mp.log(x, 2), lambda x: 1 / (x * mp.log(2))),
    "log10(x)": (mp.log10, lambda x: 1 / (x * mp.log(10))),
    "log1p(x)": (mp.log1p, lambda x: 1 / (1 + x)),
    "sin(x)": (mp.sin, mp.cos),
    "cos(x)": (mp.cos, lambda x: -mp.sin(x)),
    "tan(x)": (mp.tan, lambda x: 1 / mp.cos(x) ** 2),
    "asin(x)": (mp.asin, lambda x: 1 / mp.sqrt((1 - x) * (1 + x))),
    "acos(x)": (mp.acos, lambda x: -1 / mp.sqrt((1 - x) * (1 + x))),
    "atan(x)": (mp.atan, lambda x: 1 / (1 + x * x)),
    "sinh(x)": (mp.sinh, mp.cosh),
    "cosh(x)": (mp.cosh, mp.sinh),
    "tanh(x)": (mp.tanh, lambda x: 1 / mp.cosh(x) ** 2, 2),
    "asinh(x)": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x)),
    "acosh(x)": (mp.acosh, lambda x: 1 / mp.sqrt(x * x - 1)),
    "atanh(x)": (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x))),
    "erf(x)": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "erfc(x)": (mp.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "sigmoid(x)": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x), 2),
    "log_sigmoid(x)": (lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "softplus(x)": (softplus, sigmoid),
    "softsign(x)": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "silu(x)": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    "mish(x)": (lambda x: x * mp.tanh(softplus(x)), lambda x: mp.tanh(softplus(x))
                + x * sigmoid(x) / mp.cosh(softplus(x)) ** 2),
    "gelu(x)": (lambda x: x * normal(x),
                lambda x: normal(x) + x * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)),
    "gelu(x, approximate=tanh)": (
        lambda x: x * sigmoid(u(x)), lambda x: sigmoid(u(x)) * (1 + x * sigmoid(-u(x)) * du(x))),
    "elu(x)": (lambda x: x if x > 0 else mp.expm1(x), lambda x: 1 if x > 0 else mp.exp(x), 2),
    "celu(x)": (lambda x: x if x > 0 else mp.expm1(x), lambda x: 1 if x > 0 else mp.exp(x)),
    "selu(x)": (lambda x: selu(x, 0), lambda x: selu(x, 1), 4),
    "lgamma(x)": (lambda x: mp.log(abs(mp.gamma(x))), mp.digamma, 32),
    "digamma(x)": (mp.digamma, lambda x: mp.polygamma(1, x)),
    "polygamma(x, n=1)": (lambda x: mp.polygamma(1, x), lambda x: mp.polygamma(2, x)),
    "polygamma(x, n=2)": (lambda x: mp.polygamma(2, x), lambda x: mp.polygamma(3, x)),
    "polygamma(x, n=5)": (lambda x: mp.polygamma(5, x), lambda x: mp.polygamma(6, x)),
}
# where not all last places can be asked for, near a zero or far out in a tail: right to so many
# units of 2^-53 of max(1, |answer|)
ABSOLUTE = {"digamma(x)": 32, "lgamma(x)": 8, "mish(x)": 8, "silu(x)": 4, "gelu(x)": 4,
            "gelu(x, approximate=tanh)": 4, "erf(x)": 4, "erfc(x)": 4}
ULPS = 16
KINDS = ("value", "derivative", "rule")

MAGNITUDES = [
    5e-324, 1e-310, 1e-300, 1e-155, 1e-20, 1e-12, 1e-8, 1e-5, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9,
    1 - 1e-12, 1 - 2 ** -53, 1.0, 1 + 2 ** -52, 1 + 1e-12, 1.1, 1.4616321449683623, 1.5, math.pi / 2,
    2.0, 2.5, 3.0, math.pi, 3.5, 5.0, 8.0, 10.0, 13.0, 20.0, 26.0, 38.0, 50.0, 100.0, 170.5, 354.0,
    700.0, 709.0, 710.0, 745.0, 750.0, 1e3, 1e4, 1e5, 1e8, 1e16, 1e100, 1e150, 1e200, 1e300, 1.7e308]
POINTS = MAGNITUDES + [-m for m in MAGNITUDES] + [
    -0.504083008264455, -1.57349847316239, -2.4570247382208, -1 + 1e-10, -1 - 1e-10, -2 + 1e-8,
    -10.5, -10 + 1e-6, -20.3, -50.1, -100.7, -1000.5]

# value and derivative at 0, -0, inf, -inf; at nan both are nan
ENDS = {
    "abs(x)": ((0, 0, inf, inf), (0, 0, 1, -1)),
    "square(x)": ((0, 0, inf, inf), (0, 0, inf, -inf)),
    "sqrt(x)": ((0, -0.0, inf, nan), (inf, -inf, 0, nan)),
    "rsqrt(x)": ((inf, -inf, 0, nan), (-inf, -inf, 0, nan)),
    "reciprocal(x)": ((inf, -inf, 0, 0), (-inf, -inf, 0, 0)),
    "cbrt(x)": ((0, -0.0, inf, -inf), (inf, inf, 0, 0)),
    "exp(x)": ((1, 1, inf, 0), (1, 1, inf, 0)),
    "exp2(x)": ((1, 1, inf, 0), (math.log(2), math.log(2), inf, 0)),
    "expm1(x)": ((0, -0.0, inf, -1), (1, 1, inf, 0)),
    "log(x)": ((-inf, -inf, inf, nan), (inf, -inf, 0, 0)),
    "log2(x)": ((-inf, -inf, inf, nan), (inf, -inf, 0, 0)),
    "log10(x)": ((-inf, -inf, inf, nan), (inf, -inf, 0, 0)),
    "log1p(x)": ((0, -0.0, inf, nan), (1, 1, 0, 0)),
    "sin(x)": ((0, -0.0, nan, nan), (1, 1, nan, nan)),
    "cos(x)": ((1, 1, nan, nan), (0, 0, nan, nan)),
    "tan(x)": ((0, -0.0, nan, nan), (1, 1, nan, nan)),
    "asin(x)": ((0, -0.0, nan, nan), (1, 1, nan, nan)),
    "acos(x)": ((math.pi / 2, math.pi / 2, nan, nan), (-1, -1, nan, nan)),
    "atan(x)": ((0, -0.0, math.pi / 2, -math.pi / 2), (1, 1, 0, 0)),
    "sinh(x)": ((0, -0.0, inf, -inf), (1, 1, inf, inf)),
    "cosh(x)": ((1, 1, inf, inf), (0, 0, inf, -inf)),
    "tanh(x)": ((0, -0.0, 1, -1), (1, 1, 0, 0)),
    "asinh(x)": ((0, -0.0, inf, -inf), (1, 1, 0, 0)),
    "acosh(x)": ((nan, nan, inf, nan), (nan, nan, 0, nan)),
    "atanh(x)": ((0, -0.0, nan, nan), (1, 1, 0, 0)),
    "erf(x)": ((0, -0.0, 1, -1), (2 / math.sqrt(math.pi),) * 2 + (0, 0)),
    "erfc(x)": ((1, 1, 0, 2), (-2 / math.sqrt(math.pi),) * 2 + (0, 0)),
    "sigmoid(x)": ((0.5, 0.5, 1, 0), (0.25, 0.25, 0, 0)),
    "log_sigmoid(x)": ((-math.log(2), -math.log(2), 0, -inf), (0.5, 0.5, 0, 1)),
    "softplus(x)": ((math.log(2), math.log(2), inf, 0), (0.5, 0.5, 1, 0)),
    "softsign(x)": ((0, -0.0, 1, -1), (1, 1, 0, 0)),
    "silu(x)": ((0, -0.0, inf, 0), (0.5, 0.5, 1, 0)),
    "mish(x)": ((0, -0.0, inf, 0), (0.6, 0.6, 1, 0)),
    "gelu(x)": ((0, -0.0, inf, 0), (0.5, 0.5, 1, 0)),
    "gelu(x, approximate=tanh)": ((0, -0.0, inf, 0), (0.5, 0.5, 1, 0)),
    "elu(x)": ((0, -0.0, inf, -1), (1, 1, 1, 0)),
    "celu(x)": ((0, -0.0, inf, -1), (1, 1, 1, 0)),
    "relu(x)": ((0, 0, inf, 0), (0, 0, 1, 0)),
    "hardswish(x)": ((0, -0.0, inf, 0), (0.5, 0.5, 1, 0)),
    "lgamma(x)": ((inf, inf, inf, inf), (-inf, inf, inf, nan)),
    "digamma(x)": ((-inf, inf, inf, nan), (inf, inf, 0, nan)),
    "polygamma(x, n=1)": ((inf, inf, 0, nan), (-inf, inf, 0, nan)),
}


def units(ours, answer):
    """The error in units in the last place of the right answer; inf where just one is a number."""
    if mp.isnan(answer) or math.isnan(ours):
        return 0.0 if mp.isnan(answer) and math.isnan(ours) else inf
    near = float(answer)
    if ours == near:
        return 0.0
    if math.isinf(near) or math.isinf(ours):
        return inf
    return float(abs(mp.mpf(ours) - answer) / math.ulp(near))


def exact(function, x):
    """None where it is not defined."""
    try:
        answer = mp.mpmathify(function(mp.mpf(x)))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return None if isinstance(answer, mp.mpc) else answer


def judge(ours, answer, absolute):
    """1 if it is right; answers of which the square underflows may be 0."""
    if units(ours, answer) <= ULPS or abs(answer) < 1e-305 and ours == 0:
        return 1
    size = absolute * 2 ** -53 * max(1, abs(answer))
    return absolute and abs(mp.mpf(ours) - answer) <= size


def unary_failures(evaluate, text, x):
    """evaluate(text, x) gives value, derivative by the sweep and by the rule at a vector x."""
    value, slope, *made_of_value = UNARY[text]
    absolute = ABSOLUTE.get(text, 0)
    results = evaluate(text, np.array(x))
    for what, function, ours in zip(KINDS, (value, slope, slope), results):
        loose = made_of_value[0] if made_of_value and what != "value" else absolute
        for at, a in zip(x, ours):
            if "gamma" in text and at < -1e4 or text == "acosh(x)" and at < 1:
                continue  # beyond the reference; where it goes on and we say NaN
            answer = exact(function, at)
            if answer is not None and not judge(float(a), answer, loose):
                yield f"{text} {what} at {at!r}: {float(a)!r}, not {mp.nstr(answer, 17)}"


def same(ours, wanted):
    if math.isnan(wanted) or math.isnan(ours):
        return math.isnan(wanted) and math.isnan(ours)
    if wanted == 0 and math.copysign(1, wanted) < 0:
        return ours == 0 and math.copysign(1, ours) < 0
    if ours == wanted or not math.isfinite(wanted):
        return ours == wanted
    return abs(ours - wanted) <= 1e-15 * max(1, abs(wanted))


def end_failures(evaluate, text):
    x = [0.0, -0.0, inf, -inf, nan]
    values, slopes = ENDS[text]
    want = [(*values, nan), (*slopes, nan), (*slopes, nan)]
    for what, ours, wanted in zip(KINDS, evaluate(text, np.array(x)), want):
        for at, a, b in zip(x, ours, wanted):
            if not same(float(a), b):
                yield f"{text} {what} at {at!r}: {float(a)!r}, not {b!r}"


def failures(evaluate):
    """What is wrong, a text each; and the number of points."""
    found = [f for text in UNARY for f in unary_failures(evaluate, text, POINTS)]
    found += [f for text in ENDS for f in end_failures(evaluate, text)]
    return found, len(UNARY) * len(POINTS) + 5 * len(ENDS)
