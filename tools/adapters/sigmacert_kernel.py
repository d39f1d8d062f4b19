# SPDX-License-Identifier: Apache-2.0
"""A kernel under test in Python: the worker's side of fuzz/PROTOCOL.md, with NumPy alone.

    import sigmacert_kernel

    def attention(problem, q, k, v, d_o):
        ...
        return {"o": o}  # and "dq", "dk", "dv", "db" if problem.backward

    sigmacert_kernel.serve("mine", attention, features=["causal"], formats=["fp32"])

q, k, v, d_o are [entry][head][row][channel] in fp32, exactly the values of their format, or with
raw=True as they are: float32, float16, and bf16 as uint16 patterns. Results in fp32 are rounded to
nearest, ties to even; uint16 is taken as it is. An entry is a sequence, or all of them where
problem.starts_q is given. Raise Refused("why") for a case that the kernel does not do.
"""
import mmap
import os
import sys

import numpy as np

UNBOUNDED = 1 << 24
ELEMENTS = {"bf16": np.uint16, "fp16": np.float16, "fp32": np.float32}


class Refused(Exception):
    """The kernel does not do this case."""


def widen(array, name):
    """The values of an array of a format, in fp32. Exact."""
    if name == "bf16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32)


def narrow(array, name):
    """fp32 values in a format, rounded to nearest, ties to even; a NaN becomes a quiet one."""
    array = np.ascontiguousarray(array)
    if name != "bf16" or array.dtype == np.uint16:
        with np.errstate(over="ignore", invalid="ignore"):
            return array if array.dtype == np.uint16 else array.astype(ELEMENTS[name])
    bits = array.astype(np.float32).view(np.uint32)
    rounded = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return np.where(bits & 0x7FFFFFFF > 0x7F800000, np.uint16(0x7FC0), rounded)


class Problem:
    """A call: its fields are those of the line, its arrays views of the shared memory."""

    def __init__(self, fields, memory):
        self._memory = memory
        for name in "batch heads_q heads_kv n_q n_k d d_v left right seed".split():
            setattr(self, name, int(fields[name]))
        self.backward = fields["backward"] == "1"
        self.format_in, self.format_out = fields["in"], fields["out"]
        self.tau = float.fromhex(fields["tau"])
        offset, self.bias_scope = fields["bias"].split(":")
        count = {"scalar": 1, "head": self.heads_q, "sequence": self.batch}[self.bias_scope]
        self.bias = self._array(np.float32, offset, count)
        self.slopes = self._array(np.float32, fields.get("slopes"), self.heads_q)
        self.key_lengths = self._array(np.int32, fields.get("key_lengths"), self.batch)
        starts = fields["starts"].split(":") if "starts" in fields else [None, None]
        self.starts_q = self._array(np.int32, starts[0], self.batch + 1)
        self.starts_k = self._array(np.int32, starts[1], self.batch + 1)
        self.d_b = self._array(np.float32, fields.get("db"), self.batch * self.heads_q)
        self.entries = self.batch if self.starts_q is None else 1
        self.plane = None
        if "plane" in fields:
            plane = fields["plane"].split(":")
            shape = (self.batch, self.heads_q, int(plane[5]), int(plane[6]))
            self.plane = self._view(np.uint8, plane, shape)
            self.plane_block = (int(plane[7]), int(plane[8]))

    def _array(self, kind, offset, count):
        if offset is None:
            return None
        return np.ndarray((count,), kind, self._memory, int(offset))

    def _view(self, kind, place, shape):
        if 0 in shape:
            return np.empty(shape, kind)
        size = np.dtype(kind).itemsize
        strides = [int(x) * size for x in place[1:4]] + [size]
        return np.ndarray(shape, kind, self._memory, int(place[0]), strides)

    def tensor(self, fields, name):
        """A tensor as it lies in memory: [entry][head][row][channel]."""
        keys = name in ("k", "v", "dk", "dv")
        width = self.d if name in ("q", "k", "dq", "dk") else self.d_v
        shape = (self.entries, self.heads_kv if keys else self.heads_q,
                 self.n_k if keys else self.n_q, width)
        kind = ELEMENTS[self.format_out if name == "o" else self.format_in]
        return self._view(kind, fields[name].split(":"), shape)

    def rows(self, b):
        """(entry, slice of its rows, slice of its valid keys) of sequence b."""
        entry, first_q, first_k, n_q, n_k = b, 0, 0, self.n_q, self.n_k
        if self.starts_q is not None:
            entry = 0
            first_q, first_k = int(self.starts_q[b]), int(self.starts_k[b])
            n_q, n_k = int(self.starts_q[b + 1]) - first_q, int(self.starts_k[b + 1]) - first_k
        n_k = n_k if self.key_lengths is None else int(self.key_lengths[b])
        return entry, slice(first_q, first_q + n_q), slice(first_k, first_k + n_k)

    def bias_of(self, b, h):
        """The bias b of head h of sequence b."""
        return self.bias[{"scalar": 0, "head": h, "sequence": b}[self.bias_scope]]

    def positions(self, b):
        """i + n_k - n_q - j for each row and key of sequence b: ALiBi's distance is its size."""
        _, rows, keys = self.rows(b)
        n_q, n_k = rows.stop - rows.start, keys.stop - keys.start
        return np.arange(n_q)[:, None] + (n_k - n_q) - np.arange(n_k)[None, :]

    def visible(self, b, h):
        """Which rows see which keys: a matrix of sequence b, head h."""
        position = self.positions(b)
        seen = (position <= self.left) & (-position <= self.right)
        if self.plane is not None:
            i, j = (np.arange(n) // block for n, block in zip(position.shape, self.plane_block))
            seen &= self.plane[b, h][i[:, None], j[None, :]] != 0
        return seen


class Server:
    """Answers requests; see serve."""

    def __init__(self, function, raw):
        self.function, self.raw, self.memory, self.bytes = function, raw, None, 0

    def map(self, size):
        """The shared memory, mapped anew when its size changes."""
        if size != self.bytes:
            file = os.open(os.environ["SIGMACERT_MEMORY"], os.O_RDWR)
            self.memory, self.bytes = mmap.mmap(file, size), size
            os.close(file)
        return self.memory

    def run(self, fields):
        """One call."""
        problem = Problem(fields, self.map(int(fields["memory"])))
        name = problem.format_in
        inputs = [problem.tensor(fields, x) for x in (["q", "k", "v"] + ["do"] * problem.backward)]
        inputs = [x if self.raw else widen(x, name) for x in inputs] + [None]
        results = self.function(problem, *inputs[:4])
        for output in ["o"] + ["dq", "dk", "dv"] * problem.backward:
            kind = problem.format_out if output == "o" else name
            problem.tensor(fields, output)[...] = narrow(results[output], kind)
        if problem.d_b is not None:
            problem.d_b[...] = np.asarray(results["db"], np.float32).reshape(-1)

    def answer(self, fields):
        """The answer to a call, in a line."""
        try:
            self.run(fields)
            return f"done {fields['id']}"
        except Refused as why:
            return f"refused {fields['id']} {why}".replace("\n", " ")[:400]
        except Exception as why:  # pylint: disable=broad-except
            return f"failed {fields['id']} {type(why).__name__}: {why}".replace("\n", " ")[:400]


def serve(name, function, features=(), formats=("fp32",), formats_out=None, d_max=UNBOUNDED,
          d_multiple=1, arithmetic="unknown", raw=False):
    """Answers requests on standard input until its end. What the function prints goes to stderr."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = Server(function, raw)
    for line in sys.stdin:
        words = line.split()
        if words == ["hello", "1"]:
            answer = (f"kernel version=1 name={name} features={','.join(features) or 'none'} "
                      f"in={','.join(formats)} out={','.join(formats_out or formats)} "
                      f"d_max={d_max} d_v_max={d_max} d_multiple={d_multiple} memory=host "
                      f"arithmetic={arithmetic}")
        elif words and words[0] == "run":
            answer = server.answer(dict(word.split("=", 1) for word in words[1:]))
        else:
            continue
        print("sigmacert", answer, file=channel, flush=True)
