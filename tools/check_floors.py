#!/usr/bin/env python3
"""Checks who may include whom in src/, and that no file has outgrown one job.

A file includes headers of its own room and of strictly lower floors only, each as "room/name.h". What holds
beyond that stands in violation(). Prints one line per finding; exits 1 if there is any.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"base": 0, "image": 1, "format": 1, "net": 1, "device": 2, "train": 3, "eval": 3, "serve": 4, "app": 5}

# Files of app/ and serve/ that reach past the public header into the library: {file: headers}, each with a reason.
REACHES_INTO_LIBRARY = {
    "app/serve.c": ("serve/serve.h",),  # the dashboard is started by a command
}

LONGEST = 800  # lines
SOURCES = {".c", ".h", ".inc", ".S", ".cu", ".cuh", ".py", ".sh", ".js"}
FOLDERS = ["include", "src", "tests", "bench", "tools", "web", "examples"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def violation(file, header):
    """Why `file` may not include `header`, both relative to src/; None if it may."""
    room, target = file.parts[0], header.split("/")[0]
    if target not in FLOORS:
        return 'headers of src/ are included as "room/name.h"'
    if str(file) == "device/ref.c" and header.startswith("device/cpu/"):
        return "ref.c is the oracle: it shares nothing with the device it judges"
    if target == room:
        return None
    if FLOORS[target] >= FLOORS[room]:
        return f"{room} (floor {FLOORS[room]}) may not include {target} (floor {FLOORS[target]})"
    if target == "device" and header != "device/device.h":
        return "device/device.h is the only door to the devices"
    if room in ("app", "serve") and target != "base" and header not in REACHES_INTO_LIBRARY.get(str(file), ()):
        return f"{room} includes <dcgan.h>, base and itself only"
    return None


def check_includes():
    src = ROOT / "src"
    for path in sorted(p for p in src.rglob("*") if p.suffix in SOURCES):
        file = path.relative_to(src)
        if file.parts[0] not in FLOORS:
            yield f"src/{file}: is in no room; the rooms are {', '.join(FLOORS)}"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match or (match[1] == "<" and not (src / match[2]).exists()):
                continue
            rule = violation(file, match[2])
            if rule:
                yield f"src/{file}:{number}: includes {match[2]}: {rule}"


def check_lengths():
    for folder in FOLDERS:
        for path in sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in SOURCES):
            if "node_modules" in path.parts:
                continue
            lines = len(path.read_text().splitlines())
            if lines > LONGEST:
                yield f"{path.relative_to(ROOT)}: has {lines} lines, more than {LONGEST}: it wants to be two files"


findings = [*check_includes(), *check_lengths()]
print("\n".join(findings) or "Every include keeps to its floor, and no file is too long.")
sys.exit(1 if findings else 0)
