#!/usr/bin/env python3
"""Writes up to 2000 of a folder's pictures as JPEGs of CelebA's size, 178x218, as one class: TO/all/00000.jpg."""
import argparse
import json
import os

from PIL import Image, ImageOps

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--folder", required=True)
parser.add_argument("--to", required=True)
arguments = parser.parse_args()

paths = sorted(os.path.join(root, name) for root, _, names in os.walk(arguments.folder) for name in names)
os.mkdir(f"{arguments.to}/all")
count = 0
for path in paths[::max(1, len(paths) // 2000)][:2000]:
    try:
        picture = ImageOps.fit(Image.open(path).convert("RGB"), (178, 218))
    except OSError:
        continue  # it is no picture
    picture.save(f"{arguments.to}/all/{count:05d}.jpg", quality=90)
    count += 1
print(json.dumps({"pictures": count}))
