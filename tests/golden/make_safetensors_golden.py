#!/usr/bin/env python3
"""Writes the golden files of tests/test_format.c into the folder safetensors/ beside this script.

peer.safetensors  what the format's own library writes: tensors of several types for our reader.
ours.safetensors  what our writer must write, byte for byte, assembled here from the rules of the format
                  and read back with the format's own library, so that nothing rests on our reader.

Needs Python with torch and safetensors:
    python3 -m venv .venv && .venv/bin/pip install torch==2.13.0 safetensors numpy
    .venv/bin/python tests/golden/make_safetensors_golden.py
"""

import json
import struct
from pathlib import Path

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

FOLDER = Path(__file__).parent / "safetensors"


def write_peer(path):
    save_file(
        {
            "main.0.weight": torch.arange(24, dtype=torch.float32).reshape(2, 3, 2, 2) / 4 - 1,
            "main.1.num_batches_tracked": torch.tensor(7, dtype=torch.int64),
            "half": torch.tensor([1.0, 2.0, 3.0], dtype=torch.float16),
            "brain": torch.tensor([1.0], dtype=torch.bfloat16),
            "flag": torch.tensor([True]),
            "double": torch.tensor([[0.5]], dtype=torch.float64),
            "nothing": torch.zeros(0, 5),
            "Grüße": torch.tensor([1.5]),
        },
        path,
        metadata={"format": "pt"},
    )


def write_ours(path):
    """In the order of declaration; the int64 is not at a multiple of 8."""
    tensors = {
        "main.0.weight": numpy.array([[1, -2, 3]], dtype="<f4"),
        "main.1.num_batches_tracked": numpy.array(-5, dtype="<i8"),
        "nothing": numpy.zeros((2, 0), dtype="<f4"),
        "Grüße \"\\": numpy.array([0.5, numpy.inf], dtype="<f4"),
    }
    header = {"__metadata__": {"format": "test", "config": '{"a": "ü\n"}'}}
    end = 0
    for name, values in tensors.items():
        dtype = {"<f4": "F32", "<i8": "I64"}[values.dtype.str]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [end, end + values.nbytes]}
        end += values.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values()))

    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == header["__metadata__"]
    loaded = load_file(path)
    assert loaded.keys() == tensors.keys()
    for name, values in tensors.items():
        assert numpy.array_equal(loaded[name].numpy(), values) and loaded[name].shape == values.shape, name


FOLDER.mkdir(exist_ok=True)
write_peer(FOLDER / "peer.safetensors")
write_ours(FOLDER / "ours.safetensors")
for written in sorted(FOLDER.iterdir()):
    print(written.name, written.stat().st_size, "bytes")
