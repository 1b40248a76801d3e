"""draw.py: the table of cases, and the random operands they are made of."""
import numpy as np

TABLE = []  # (gate, function of a Draw)


def case(*gates, weight=1):
    """Registers a maker of cases for each of the gates; the maker is given a Draw, and the gate's
    name where there are several, and returns (text, operands, reference).  It makes `weight` times
    as many cases as others."""

    def register(make):
        for gate in gates:
            one = (lambda r, gate=gate: make(r, gate)) if len(gates) > 1 else make
            TABLE.append((gate, one, weight))
        return make

    return register


class Draw:
    """Random operands; extents of 0 and 1 are as likely as others."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def int(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def pick(self, *choices):
        return choices[self.int(0, len(choices) - 1)]

    def coin(self):
        return self.int(0, 1)

    def shape(self, low=0, high=4, least=0, most=5):
        return tuple(self.int(least, most) for _ in range(self.int(low, high)))

    def real(self, shape, lo=-2.0, hi=2.0):
        return np.array(self.rng.uniform(lo, hi, shape), dtype=np.float64)

    def normal(self, shape):
        return np.array(self.rng.normal(size=shape), dtype=np.float64)

    def apart(self, shape, gap=0.05):
        """Numbers no two of which are near: nothing ties, no kink is met."""
        n = int(np.prod(shape))
        places = self.rng.permutation(n) - n / 2
        return (places + self.rng.uniform(0.2, 0.8, n)).reshape(shape) * gap

    def whole(self, shape, limit):
        return np.array(self.rng.integers(0, limit, shape), dtype=np.int64)

    def mask(self, shape):
        return np.array(self.rng.integers(0, 2, shape), dtype=np.bool_)

    def axis(self, rank):
        return self.int(-rank, rank - 1)

    def axes(self, rank):
        """Some axes, perhaps none, each once, negative ones among them."""
        some = [a for a in range(rank) if self.coin()]
        self.rng.shuffle(some)
        return [int(a) - rank * self.coin() for a in some]

    def broadcast(self, n=2):
        """n shapes that broadcast together."""
        full = self.shape()
        shapes = []
        for _ in range(n):
            cut = full[self.int(0, len(full)):] if self.coin() else full
            shapes.append(tuple(1 if self.int(0, 3) == 0 else d for d in cut))
        shapes[self.int(0, n - 1)] = full
        return shapes


def every(axes, rank):
    """The axes of a reduction as torch wants them: none means all."""
    return [a % rank for a in axes] if axes else list(range(rank))
