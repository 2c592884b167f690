#!/usr/bin/env python3
"""Writes a run directory as docs/run-directory.md describes it, without training: the data of the dashboard's
tests. Needs nothing but Python's standard library.

    make_fake_run.py RUN [--steps N] [--epochs N] [--seed N] [--state STATE] [--live SECONDS]

With --live, the run goes on in real time: four steps a second, an epoch every five seconds.
"""

import argparse
import json
import math
import os
import random
import struct
import time
import zlib
from datetime import datetime, timezone

SIDE, GRID = 32, 8  # a sample: GRID x GRID pictures of SIDE x SIDE
LATENT, FEATURES = 64, 8
BILINEAR = (0.25, 0.75, 0.75, 0.25)


def write_png(path, width, height, rows):
    """rows: `height` byte strings of 3 * width."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    body = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path + ".tmp", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    os.replace(path + ".tmp", path)


def draw_face(number, clarity, noise):
    """A disc with eyes on a plain ground, drowned in noise: SIDE rows of SIDE (r, g, b)."""
    chance = random.Random(number)
    ground = [chance.randrange(60, 200) for _ in range(3)]
    skin = [230 - chance.randrange(90), 190 - chance.randrange(80), 160 - chance.randrange(80)]
    x0, y0, radius = 15.5 + chance.uniform(-2, 2), 16 + chance.uniform(-2, 2), chance.uniform(9, 12)
    rows = []
    for y in range(SIDE):
        row = []
        for x in range(SIDE):
            colour = skin if math.hypot(x - x0, y - y0) < radius else ground
            if min(math.hypot(x - x0 - 4, y - y0 + 2), math.hypot(x - x0 + 4, y - y0 + 2)) < 1.6:
                colour = (30, 30, 40)
            if abs(y - y0 - 5) < 1 and abs(x - x0) < 4:
                colour = (150, 50, 60)
            row.append([int(clarity * c + (1 - clarity) * noise.randrange(256)) for c in colour])
        rows.append(row)
    return rows


def write_samples(run, epoch, clarity):
    noise = random.Random(epoch)
    pictures = [draw_face(number, clarity, noise) for number in range(GRID * GRID)]
    side = GRID * SIDE + (GRID - 1) * 2
    canvas = [bytearray(3 * side) for _ in range(side)]
    for number, picture in enumerate(pictures):
        top, left = number // GRID * (SIDE + 2), number % GRID * (SIDE + 2)
        for y, row in enumerate(picture):
            canvas[top + y][3 * left : 3 * (left + SIDE)] = bytes(c for pixel in row for c in pixel)
    write_png(os.path.join(run, f"samples/epoch_{epoch:04d}.png"), side, side, [bytes(row) for row in canvas])


def write_generator(run, seed):
    """A generator of SIDE x SIDE pictures with random weights, in the safetensors format."""
    chance = random.Random(seed)
    widths = [LATENT, 4 * FEATURES, 2 * FEATURES, FEATURES, 3]
    tensors = {}
    for block in range(4):
        inputs, outputs = widths[block], widths[block + 1]
        spread = 1 / math.sqrt(inputs * (4 if block else 1))
        if block:  # bilinear kernels: the pictures are smooth
            scales = [chance.gauss(0, 2 * spread) for _ in range(inputs * outputs)]
            values = [scale * a * b for scale in scales for a in BILINEAR for b in BILINEAR]
        else:
            values = [chance.gauss(0, spread) for _ in range(inputs * outputs * 16)]
        tensors[f"main.{3 * block}.weight"] = ([inputs, outputs, 4, 4], values)
        if block < 3:
            name = f"main.{3 * block + 1}"
            tensors[f"{name}.weight"] = ([outputs], [1.0] * outputs)
            tensors[f"{name}.bias"] = ([outputs], [0.2] * outputs)
            tensors[f"{name}.running_mean"] = ([outputs], [0.0] * outputs)
            tensors[f"{name}.running_var"] = ([outputs], [0.5] * outputs)
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = os.path.join(run, "generator.safetensors")
    with open(path + ".tmp", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    os.replace(path + ".tmp", path)


def metrics_line(step, batches, total, chance):
    progress = step / total
    wave = math.sin(step / 37) * 0.08 + chance.gauss(0, 0.12)
    loss_d = 0.35 + 0.9 * math.exp(-6 * progress) + abs(wave) * 0.6
    loss_g = 1.6 + 2.2 * progress + 1.5 * math.exp(-30 * progress) * chance.random() - wave * 2
    d_real = min(0.99, max(0.01, 0.78 - 0.25 * math.exp(-5 * progress) + wave * 0.4))
    d_fake = min(0.99, max(0.01, 0.24 + 0.3 * math.exp(-5 * progress) - wave * 0.3))
    fields = {
        "step": step,
        "epoch": (step - 1) // batches + 1,
        "batch": (step - 1) % batches + 1,
        "time": step * 0.05,
        "loss_d": loss_d,
        "loss_g": loss_g,
        "d_real": d_real,
        "d_fake": d_fake,
        "d_fake_after": d_fake * 0.62,
        "sign_real": math.tanh(progress + wave),
        "images_per_second": 1250 + 60 * math.sin(step / 211) + chance.gauss(0, 15),
    }
    return json.dumps(fields) + "\n"


class Run:
    def __init__(self, path, steps, epochs, seed):
        self.path, self.steps, self.epochs, self.seed = path, steps, epochs, seed
        self.batches = max(1, steps // epochs)
        self.chance = random.Random(seed)
        os.makedirs(os.path.join(path, "samples"), exist_ok=True)
        config = {
            "preset": "faces",
            "size": str(SIDE),
            "batch": 128,
            "epochs": epochs,
            "lr": (1 + seed % 3) / 5000,
            "beta1": 0.5,
            "beta2": 0.999,
            "d_steps": 1,
            "flip": True,
            "seed": seed,
            "features": FEATURES,
            "latent": LATENT,
            "device": "auto",
            "pictures": ["demo:faces"],
        }
        self.write_json("config.json", config)
        pictures = {"count": 2048, "hash": "0011223344556677", "height": SIDE, "width": SIDE, "channels": 3}
        self.write_json("pictures.json", pictures | {"skipped": []})

    def write_json(self, name, value):
        with open(os.path.join(self.path, name), "w") as file:
            json.dump(value, file, indent=2)

    def event(self, kind, step, **fields):
        common = {"event": kind, "step": step, "epoch": step // self.batches, "time": step * 0.05}
        clock = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        with open(os.path.join(self.path, "events.jsonl"), "a") as file:
            file.write(json.dumps(common | {"clock": clock} | fields) + "\n")

    def start(self):
        fields = {"device": "cpu (AVX2, 2 threads)", "steps": self.steps, "epochs": self.epochs}
        self.event("started", 0, resumed=False, pid=os.getpid(), batches=self.batches, **fields)
        self.samples(0)

    def samples(self, epoch):
        write_samples(self.path, epoch, 1 - math.exp(-4 * epoch / self.epochs))
        self.event("samples", epoch * self.batches, path=f"samples/epoch_{epoch:04d}.png")

    def log(self, first, last):
        with open(os.path.join(self.path, "metrics.jsonl"), "a") as file:
            for step in range(first, last + 1):
                file.write(metrics_line(step, self.batches, self.steps, self.chance))

    def finish_epoch(self, epoch):
        self.event("epoch", epoch * self.batches)
        self.samples(epoch)


def write_finished(run, state):
    run.start()
    run.log(1, run.steps)
    shown = sorted({round(run.epochs * i / 12) for i in range(1, 13)})
    for epoch in range(1, run.epochs + 1):
        if epoch in shown:
            run.finish_epoch(epoch)
        if epoch == run.epochs // 2:
            cause = "The discriminator knows its pictures by heart (it is sure of 97% of them)."
            text = f"{cause} Add pictures, or stop earlier: the best samples may be behind you."
            run.event("warning", epoch * run.batches, cause="overfitting", text=text)
    run.event("note", run.steps, text="The newest checkpoint is complete.")
    write_generator(run.path, run.seed)
    if state != "running":
        run.event("finished", run.steps, state=state)


def write_live(run, seconds):
    """An epoch is 20 steps here, whatever was planned."""
    run.batches = 20
    run.start()
    write_generator(run.path, run.seed)
    until, step = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        step += 1
        run.log(step, step)
        if step % run.batches == 0:
            run.finish_epoch(step // run.batches)
        time.sleep(0.25)
    run.event("finished", step, state="stopped")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", default="done", choices=["done", "stopped", "diverged", "running"])
    parser.add_argument("--live", type=float, metavar="SECONDS")
    options = parser.parse_args()
    run = Run(options.run, options.steps, options.epochs, options.seed)
    if options.live:
        write_live(run, options.live)
    else:
        write_finished(run, options.state)


if __name__ == "__main__":
    main()
