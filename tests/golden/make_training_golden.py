#!/usr/bin/env python3
"""Makes tests/golden/training/*.safetensors: short trainings by PyTorch that our trainer must repeat.

Needs torch 2.13.0 (CPU), numpy and safetensors. Deterministic: the same versions on the same kind of
processor write the same bytes. Run it as `python make_training_golden.py`; --noise also runs each training
in float64 and in other orders of summation, and prints how far float32 strays by itself: the tolerances in
tests/test_training_golden.c stand on these numbers (docs/testing.md).

A ReLU's gradient jumps at zero, so rounding decides a training in which some argument comes too near it. The
recipes' seeds are chosen so that none does (KINK_MARGIN); change a recipe, and its seed must be sought again.

The nets are those of PyTorch's DCGAN tutorial (pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html),
generalised in size, and so is the training loop: Sigmoid and BCELoss, real and fake one after the other.

Tensors of a file, all float32:
  initial.netG.*, initial.netD.*     parameters and running statistics before training, PyTorch's names
  pixels (P, H, W, C)                levels 0..255; step s trains on pictures (s * batch + i) mod P
  noise (steps, d_steps, batch, nz)  z of every discriminator step; the last one also serves the G step
  forward.fake (batch, C, H, W)      of the initial nets in train mode, first batch:
  forward.logits (2, batch)            D before its sigmoid, on real, then on fake
  scores (steps, 3, 2)               loss, mean probability: D on real, D on fake (last D step), G
  step1.netG.*, step10.netG.*, ...   after so many full steps: parameters and running statistics,
    ... .exp_avg, ... .exp_avg_sq      Adam's moments of each parameter,
    ... .grad                          and, for step 1, the gradients its last updates used
  eval.fake (1, C, H, W)             G in eval mode after all steps, from noise[0, 0, :1]
"""
import argparse
import copy
import pathlib
from dataclasses import dataclass

import numpy
import safetensors
import torch
from safetensors.torch import save_file
from torch import nn

STEPS = 10
KINK_MARGIN = 6e-6  # least argument of a ReLU, over the layer's root mean square: several float32 errors


@dataclass(frozen=True)
class Recipe:
    name: str
    height: int
    width: int
    depth: int  # doublings between the narrow end and the picture
    channels: int
    features: int
    latent: int
    batch: int
    pictures: int
    d_steps: int
    lr: float
    betas: tuple
    seed: int


RECIPES = [
    Recipe("faces", 64, 64, 4, 3, 4, 7, 3, 7, 1, 2e-4, (0.5, 0.999), 1061),
    Recipe("scenes", 32, 32, 3, 3, 4, 5, 5, 7, 2, 1e-4, (0.5, 0.9), 295),
    Recipe("oblong", 24, 48, 3, 1, 3, 3, 3, 5, 1, 2e-4, (0.5, 0.999), 11),
]


class KinkMargin:
    """Watches the arguments of all ReLUs and LeakyReLUs of some nets: how near did one come to zero?"""

    def __init__(self, *nets):
        self.least = float("inf")
        modules = [module for net in nets for module in net.modules() if isinstance(module, (nn.ReLU, nn.LeakyReLU))]
        self.hooks = [module.register_forward_pre_hook(self.watch) for module in modules]

    def watch(self, module, args):
        z = args[0].detach()
        self.least = min(self.least, (z.abs().min() / z.square().mean().sqrt()).item())

    def remove(self):
        for hook in self.hooks:
            hook.remove()


class Generator(nn.Module):
    def __init__(self, r):
        super().__init__()
        width = r.features * 2 ** (r.depth - 1)
        base = (r.height >> r.depth, r.width >> r.depth)
        layers = [nn.ConvTranspose2d(r.latent, width, base, 1, 0, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
        for _ in range(r.depth - 1):
            layers += [nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False),
                       nn.BatchNorm2d(width // 2), nn.ReLU(True)]
            width //= 2
        layers += [nn.ConvTranspose2d(width, r.channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self, r):
        super().__init__()
        width = r.features
        base = (r.height >> r.depth, r.width >> r.depth)
        layers = [nn.Conv2d(r.channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
        for _ in range(r.depth - 1):
            layers += [nn.Conv2d(width, width * 2, 4, 2, 1, bias=False),
                       nn.BatchNorm2d(width * 2), nn.LeakyReLU(0.2, inplace=True)]
            width *= 2
        layers += [nn.Conv2d(width, 1, base, 1, 0, bias=False), nn.Sigmoid()]
        self.main = nn.Sequential(*layers)

    def forward(self, input):
        return self.main(input)


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


def make_pictures(r):
    """Smooth shapes with some grain: unlike each other, and unlike noise."""
    y = torch.linspace(-1, 1, r.height).view(1, -1, 1, 1)
    x = torch.linspace(-1, 1, r.width).view(1, 1, -1, 1)
    a, b, phase = (torch.randn(r.pictures, 1, 1, r.channels) for _ in range(3))
    grain = torch.randn(r.pictures, r.height, r.width, r.channels)
    levels = 128 + 80 * torch.sin(2 * a * x + 2 * b * y + phase) + 12 * grain
    return levels.round().clamp(0, 255).to(torch.uint8)


def to_inputs(pixels):
    """torchvision's ToTensor and Normalize(0.5, 0.5), a batch at a time."""
    return pixels.permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.5).contiguous()


def snapshot(into, prefix, net, optimizer):
    for name, value in net.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            into[f"{prefix}.{name}"] = value.clone()
    for name, parameter in net.named_parameters():
        for moment in ("exp_avg", "exp_avg_sq"):
            if moment in optimizer.state.get(parameter, {}):
                into[f"{prefix}.{name}.{moment}"] = optimizer.state[parameter][moment].clone()


def gradients(into, prefix, net):
    for name, parameter in net.named_parameters():
        into[f"{prefix}.{name}.grad"] = parameter.grad.clone()


def train(r, netG, netD, inputs, noise):
    """The tutorial's loop, and what there is to compare from it."""
    result = {}
    criterion = nn.BCELoss()
    optimizerD = torch.optim.Adam(netD.parameters(), lr=r.lr, betas=r.betas)
    optimizerG = torch.optim.Adam(netG.parameters(), lr=r.lr, betas=r.betas)
    logits = []
    last_layer = netD.main[-2].register_forward_hook(lambda module, args, output: logits.append(output.detach().clone()))
    scores = []
    snapshot(result, "initial.netG", netG, optimizerG)
    snapshot(result, "initial.netD", netD, optimizerD)
    real_label = torch.ones(r.batch, dtype=inputs.dtype)
    fake_label = torch.zeros(r.batch, dtype=inputs.dtype)
    for step in range(STEPS):
        real = inputs[[(step * r.batch + i) % r.pictures for i in range(r.batch)]]
        for d_step in range(r.d_steps):
            netD.zero_grad()
            output = netD(real).view(-1)
            errD_real = criterion(output, real_label)
            errD_real.backward()
            D_x = output.mean()
            fake = netG(noise[step, d_step].view(r.batch, r.latent, 1, 1))
            output = netD(fake.detach()).view(-1)
            errD_fake = criterion(output, fake_label)
            errD_fake.backward()
            D_G_z1 = output.mean()
            optimizerD.step()
            result.setdefault("forward.fake", fake.detach().clone())
        if step == 0:
            gradients(result, "step1.netD", netD)
        netG.zero_grad()
        output = netD(fake).view(-1)
        errG = criterion(output, real_label)
        errG.backward()
        D_G_z2 = output.mean()
        if step == 0:
            gradients(result, "step1.netG", netG)
        optimizerG.step()
        scores.append(torch.stack([errD_real, D_x, errD_fake, D_G_z1, errG, D_G_z2]).detach().view(3, 2))
        if step + 1 in (1, STEPS):
            snapshot(result, f"step{step + 1}.netG", netG, optimizerG)
            snapshot(result, f"step{step + 1}.netD", netD, optimizerD)
    last_layer.remove()
    result["forward.logits"] = torch.stack(logits[:2]).view(2, r.batch)
    result["scores"] = torch.stack(scores)
    netG.eval()
    with torch.no_grad():
        result["eval.fake"] = netG(noise[0, 0, :1].view(1, r.latent, 1, 1))
    return result


KINDS = ["forward.logits", "forward.fake", "scores", "grad", "step1 exp_avg", "step1 exp_avg_sq", "step1 running",
         "step1 value", "step10 exp_avg", "step10 exp_avg_sq", "step10 running", "step10 value", "eval.fake"]


def kind_of(name):
    stage, _, rest = name.partition(".")
    suffix = rest.rpartition(".")[2]
    if suffix == "grad" or name in KINDS:
        return suffix if suffix == "grad" else name
    if suffix.startswith("exp_avg"):
        return f"{stage} {suffix}"
    return f"{stage} running" if suffix.startswith("running") else f"{stage} value"


def distances(a, b, lr):
    """Greatest difference per kind of tensor: over the tensor's greatest magnitude, or of values, in steps of lr."""
    worst = {}
    for name, value in b.items():
        kind = kind_of(name)
        if kind not in KINDS:
            continue
        unit = lr if kind.endswith("value") else value.abs().max().item()
        distance = (a[name].double() - value.double()).abs().max().item() / unit
        worst[kind] = max(worst.get(kind, 0.0), distance)
    return worst


def measure_noise(r, nets, inputs, noise):
    """How far float32 trainings are from the one in float64: as written, channels last, without oneDNN."""
    exact = train(r, *(copy.deepcopy(net).double() for net in nets), inputs.double(), noise.double())
    columns = [train(r, *copy.deepcopy(nets), inputs, noise)]
    columns.append(train(r, *(copy.deepcopy(net).to(memory_format=torch.channels_last) for net in nets),
                         inputs.to(memory_format=torch.channels_last), noise))
    with torch.backends.mkldnn.flags(enabled=False):
        columns.append(train(r, *copy.deepcopy(nets), inputs, noise))
    columns = [distances(column, exact, r.lr) for column in columns]
    print(f"{r.name}: float32 - float64      as written  channels last  no oneDNN")
    for kind in KINDS:
        print(f"  {kind:20}" + "".join(f"{column[kind]:15.1e}" for column in columns))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--noise", action="store_true", help="only print what float32 itself does")
    only_noise = arguments.parse_args().noise
    print("torch", torch.__version__, " numpy", numpy.__version__, " safetensors", safetensors.__version__)
    torch.set_num_threads(1)
    folder = pathlib.Path(__file__).parent / "training"
    folder.mkdir(exist_ok=True)
    for r in RECIPES:
        torch.manual_seed(r.seed)
        nets = [Generator(r).apply(weights_init), Discriminator(r).apply(weights_init)]
        pixels = make_pictures(r)
        noise = torch.randn(STEPS, r.d_steps, r.batch, r.latent)
        if only_noise:
            measure_noise(r, nets, to_inputs(pixels), noise)
            continue
        margin = KinkMargin(*nets)
        tensors = train(r, *nets, to_inputs(pixels), noise)
        margin.remove()
        assert margin.least >= KINK_MARGIN, f"{r.name}: an argument of {margin.least:.1e}; choose another seed"
        assert all(tensor.any() for name, tensor in tensors.items() if not name.startswith("initial")), "proves nothing"
        tensors |= {"pixels": pixels.float(), "noise": noise}
        metadata = {"made_by": f"torch {torch.__version__}: {r}"}  # one key: their order is not deterministic
        path = folder / f"{r.name}.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata)
        print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
