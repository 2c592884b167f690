#!/usr/bin/env python3
"""Times torchvision's ImageFolder pipeline (or, where torchvision cannot be imported, the same calls on PIL that
it makes) on one core: open, convert to RGB, Resize(64), CenterCrop(64), ToTensor, Normalize(0.5, 0.5)."""
import argparse
import json
import os
import time

import numpy
import torch
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("--folder", required=True)
arguments = parser.parse_args()
torch.set_num_threads(1)
SIDE = 64


def transform_with_torchvision():
    from torchvision import transforms

    return transforms.Compose([transforms.Resize(SIDE), transforms.CenterCrop(SIDE), transforms.ToTensor(),
                               transforms.Normalize((0.5,) * 3, (0.5,) * 3)])


def transform_by_hand(image):
    w, h = image.size
    size = (SIDE, int(SIDE * h / w)) if w <= h else (int(SIDE * w / h), SIDE)
    image = image.resize(size, Image.BILINEAR)
    left, top = round((size[0] - SIDE) / 2), round((size[1] - SIDE) / 2)
    image = image.crop((left, top, left + SIDE, top + SIDE))
    tensor = torch.from_numpy(numpy.array(image, copy=True)).permute(2, 0, 1).contiguous()
    return tensor.to(torch.float32).div(255).sub_(0.5).div_(0.5)


try:
    transform = transform_with_torchvision()
except (ImportError, RuntimeError):
    transform = transform_by_hand

paths = sorted(os.path.join(root, name) for root, _, names in os.walk(arguments.folder) for name in names)
begin, count = time.perf_counter(), 0
for path in paths:
    try:
        with open(path, "rb") as file:
            transform(Image.open(file).convert("RGB"))
        count += 1
    except OSError:
        pass  # what is no picture is not counted
print(json.dumps({"pictures_per_second": count / (time.perf_counter() - begin), "pictures": count}))
