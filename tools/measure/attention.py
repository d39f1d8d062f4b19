# SPDX-License-Identifier: Apache-2.0
"""Times of PyTorch's softmax attention on a GPU, asked for in lines: tools/measure/rival.h has the words.

16,384 tokens, hidden width 2048, bf16, inputs normal(0, 1); milliseconds between two events of the GPU. Its backends
are FlashAttention-2 ("flash") and cuDNN's ("cudnn"); a backend that does not do a problem says so, and no other one
takes its place. A gradient is that of all three inputs, without the forward pass.
"""
import sys

TOKENS, HIDDEN = 16384, 2048
WARM_UPS, REPEATS, REPEATS_MAX, MILLISECONDS = 3, 10, 4096, 300.0


def measure(torch, run):
    """Median, least and largest time of `run`. All repeats are queued before one is waited for: as long as the
    processor is quicker than the GPU, none has the time of a launch in it."""

    def timed(count):
        pairs = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(count)]
        for begin, end in pairs:
            begin.record()
            run()
            end.record()
        torch.cuda.synchronize()
        return sorted(begin.elapsed_time(end) for begin, end in pairs)

    once = timed(WARM_UPS)[0]
    times = timed(int(min(REPEATS_MAX, max(REPEATS, 1.0 + MILLISECONDS / max(once, 1e-3)))))
    return times[len(times) // 2], times[0], times[-1]


def attention(torch, backend, backward, d, n, causal):
    """The times of one problem: 4 tensors of 64 MiB, more than a cache holds."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    shape = (TOKENS // n, HIDDEN // d, n, d)
    torch.manual_seed(1)
    q, k, v, d_o = (torch.randn(shape, device="cuda", dtype=torch.bfloat16) for _ in range(4))
    chosen = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}[backend]

    def forward():
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)

    with sdpa_kernel([chosen]):
        if not backward:
            with torch.no_grad():
                return measure(torch, forward)
        for x in (q, k, v):
            x.requires_grad_(True)
        o = forward()
        return measure(torch, lambda: torch.autograd.grad(o, (q, k, v), d_o, retain_graph=True))


def answer(words):
    """What is said to a question without its number: "ok ..." or "no ..."."""
    import torch

    if not torch.cuda.is_available():
        return "no CUDA device for PyTorch " + str(torch.__version__)
    if words == ["version"]:
        return f"ok {torch.__version__} cuDNN {torch.backends.cudnn.version()}"
    backend, which, d, n, causal = words
    if which not in ("forward", "backward"):
        raise ValueError(f"pass {which}, expected forward or backward")
    try:
        times = attention(torch, backend, which == "backward", int(d), int(n), causal == "1")
    finally:
        torch.cuda.empty_cache()  # the memory is the other process's, too
    return "ok {:.9g} {:.9g} {:.9g}".format(*times)


def main():
    for line in sys.stdin:
        number, *words = line.split() or [""]
        try:
            said = answer(words)
        except Exception as reason:  # whatever it is, the question is answered
            said = f"no {type(reason).__name__}: " + " ".join(str(reason).split())[:160]
        print("sigmacert", number, said, flush=True)


if __name__ == "__main__":
    main()
