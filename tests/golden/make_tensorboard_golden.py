#!/usr/bin/env python3
"""make_tensorboard_golden.py: writes tensorboard/events, what test_tensorboard.c must write to the byte, with the
messages and the record writer of the tensorboard package (tried with 2.21)."""
import os

from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

PNG = bytes([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13]) + b"IHDR" + \
      (300).to_bytes(4, "big") + (20).to_bytes(4, "big") + bytes([8, 2, 0, 0, 0]) + bytes(4) + bytes(range(200))


def event(step, clock, **fields):
    return event_pb2.Event(step=step, wall_time=clock, **fields)


def scalars(step, clock, **values):
    made = event(step, clock)
    for tag, value in values.items():
        made.summary.value.add(tag=tag, simple_value=value)
    return made


def picture(step, clock, tag):
    made = event(step, clock)
    image = made.summary.value.add(tag=tag).image
    image.width, image.height, image.colorspace, image.encoded_image_string = 300, 20, 3, PNG
    return made


def start(step, clock):
    made = event(step, clock)
    made.session_log.status = event_pb2.SessionLog.START
    return made


folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tensorboard")
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "events"), "wb") as file:
    writer = RecordWriter(file)
    for made in (event(0, 1700000000.5, file_version="brain.Event:2"),
                 start(1, 1700000000.5),
                 scalars(1, 1700000001.25, loss=0.5, score=-0.0),
                 scalars(300, 1700000002, loss=float("nan"), score=1e30),
                 picture(1 << 40, 1700000003, "samples")):
        writer.write(made.SerializeToString())
