"""The polynomials of backend/vmath: minimax by Remez' exchange, in 60 digits, and how far each is
from its function.  Prints the coefficients from the constant on:  python3 scripts/minimax.py [NAME]
It needs mpmath; the build does not need it."""
import struct
import sys

from mpmath import atanh, cos, erf, erfc, exp, log, lu_solve, matrix, mp, mpf, pi, sin, sinh
from mpmath import sqrt, tanh

mp.dps = 60
GRID = 1200


def extrema(err):
    """Indices of the extrema between changes of sign."""
    at = []
    for i, e in enumerate(err):
        if e == 0:
            continue
        if at and (err[at[-1]] > 0) == (e > 0):
            if abs(e) > abs(err[at[-1]]):
                at[-1] = i
        else:
            at.append(i)
    return at


def solve(grid, values, weights, points, degree):
    """The polynomial whose weighted errors at the points are equal, with signs by turns."""
    n = degree + 2
    a, b = matrix(n, n), matrix(n, 1)
    for row, p in enumerate(points):
        for k in range(degree + 1):
            a[row, k] = grid[p] ** k
        a[row, n - 1] = (-1) ** row / weights[p]
        b[row] = values[p]
    return list(lu_solve(a, b))[:degree + 1]


def fit(f, weight, lo, hi, degree):
    """c that minimises max |weight(t) (sum c_k t^k - f(t))| over [lo, hi], and that maximum."""
    lo, hi = mpf(lo), mpf(hi)
    grid = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * i / GRID) for i in range(GRID + 1)]
    values, weights = [f(t) for t in grid], [abs(weight(t)) for t in grid]
    points = [round(GRID * i / (degree + 1)) for i in range(degree + 2)]
    least = max(weights) / 10 ** 4
    points = [p if weights[p] > least else p + 1 if p < GRID else p - 1 for p in points]
    best = None
    for _ in range(30):
        c = solve(grid, values, weights, points, degree)
        err = [w * (sum(a * t ** k for k, a in enumerate(c)) - v)
               for t, v, w in zip(grid, values, weights)]
        worst = max(abs(e) for e in err)
        if best is None or worst < best[1]:
            best = c, worst
        at = extrema(err)
        while len(at) > degree + 2:
            at.pop(0 if abs(err[at[0]]) < abs(err[at[-1]]) else -1)
        if len(at) < degree + 2 or at == points:
            break
        points = at
    return best


def series(f, near, least):
    """f, and near 0, where it would cancel, the beginning of its series."""
    return lambda t: f(t) if abs(t) > mpf(10) ** -least else near(t)


def tail(a):
    """(1 + 2x) e^(x^2) erfc(x) in q = (x - a)/(x + a)."""
    def f(q):
        x = a * (1 + q) / (1 - q)
        return (1 + 2 * x) * exp(x * x) * erfc(x)
    return f


R = log(mpf(2)) / 2 * mpf('1.01')
QUARTER = mpf('0.617')  # (pi/4)^2
TO_ERF = 2 / sqrt(pi)
ONE, SELF, SQUARE = (lambda t: mpf(1)), (lambda t: t), (lambda t: t * t)
FITS = {  # function, weight of the error, from, to, degree for float and for double
    'exp': (series(lambda r: (exp(r) - 1 - r) / r ** 2, lambda r: mpf(1) / 2 + r / 6, 15),
            SELF, -R, R, 5, 10),
    'log': (series(lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z,
                   lambda z: mpf(2) / 3 + 2 * z / 5, 30), SELF, 0, '0.02945', 3, 6),
    'tanh': (series(lambda z: (tanh(sqrt(z)) / sqrt(z) - 1) / z,
                    lambda z: -mpf(1) / 3 + 2 * z / 15, 30), SELF, 0, '0.3125', 4, 10),
    'sinh': (series(lambda z: (sinh(sqrt(z)) / sqrt(z) - 1) / z,
                    lambda z: mpf(1) / 6 + z / 120, 30), SELF, 0, 1, 3, 6),
    'sin': (series(lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z,
                   lambda z: -mpf(1) / 6 + z / 120, 30), SELF, 0, QUARTER, 2, 5),
    'cos': (series(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z ** 2,
                   lambda z: mpf(1) / 24 - z / 720, 18), SQUARE, 0, QUARTER, 2, 5),
    'erf': (series(lambda z: erf(sqrt(z)) / sqrt(z) - 1,
                   lambda z: TO_ERF - 1 - TO_ERF * z / 3, 30), ONE, 0, '0.7225', 6, 11),
    'tail32': (tail(mpf(2)), ONE, '-0.6', mpf('8.5') / mpf('12.5'), 10, None),
    'tail64': (tail(mpf(3)), ONE, mpf('-2.5') / mpf('3.5'), mpf('24.5') / mpf('30.5'), None, 21),
}


def show(name, single, degree):
    c, error = fit(*FITS[name][:4], degree)
    if single:
        c = [struct.unpack('f', struct.pack('f', float(v)))[0] for v in c]
    digits = '%.9gf' if single else '%.17g'
    print('%s, %s, error 2^%.1f' % (name, 'float' if single else 'double', float(log(error, 2))))
    print('    ' + ', '.join(digits % float(v) for v in c))


for wanted in sys.argv[1:] or FITS:
    for is_single, best_degree in zip((True, False), FITS[wanted][4:]):
        if best_degree is not None:
            show(wanted, is_single, best_degree)
