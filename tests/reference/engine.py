"""engine.py: libwengert through ctypes: an expression, its value and its gradients.

There are three ways to a derivative: the unrecorded sweep (wg_backward), the rules made of gates
(wg_vjp) and forward mode (wg_jvp).
"""
import ctypes as c

import numpy as np

MAX_RANK = 8
DTYPES = [np.float32, np.float64, np.int64, np.bool_]
F64 = 1


class Var(c.Structure):
    _fields_ = [("tape", c.c_void_p), ("index", c.c_uint32), ("serial", c.c_uint32)]


class Shape(c.Structure):
    _fields_ = [("rank", c.c_int), ("dim", c.c_int64 * MAX_RANK)]


class Error(Exception):
    """What the tape says."""


def shape(dims):
    return Shape(len(dims), (c.c_int64 * MAX_RANK)(*dims))


class Engine:
    def __init__(self, path):
        lib = self.lib = c.CDLL(path)
        vars_, names = c.POINTER(Var), c.POINTER(c.c_char_p)
        for name, result, *arguments in [
            ("wg_tape_new", c.c_void_p),
            ("wg_tape_free", None, c.c_void_p),
            ("wg_tape_seed", None, c.c_void_p, c.c_uint64),
            ("wg_tape_message", c.c_char_p, c.c_void_p),
            ("wg_input", Var, c.c_void_p, c.c_int, Shape, c.c_void_p),
            ("wg_const", Var, c.c_void_p, c.c_int, Shape, c.c_void_p),
            ("wg_parse", Var, c.c_void_p, c.c_char_p, c.c_size_t, names, vars_),
            ("wg_mul", Var, Var, Var),
            ("wg_sum", Var, Var),
            ("wg_backward", c.c_int, Var),
            ("wg_grad", Var, Var),
            ("wg_vjp", c.c_int, Var, Var, c.c_size_t, vars_, vars_),
            ("wg_jvp", c.c_int, Var, c.c_size_t, vars_, vars_, vars_),
            ("wg_read", c.c_int, Var, c.c_void_p, c.c_size_t),
            ("wg_shape_of", Shape, Var),
            ("wg_dtype_of", c.c_int, Var),
            ("wg_gate_list", c.POINTER(c.c_void_p)),
        ]:
            if hasattr(lib, name):
                function = getattr(lib, name)
                function.restype, function.argtypes = result, arguments

    def tape(self, seed=0):
        return Tape(self, seed)


class Tape:
    """One recording; values go in and out as arrays."""

    def __init__(self, engine, seed):
        self.lib = engine.lib
        self.t = self.lib.wg_tape_new()
        self.lib.wg_tape_seed(self.t, seed)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.lib.wg_tape_free(self.t)

    def good(self, v):
        if not v.index:
            raise Error(self.lib.wg_tape_message(self.t).decode())
        return v

    def leaf(self, array, wanted=True):
        array = np.asarray(array)
        array = np.ascontiguousarray(array).reshape(array.shape)
        dtype = next(i for i, d in enumerate(DTYPES) if array.dtype == d)
        make = self.lib.wg_input if wanted and dtype <= F64 else self.lib.wg_const
        return self.good(make(self.t, dtype, shape(array.shape), array.ctypes.data))

    def parse(self, text, vars_):
        names = (c.c_char_p * max(1, len(vars_)))(*[k.encode() for k in vars_])
        values = (Var * max(1, len(vars_)))(*vars_.values())
        return self.good(self.lib.wg_parse(self.t, text.encode(), len(vars_), names, values))

    def read(self, v):
        s = self.lib.wg_shape_of(self.good(v))
        out = np.zeros(list(s.dim[: s.rank]), DTYPES[self.lib.wg_dtype_of(v)])
        self.lib.wg_read(v, out.ctypes.data, out.nbytes)
        return out

    def must(self, status):
        if status:
            raise Error(self.lib.wg_tape_message(self.t).decode())

    def backward(self, y, cotangent, xs):
        """Gradients of sum(cotangent * y) by the unrecorded sweep."""
        weighted = self.lib.wg_mul(self.leaf(cotangent, wanted=False), y)
        self.must(self.lib.wg_backward(self.good(self.lib.wg_sum(weighted))))
        return [self.read(self.lib.wg_grad(x)) for x in xs]

    def vjp(self, y, cotangent, xs):
        """The same by the rules, recorded."""
        n = len(xs)
        out = (Var * max(1, n))()
        g = self.leaf(cotangent, wanted=False)
        self.must(self.lib.wg_vjp(y, g, n, (Var * max(1, n))(*xs), out))
        return [self.read(out[i]) for i in range(n)]

    def jvp(self, y, xs, tangents):
        """The tangent of y."""
        n = len(xs)
        out = Var()
        dxs = (Var * max(1, n))(*[self.leaf(d, wanted=False) for d in tangents])
        self.must(self.lib.wg_jvp(y, n, (Var * max(1, n))(*xs), dxs, c.byref(out)))
        return self.read(out)
