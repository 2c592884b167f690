#!/usr/bin/env python3
"""Checks that generators travel between dcgan and PyTorch's DCGAN tutorial, both ways.

    python tools/check_pytorch_load.py build/src/app/dcgan [RUN ...]

Needs torch 2.13.0 (CPU), numpy and safetensors. Without RUN, trains two tiny ones on the embedded faces.
For each run:
  1. RUN/generator.safetensors loads into the tutorial's Generator (load_state_dict, strict), and both give
     the same pictures for the same z;
  2. the newest checkpoint's netG.* and netD.* load into Generator and Discriminator, and its optimizerG.*
     and optimizerD.* name every parameter;
  3. a generator of the same shape, made and saved by PyTorch, opens in dcgan and gives the same pictures.
Prints the largest difference of pictures (-1..1); exits with 1 if one is above 1e-5. See docs/testing.md.
"""
import argparse
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))
from make_training_golden import Discriminator, Generator, weights_init  # noqa: E402

LIMIT = 1e-5
PICTURES = 16


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("height", "width", "channels", "latent")]


class Library:
    """What is needed of libdcgan, through its public header's functions."""

    def __init__(self, path):
        self.c = ctypes.CDLL(str(path))
        self.c.dcgan_error_message.restype = ctypes.c_char_p
        self.c.dcgan_generator_get_shape.restype = Shape
        self.c.dcgan_latent.argtypes = [ctypes.c_uint64, ctypes.c_uint64, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
        self.c.dcgan_generator_run_float.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
        for name in ("get_shape", "close"):
            getattr(self.c, f"dcgan_generator_{name}").argtypes = [ctypes.c_void_p]

    def check(self, status):
        if status != 0:
            raise SystemExit(f"libdcgan: {self.c.dcgan_error_message().decode()}")

    def generate(self, path, seed):
        """z and pictures (n, c, h, w) of the generator in a file."""
        generator = ctypes.c_void_p()
        self.check(self.c.dcgan_generator_open(str(path).encode(), None, ctypes.byref(generator)))
        shape = self.c.dcgan_generator_get_shape(generator)
        z = numpy.empty((PICTURES, shape.latent, 1, 1), numpy.float32)
        pictures = numpy.empty((PICTURES, shape.channels, shape.height, shape.width), numpy.float32)
        self.c.dcgan_latent(seed, 0, PICTURES, shape.latent, z.ctypes.data)
        self.check(self.c.dcgan_generator_run_float(generator, z.ctypes.data, PICTURES, pictures.ctypes.data))
        self.c.dcgan_generator_close(generator)
        return torch.from_numpy(z), torch.from_numpy(pictures)


class NetShape:
    """A run's nets as the golden script's classes want them told."""

    def __init__(self, run):
        config = json.loads((run / "config.json").read_text())
        sides = [int(side) for side in str(config["size"]).split("x")]
        self.width, self.height = sides[0], sides[-1]
        self.channels, self.features, self.latent = (config[key] for key in ("channels", "features", "latent"))
        convolutions = [t for t in load_file(run / "generator.safetensors").values() if t.dim() == 4]
        self.depth = len(convolutions) - 1


def largest_difference(library, path, netG, seed):
    z, ours = library.generate(path, seed)
    netG.eval()
    with torch.no_grad():
        theirs = netG(z)
    return (ours - theirs).abs().max().item(), theirs.std(dim=0).max().item()


def check_generator_file(library, run, shape):
    netG = Generator(shape)
    netG.load_state_dict(load_file(run / "generator.safetensors"), strict=True)
    return largest_difference(library, run / "generator.safetensors", netG, seed=1)


def part_of(tensors, prefix):
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def check_checkpoint(run, shape):
    path = max((run / "checkpoints").glob("*.safetensors"))
    tensors = load_file(path)
    for letter, net in (("G", Generator(shape)), ("D", Discriminator(shape))):
        net.load_state_dict(part_of(tensors, f"net{letter}."), strict=True)
        moments = part_of(tensors, f"optimizer{letter}.")
        wanted = {f"{name}.{moment}" for name, _ in net.named_parameters() for moment in ("exp_avg", "exp_avg_sq")}
        if set(moments) != wanted:
            raise SystemExit(f"{path}: optimizer{letter} differs in {set(moments) ^ wanted}")
    return path.name


def check_pytorch_file(library, shape):
    torch.manual_seed(7)
    netG = Generator(shape).apply(weights_init)
    with torch.no_grad():
        for _ in range(20):  # moves the running statistics
            netG(torch.randn(32, shape.latent, 1, 1))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "pytorch.safetensors"
        save_file(netG.state_dict(), path)
        return largest_difference(library, path, netG, seed=2)


def train_tiny(dcgan, folder, name, *options):
    run = pathlib.Path(folder) / name
    subprocess.run([dcgan, "demo", "-o", run, "--steps", "20", "--batch", "16", "--quiet", *options], check=True)
    return run


def check_run(library, run):
    shape = NetShape(run)
    print(f"{run.name}: {shape.width}x{shape.height}x{shape.channels}, features {shape.features}")
    checkpoint = check_checkpoint(run, shape)
    print(f"  {checkpoint}: netG, netD and both optimizers load")
    worst = 0.0
    for text, (difference, variety) in (("generator.safetensors in PyTorch", check_generator_file(library, run, shape)),
                                        ("PyTorch's state_dict in dcgan", check_pytorch_file(library, shape))):
        print(f"  {text}: largest difference {difference:.1e} (pictures vary by {variety:.1e})")
        worst = max(worst, difference)
    return worst


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("dcgan", type=pathlib.Path, help="the built program, in its build folder")
    arguments.add_argument("runs", type=pathlib.Path, nargs="*", metavar="RUN")
    given = arguments.parse_args()
    library = Library(given.dcgan.resolve().parent.parent / "libdcgan.so")
    print("torch", torch.__version__)
    with tempfile.TemporaryDirectory() as folder:
        runs = given.runs or [
            train_tiny(given.dcgan, folder, "faces"),
            train_tiny(given.dcgan, folder, "oblong", "--size", "48x24", "--features", "6", "--channels", "1"),
        ]
        worst = max(check_run(library, run) for run in runs)
    print(f"largest difference of all: {worst:.1e}, allowed: {LIMIT:.0e}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
