#!/bin/sh
# Puts the peers of `make bench` into .venv: PyTorch 2.13.0, torchvision 0.28.0, onnxruntime and Pillow, from PyPI.
set -eu
python3 -m venv .venv || { echo "bench-setup: install python3-venv first (apt-get install python3-venv)" >&2; exit 1; }
.venv/bin/pip install --quiet torch==2.13.0 numpy pillow onnx onnxruntime safetensors
.venv/bin/pip install --quiet --no-deps torchvision==0.28.0 # its dependencies are those above
.venv/bin/python -c 'import torch, onnxruntime; print("bench-setup: torch", torch.__version__, "onnxruntime", onnxruntime.__version__)'
