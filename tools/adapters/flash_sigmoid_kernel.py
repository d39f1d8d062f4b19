# SPDX-License-Identifier: Apache-2.0
"""The published flash_sigmoid package (version 2.5.6) as a kernel under test; it needs a GPU.

    sigmacert fuzz --exec 'python3 tools/adapters/flash_sigmoid_kernel.py'

Arguments go by their names, so that another order in another version is an error and no wrong
result. There is no dropout: the package takes a probability, and anything but 0 is refused here,
as a dropped P is no sigmoid attention. Not run in CI, which has no GPU: what was checked there is
that this file is Python. It says nothing of its arithmetic, so `conforms` cannot be claimed.
"""
import numpy as np
import sigmacert_kernel

DROPOUT = 0.0


def load(array, torch):
    """[batch][row][head][channel] on the GPU, as the package wants it."""
    array = np.ascontiguousarray(array.transpose(0, 2, 1, 3))
    if array.dtype == np.uint16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).cuda()
    return torch.from_numpy(array).cuda()


def store(tensor, torch):
    """[entry][head][row][channel] in the format it has."""
    tensor = tensor.detach().transpose(1, 2).cpu().contiguous()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


def side(length):
    """A side of the band in the package's words: -1 is without limit."""
    return -1 if length == sigmacert_kernel.UNBOUNDED else length


def attention(problem, q, k, v, d_o):
    """One call of flash_attn_func, and its backward pass by autograd."""
    import torch  # the protocol is answered before a GPU is needed
    from flash_sigmoid import flash_attn_func

    if DROPOUT != 0.0:
        raise sigmacert_kernel.Refused("dropout")
    if problem.format_in != problem.format_out:
        raise sigmacert_kernel.Refused("O in another format than the inputs")
    q, k, v = (load(x, torch).requires_grad_(problem.backward) for x in (q, k, v))
    causal = problem.right == 0 and problem.left == sigmacert_kernel.UNBOUNDED
    slopes = problem.slopes
    o = flash_attn_func(
        q=q, k=k, v=v, dropout_p=DROPOUT, softmax_scale=problem.tau, causal=causal,
        window_size=(-1, -1) if causal else (side(problem.left), side(problem.right)),
        alibi_slopes=None if slopes is None else torch.from_numpy(slopes.copy()).cuda(),
        deterministic=True, return_attn_probs=False, sigmoid_bias=float(problem.bias[0]))
    results = {"o": store(o, torch)}
    if problem.backward:
        o.backward(load(d_o, torch))
        results.update(dq=store(q.grad, torch), dk=store(k.grad, torch), dv=store(v.grad, torch))
    torch.cuda.synchronize()
    return results


if __name__ == "__main__":
    sigmacert_kernel.serve("flash_sigmoid", attention, formats=["bf16", "fp16"], raw=True,
                           d_max=256, d_multiple=8,
                           features=["backward", "causal", "window", "alibi", "grouped", "strides",
                                     "misaligned", "deterministic"])
