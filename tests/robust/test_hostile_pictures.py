#!/usr/bin/env python3
"""test_hostile_pictures.py DCGAN GOLDEN: a folder of hostile files trains on what is good and reports the rest.

GOLDEN holds JPEGs and a GIF that Python's library cannot write (tests/golden/image)."""

import json
import os
import random
import struct
import sys
from pathlib import Path

from robust import DONE, INPUT, TINY, check_whole, chunk, expect, main, ordinary_user, png, random_bmp, random_png, \
    read_metrics, test

GOLDEN = Path(sys.argv[2])
CHANCE = random.Random(5)


def rows(count, size):
    return [CHANCE.randbytes(size) for _ in range(count)]


def good_pictures():
    """{name: bytes} of what must be used."""
    palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255])) + chunk(b"tRNS", bytes([255, 0]))
    return {
        "good.png": random_png(CHANCE),
        "good.bmp": random_bmp(CHANCE),
        "picture.txt": random_png(CHANCE),  # the content counts
        "one_pixel.png": png(1, 1, 8, 2, [b"\x10\x20\x30"]),
        "sixteen_bit.png": png(20, 18, 16, 2, rows(18, 20 * 6)),
        "grey_alpha.png": png(17, 17, 8, 4, rows(17, 17 * 2)),
        "palette_alpha.png": png(16, 16, 8, 3, [bytes(x % 2 for x in range(16))] * 16, palette),
        "very_wide.png": png(4000, 1, 8, 0, rows(1, 4000)),
        "animated.gif": (GOLDEN / "animated.gif").read_bytes(),
        "cmyk.jpg": (GOLDEN / "cmyk.jpg").read_bytes(),
        "rotated.jpg": (GOLDEN / "orientation6.jpg").read_bytes(),
        "progressive.jpg": (GOLDEN / "progressive.jpg").read_bytes(),
        "new\nline.png": random_png(CHANCE),
        "  spaces  .png": random_png(CHANCE),
        "\N{SNOWMAN}\N{PARTY POPPER}.png": random_png(CHANCE),
        "-n": random_png(CHANCE),
        "%s%n.png": random_png(CHANCE),
        "\x1b[31mred\x07.png": random_png(CHANCE),
        os.fsdecode(b"not utf-8 \xff\xfe.png"): random_png(CHANCE),
        "x" * 251 + ".png": random_png(CHANCE),
    }


def bad_pictures():
    """{name: bytes} of what must be skipped, with a reason."""
    whole = png(64, 64, 8, 2, rows(64, 64 * 3))
    jpeg = (GOLDEN / "rgb444.jpg").read_bytes()
    bomb = png(30000, 30000, 8, 2, [b"\0"])  # 2.7 GB if it were believed
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    return {
        "truncated.png": whole[:len(whole) // 2],
        "truncated.jpg": jpeg[:len(jpeg) // 2],
        "only_a_signature.png": whole[:8],
        "damaged.png": bytes(damaged),
        "bomb.png": bomb,
        "bomb.bmp": b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) +
                    struct.pack("<IiiHHIIiiII", 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0) + b"1234",
        "empty.png": b"",
        "text.jpg": b"These are not the pixels you are looking for.\n",
        os.fsdecode(b"bad \xff.png"): whole[:100],
        "bad\nname.png": whole[:100],
    }


def make_special_files(folder):
    """What is no regular file; names of those that must be reported."""
    os.mkfifo(folder / "fifo.png")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "self.png").symlink_to("self.png")
    (folder / "nowhere.png").symlink_to("absent.png")
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to("..", target_is_directory=True)
    (folder / "sub" / "deeper.png").write_bytes(random_png(CHANCE))
    return ["fifo.png", "self.png", "nowhere.png", "loop", "up"]


def shown(name):
    """How pictures.json names a file: it is UTF-8, file names need not be."""
    data = os.fsencode(name)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return bytes(byte if byte < 0x80 else ord("?") for byte in data).decode()


@test
def what_is_good_is_used_and_the_rest_reported(program, scratch):
    folder, out = scratch / "pictures", scratch / "out"
    folder.mkdir()
    out.mkdir()
    good, bad = good_pictures(), bad_pictures()
    for name, data in {**good, **bad}.items():
        (folder / name).write_bytes(data)
    reported = [*bad, *make_special_files(folder)]
    user = ordinary_user(program)
    if user is None:
        print("skipped: unreadable file: no ordinary user here")
    else:
        (folder / "unreadable.png").write_bytes(random_png(CHANCE))
        (folder / "unreadable.png").chmod(0)
        reported.append("unreadable.png")
        out.chmod(0o777)
    used = len(good) + 1  # and sub/deeper.png
    for attempt in range(2):  # the second reads the cache, if the first could leave one
        run = out / f"run{attempt}"
        text = expect(program, DONE, [f"{len(reported) - 5} more"], "train", folder, "-o", run, *TINY, "--steps", "3",
                      "--log-every", "1", **(user or {}))
        assert text.count("skipped ") == 5, text
        pictures = json.loads((run / "pictures.json").read_text())
        found = {Path(entry["path"]).name: entry["reason"] for entry in pictures["skipped"]}
        assert sorted(found) == sorted(map(shown, reported)), f"{sorted(found)}\n{sorted(map(shown, reported))}"
        assert pictures["count"] == used, f"{pictures['count']} used, not {used}"
        assert all(len(reason) > 5 for reason in found.values()), found
        assert not any(0x07 in os.fsencode(line) or 0x1B in os.fsencode(line) for line in text.splitlines()), text
        assert [line["step"] for line in read_metrics(run)] == [1, 2, 3]
        check_whole(run)


@test
def nothing_but_bad_pictures_is_an_error_that_tells_what_was_there(program, scratch):
    folder = scratch / "pictures"
    folder.mkdir()
    for name, data in bad_pictures().items():
        (folder / name).write_bytes(data)
    expect(program, INPUT, [str(folder)], "train", folder, "-o", scratch / "run", *TINY)
    assert not (scratch / "run").exists()


main()
