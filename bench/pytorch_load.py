#!/usr/bin/env python3
"""Times torchvision's ImageFolder and a DataLoader on one core: Resize(64), CenterCrop(64), ToTensor,
Normalize(0.5, 0.5), batches of 128. The folder must hold a folder for each class: FOLDER/class/picture.jpg."""
import argparse
import json
import time

import torch


def import_torchvision():
    """Its compiled operators load only beside the PyTorch they were built for. Nothing here calls them, but the
    import wants two of them declared."""
    try:
        import torchvision
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor x) -> Tensor")
        import torchvision
    return torchvision


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--folder", required=True)
arguments = parser.parse_args()
torch.set_num_threads(1)
torchvision = import_torchvision()
transforms = torchvision.transforms
transform = transforms.Compose([transforms.Resize(64), transforms.CenterCrop(64), transforms.ToTensor(),
                                transforms.Normalize((0.5,) * 3, (0.5,) * 3)])

begin = time.perf_counter()
pictures = torchvision.datasets.ImageFolder(arguments.folder, transform=transform)
count = sum(len(batch) for batch, _ in torch.utils.data.DataLoader(pictures, batch_size=128, num_workers=0))
print(json.dumps({"pictures_per_second": count / (time.perf_counter() - begin), "pictures": count}))
