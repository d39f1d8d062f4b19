# SPDX-License-Identifier: Apache-2.0
"""Sigmoid attention in NumPy, as its definition reads: an example of a kernel under test.

    sigmacert fuzz --exec 'python3 tools/adapters/numpy_kernel.py'
"""
import numpy as np
import sigmacert_kernel


def attention(problem, q, k, v, d_o):
    """O and the gradients, sequence by sequence and head by head, in fp32."""
    group = problem.heads_q // problem.heads_kv
    out = {"o": np.zeros(q.shape[:3] + (problem.d_v,), np.float32)}
    if problem.backward:
        out.update(dq=np.zeros(q.shape, np.float32), dk=np.zeros(k.shape, np.float32),
                   dv=np.zeros(v.shape, np.float32),
                   db=np.zeros((problem.batch, problem.heads_q), np.float32))
    tau = np.float32(problem.tau)
    for b in range(problem.batch):
        entry, rows, keys = problem.rows(b)
        for h in range(problem.heads_q):
            here, there = (entry, h, rows), (entry, h // group, keys)
            visible = problem.visible(b, h)
            # What a row does not see must not matter, NaN included: it is taken out of the sums.
            used_q, used_k = visible.any(1), visible.any(0)
            x, y, z = q[here][used_q], k[there][used_k], v[there][used_k]
            seen = visible[used_q][:, used_k]
            s = tau * (x @ y.T) + problem.bias_of(b, h)
            if problem.slopes is not None:
                distance = np.abs(problem.positions(b))[used_q][:, used_k]
                s = s - problem.slopes[h] * distance.astype(np.float32)
            p = np.where(seen, 1 / (1 + np.exp(-s)), np.float32(0))
            out["o"][here][used_q] = p @ z
            if problem.backward:
                gradient = d_o[here][used_q]
                d_s = np.where(seen, p * (1 - p) * (gradient @ z.T), np.float32(0))
                out["dq"][here][used_q] = tau * (d_s @ y)
                out["dk"][there][used_k] += tau * (d_s.T @ x)
                out["dv"][there][used_k] += p.T @ gradient
                out["db"][b, h] = d_s.sum(dtype=np.float32)
    return out


if __name__ == "__main__":
    np.seterr(all="ignore")
    sigmacert_kernel.serve(
        "numpy", attention, formats=["bf16", "fp16", "fp32"],
        features=["backward", "bias-gradient", "causal", "window", "key-lengths", "packed", "alibi",
                  "plane", "bias-per-head", "bias-per-sequence", "grouped", "value-width",
                  "strides", "misaligned", "empty"])
