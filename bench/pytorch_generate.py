#!/usr/bin/env python3
"""Times generation with PyTorch (eval, channels_last), torch.compile or onnxruntime; prints one line of JSON."""
import argparse
import json
import statistics
import tempfile
import time

import torch

from pytorch_nets import generator

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--runtime", choices=["pytorch", "compile", "onnxruntime"], required=True)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
G = generator().eval()
z = torch.randn(arguments.batch, 100, 1, 1)
if arguments.runtime == "onnxruntime":
    import onnxruntime

    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        torch.onnx.export(G, (z,), file.name, input_names=["z"], output_names=["image"], dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = arguments.threads
        session = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
    run = lambda: session.run(None, {"z": z.numpy()})
else:
    G = G.to(memory_format=torch.channels_last)
    z = z.to(memory_format=torch.channels_last)
    run = torch.compile(G) if arguments.runtime == "compile" else G
    run = (lambda net: lambda: net(z))(run)

seconds = []
with torch.no_grad():
    for i in range(8 + (100 if arguments.batch == 1 else 10)):
        start = time.perf_counter()
        run()
        if i >= 8:
            seconds.append(time.perf_counter() - start)
median = statistics.median(seconds)
print(json.dumps({"generated_images_per_second": arguments.batch / median, "batch_seconds": median}))
