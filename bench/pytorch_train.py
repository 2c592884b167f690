#!/usr/bin/env python3
"""Times PyTorch's training step, as the tutorial writes it or tuned, and prints one line of JSON.

  --variant tutorial   the tutorial's code on PyTorch as installed
            best       channels_last, and no weight gradients of D in the G step (float32)
            bf16       best, under bfloat16 autocast"""
import time

begin = time.perf_counter()
import argparse
import json
import resource
import statistics

import torch
from torch import nn

from pytorch_nets import discriminator, generator

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--steps", type=int, default=4)
parser.add_argument("--variant", choices=["tutorial", "best", "bf16"], required=True)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(1)
tuned, bf16, n = arguments.variant != "tutorial", arguments.variant == "bf16", arguments.batch
layout = torch.channels_last if tuned else torch.contiguous_format
G = generator().to(memory_format=layout)
D = discriminator(nn.Identity() if bf16 else nn.Sigmoid()).to(memory_format=layout)
criterion = nn.BCEWithLogitsLoss() if bf16 else nn.BCELoss()
optimizer_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
real = (torch.rand(n, 3, 64, 64) * 2 - 1).to(memory_format=layout)


def judge(images):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        return D(images).view(-1).float()


def step():
    D.zero_grad()
    label = torch.full((n,), 1.0)
    output = judge(real)
    loss_real = criterion(output, label)
    loss_real.backward()
    d_real = output.mean().item()
    noise = torch.randn(n, 100, 1, 1)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        fake = G(noise)
    label.fill_(0.0)
    output = judge(fake.detach())
    loss_fake = criterion(output, label)
    loss_fake.backward()
    d_fake = output.mean().item()
    optimizer_d.step()
    G.zero_grad()
    label.fill_(1.0)
    D.requires_grad_(not tuned)
    output = judge(fake)
    loss_g = criterion(output, label)
    loss_g.backward()
    optimizer_g.step()
    D.requires_grad_(True)
    return (loss_real + loss_fake).item(), loss_g.item(), d_real, d_fake, output.mean().item()


step()
first = time.perf_counter() - begin
seconds = []
for _ in range(arguments.steps):
    start = time.perf_counter()
    step()
    seconds.append(time.perf_counter() - start)
median = statistics.median(seconds)
print(json.dumps({"images_per_second": n / median, "step_seconds": median, "first_step_seconds": first,
                  "peak_memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
