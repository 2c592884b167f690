#!/usr/bin/env python3
"""check_tensorboard.py RUN: reads RUN/tensorboard with the tensorboard package's own reader and compares all of it
with metrics.jsonl and samples/. Needs `pip install tensorboard`; make a run with `dcgan demo --tensorboard`."""
import glob
import json
import math
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import IMAGES, SCALARS, EventAccumulator

FIELDS = {
    "losses/discriminator": "loss_d",
    "losses/generator": "loss_g",
    "scores/D(x)": "d_real",
    "scores/D(G(z)) before the update": "d_fake",
    "scores/D(G(z)) after the update": "d_fake_after",
    "speed/images per second": "images_per_second",
}
TOLERANCE = 1e-5  # metrics.jsonl has six digits


def check_scalars(reader, metrics):
    for tag, field in FIELDS.items():
        events = reader.Scalars(tag)
        assert [event.step for event in events] == [line["step"] for line in metrics], f"{tag}: steps differ"
        for event, line in zip(events, metrics):
            wanted = math.nan if line[field] is None else line[field]
            same = math.isnan(wanted) and not math.isfinite(event.value)
            assert same or math.isclose(event.value, wanted, rel_tol=TOLERANCE, abs_tol=1e-30), \
                f"{tag}, step {event.step}: {event.value}, not {wanted}"
        print(f"{tag}: {len(events)} scalars")


def check_pictures(reader, run):
    wanted = {open(path, "rb").read() for path in glob.glob(os.path.join(run, "samples", "epoch_*.png"))}
    pictures = reader.Images("samples")
    assert {picture.encoded_image_string for picture in pictures} == wanted, "samples differ from the PNG files"
    assert all(picture.width > 0 and picture.height > 0 for picture in pictures)
    print(f"samples: {len(pictures)} pictures")


def main():
    run = sys.argv[1]
    reader = EventAccumulator(os.path.join(run, "tensorboard"), size_guidance={SCALARS: 0, IMAGES: 0})
    reader.Reload()
    with open(os.path.join(run, "metrics.jsonl"), encoding="utf-8") as file:
        metrics = [json.loads(line) for line in file]
    check_scalars(reader, metrics)
    check_pictures(reader, run)


main()
