# SPDX-License-Identifier: Apache-2.0
"""In the place of PyTorch, for tests/rival.c: what tools/measure/attention.py asks of it, with times of its own.

One unit of work, 1024 keys for each query of all heads, takes 1 ms forward and 3 ms backward; half of it where it is
causal. The first of the repeats that count takes 4 times as long, and the second half the time.
"""
import os
import sys
import types

if os.environ.get("STAND_IN_MISSING"):
    raise ModuleNotFoundError("No module named 'torch'")

__version__ = "0.stand-in"
bfloat16 = "bfloat16"
clock, recorded, grads = 0.0, 0, True


class Tensor:
    def __init__(self, shape, dtype, device):
        assert dtype == bfloat16 and device == "cuda"
        self.shape, self.wanted, self.work = shape, False, 0.0

    def requires_grad_(self, wanted):
        self.wanted = wanted


def randn(shape, device, dtype):
    return Tensor(shape, dtype, device)


def manual_seed(seed):
    assert seed != 0


def launch(ms):
    global clock
    clock += ms * {7: 4.0, 9: 0.5}.get(recorded, 1.0)  # the first three repeats warm up


class Event:
    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        global recorded
        recorded += 1
        self.time = clock

    def elapsed_time(self, end):
        assert cuda.waited, "a time before the end"
        return end.time - self.time


def synchronize():
    cuda.waited = True


def empty_cache():
    global recorded
    recorded = 0
    cuda.waited = False


class no_grad:
    def __enter__(self):
        global grads
        grads = False

    def __exit__(self, *_):
        global grads
        grads = True


backend = None


class sdpa_kernel:
    def __init__(self, backends):
        (self.chosen,) = backends

    def __enter__(self):
        global backend
        backend = self.chosen

    def __exit__(self, *_):
        global backend
        backend = None


def scaled_dot_product_attention(q, k, v, is_causal):
    batch, heads, n, d = q.shape
    assert k.shape == v.shape == q.shape and batch * n == 16384 and heads * d == 2048
    if backend is None or (backend == "CUDNN" and d > 128):
        raise RuntimeError("No available kernel. Aborting execution.")
    o = Tensor(q.shape, bfloat16, "cuda")
    o.work = n / 1024 * (0.5 if is_causal else 1.0) * (2.0 if backend == "CUDNN" else 1.0)
    o.wanted = grads and q.wanted and k.wanted and v.wanted
    launch(o.work)
    return o


def gradient(o, inputs, d_o, retain_graph):
    assert o.wanted and len(inputs) == 3 and d_o.shape == o.shape and retain_graph
    launch(3.0 * o.work)
    return inputs


cuda = types.SimpleNamespace(is_available=lambda: os.environ.get("STAND_IN_GPU") != "0",
                             Event=Event, synchronize=synchronize, empty_cache=empty_cache,
                             waited=False)
backends = types.SimpleNamespace(cudnn=types.SimpleNamespace(version=lambda: 90000))
autograd = types.SimpleNamespace(grad=gradient)
nn = types.ModuleType("torch.nn")
nn.functional = types.SimpleNamespace(scaled_dot_product_attention=scaled_dot_product_attention)
nn.attention = types.ModuleType("torch.nn.attention")
nn.attention.SDPBackend = types.SimpleNamespace(FLASH_ATTENTION="FLASH", CUDNN_ATTENTION="CUDNN")
nn.attention.sdpa_kernel = sdpa_kernel
sys.modules["torch.nn"], sys.modules["torch.nn.attention"] = nn, nn.attention
