# SPDX-License-Identifier: Apache-2.0
"""Sigmoid attention in PyTorch, on a GPU where there is one: an example of a kernel under test.

    sigmacert fuzz --exec 'python3 tools/adapters/torch_kernel.py'

Tensors keep their format: a bf16 matrix product is that of the device. Gradients are autograd's.
"""
import numpy as np
import sigmacert_kernel
import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def load(array):
    """A tensor of an input; bf16 comes as 16-bit patterns."""
    array = np.ascontiguousarray(array)
    if array.dtype == np.uint16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).to(DEVICE)
    return torch.from_numpy(array.copy()).to(DEVICE)


def store(tensor):
    """The other way round, without a rounding."""
    tensor = tensor.detach().cpu().contiguous()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


def attention(problem, q, k, v, d_o):
    """O = sigma(tau Q K^T + b) V on whole tensors, with the mask of each head."""
    if problem.format_in != problem.format_out:
        raise sigmacert_kernel.Refused("O in another format than the inputs")
    q, k, v = (load(x).requires_grad_(problem.backward) for x in (q, k, v))
    seen = [[problem.visible(b, h) for h in range(problem.heads_q)] for b in range(problem.batch)]
    seen = torch.from_numpy(np.array(seen)).to(DEVICE)
    # A key that no row sees may hold anything, and 0 times NaN is NaN: it is taken out.
    used = seen.any(dim=2)[..., None]
    x, y = (torch.where(used, t, torch.zeros((), dtype=t.dtype, device=DEVICE)) for t in (k, v))
    s = (q @ x.transpose(2, 3)).float() * problem.tau + float(problem.bias[0])
    p = torch.where(seen, torch.sigmoid(s), torch.zeros((), device=DEVICE)).to(y.dtype)
    # A row that sees no key is +0, and a product of 0 with a negative number is -0.
    o = p @ y + 0.0
    results = {"o": store(o)}
    if problem.backward:
        o.backward(load(d_o))
        results.update(dq=store(q.grad), dk=store(k.grad), dv=store(v.grad))
    return results


if __name__ == "__main__":
    sigmacert_kernel.serve("torch", attention, formats=["bf16", "fp16", "fp32"], raw=True,
                           features=["backward", "causal", "window", "plane", "value-width",
                                     "strides", "misaligned"])
