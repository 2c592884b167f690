"""The two nets of PyTorch's DCGAN tutorial (64x64, nz 100, ngf = ndf = 64), with its initial weights."""
from torch import nn


def block(conv, norm, act):
    return [conv] + ([nn.BatchNorm2d(conv.out_channels)] if norm else []) + [act]


def up(inputs, outputs, stride=2, pad=1):
    return nn.ConvTranspose2d(inputs, outputs, 4, stride, pad, bias=False)


def down(inputs, outputs, stride=2, pad=1):
    return nn.Conv2d(inputs, outputs, 4, stride, pad, bias=False)


def initialise(module):
    name = type(module).__name__
    if "Conv" in name:
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif "BatchNorm" in name:
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def generator():
    return nn.Sequential(
        *block(up(100, 512, 1, 0), True, nn.ReLU(True)),
        *block(up(512, 256), True, nn.ReLU(True)),
        *block(up(256, 128), True, nn.ReLU(True)),
        *block(up(128, 64), True, nn.ReLU(True)),
        *block(up(64, 3), False, nn.Tanh()),
    ).apply(initialise)


def discriminator(end):
    return nn.Sequential(
        *block(down(3, 64), False, nn.LeakyReLU(0.2, True)),
        *block(down(64, 128), True, nn.LeakyReLU(0.2, True)),
        *block(down(128, 256), True, nn.LeakyReLU(0.2, True)),
        *block(down(256, 512), True, nn.LeakyReLU(0.2, True)),
        *block(down(512, 1, 1, 0), False, end),
    ).apply(initialise)
