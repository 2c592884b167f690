"""robust.py - what the robustness scripts share: the program under test, pictures, and a strict reader of runs.

A script is `SCRIPT DCGAN`: it runs the program DCGAN in a temporary directory, prints a line for each check that
does not hold, and ends with `N passed, N failed`."""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from pathlib import Path

# Exit codes, as `dcgan help` documents them.
DONE, FAILURE, USAGE, INPUT, IO = 0, 1, 2, 3, 4
STOPPED_BY_INT, STOPPED_BY_TERM = 128 + signal.SIGINT, 128 + signal.SIGTERM

DTYPE_SIZES = {"F32": 4, "I64": 8}
PATIENCE = 300  # seconds until a program counts as hung

# The smallest training that has all parts: a few milliseconds a step on any device.
TINY = ["--size", "16", "--features", "4", "--latent", "8", "--batch", "8", "--samples", "4", "--seed", "3"]


class Unwhole(Exception):
    """A file is not what it should be."""


# ---- Files of runs -------------------------------------------------------------------------------------------


def read_safetensors(path):
    """(metadata, {name: (dtype, shape, bytes)}); Unwhole unless every byte of the file is accounted for."""
    data = Path(path).read_bytes()
    if len(data) < 8:
        raise Unwhole(f"{path}: {len(data)} bytes")
    (length,) = struct.unpack("<Q", data[:8])
    if 8 + length > len(data):
        raise Unwhole(f"{path}: the header ends beyond the file")
    try:
        header = json.loads(data[8:8 + length])
    except ValueError as error:
        raise Unwhole(f"{path}: {error}") from error
    metadata, body, tensors, end = header.pop("__metadata__", {}), data[8 + length:], {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        size = DTYPE_SIZES[entry["dtype"]]
        for side in entry["shape"]:
            size *= side
        if first != end or last - first != size or last > len(body):
            raise Unwhole(f"{path}: {name} is at {first}..{last} of {len(body)}, has {size} bytes, follows {end}")
        tensors[name] = (entry["dtype"], entry["shape"], body[first:last])
        end = last
    if end != len(body) or not tensors:
        raise Unwhole(f"{path}: {len(tensors)} tensors end at {end} of {len(body)}")
    return metadata, tensors


def checkpoints(run):
    """Paths of the run's checkpoints, oldest first."""
    return sorted((Path(run) / "checkpoints").glob("step_*.safetensors"))


def check_png(path):
    """Unwhole unless all chunks are there and their checksums right."""
    data, at, kind = Path(path).read_bytes(), 8, b""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise Unwhole(f"{path}: no PNG")
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk, checksum = data[at + 4:at + 8 + size], data[at + 8 + size:at + 12 + size]
        if struct.pack(">I", zlib.crc32(chunk)) != checksum:
            raise Unwhole(f"{path}: damaged chunk {kind}")
        at += 12 + size
    if kind != b"IEND":
        raise Unwhole(f"{path}: ends in {kind}")


def check_whole(run):
    """Unwhole unless every file that is written in one go is whole; the logs may be behind, never torn."""
    run = Path(run)
    for path in [*checkpoints(run), *run.glob("generator.safetensors")]:
        read_safetensors(path)
    for path in [*run.glob("samples/*.png"), *run.glob("*.png")]:
        check_png(path)
    for path in run.glob("*.json"):
        json.loads(path.read_text())
    read_metrics(run)


def read_metrics(run):
    """The lines, less what depends on the clock."""
    path = Path(run) / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    for line in lines:
        del line["time"], line["images_per_second"]
    return lines


def differences(run, other):
    """What is not the same, to the bit, in two runs that ended at the same step; an empty list if they agree."""
    found = []
    for name in [f"checkpoints/{checkpoints(other)[-1].name}", "generator.safetensors"]:
        (metadata, tensors), (want_metadata, want) = read_safetensors(Path(run) / name), read_safetensors(Path(other) / name)
        found += [f"{name}: {key}" for key in want_metadata
                  if key not in ("time", "config") and metadata.get(key) != want_metadata[key]]
        found += [f"{name}: {key}" for key in tensors.keys() | want.keys() if tensors.get(key) != want.get(key)]
    if read_metrics(run) != read_metrics(other):
        found.append("metrics.jsonl")
    samples = [{path.name: path.read_bytes() for path in Path(r, "samples").glob("*.png")} for r in (run, other)]
    if samples[0] != samples[1]:
        found.append("samples")
    return found


def write_safetensors(path, metadata, tensors):
    """The inverse of read_safetensors."""
    header, end = {"__metadata__": metadata}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors.values()))


# ---- Pictures ------------------------------------------------------------------------------------------------


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, color, rows, *extra):
    """A PNG of these rows of bytes; `extra`: chunks between header and pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    pixels = b"".join(b"\0" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(extra) + chunk(b"IDAT", zlib.compress(pixels)) +
            chunk(b"IEND", b""))


def random_png(random, side=16):
    return png(side, side, 8, 2, [random.randbytes(side * 3) for _ in range(side)])


def random_bmp(random, side=16):
    """24 bits, from below."""
    pixels = random.randbytes(side * (side * 3 + 3) // 4 * 4)
    return (b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) +
            struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, len(pixels), 0, 0, 0, 0) + pixels)


def make_pictures(folder, random, count):
    folder = Path(folder)
    folder.mkdir()
    for i in range(count):
        make, suffix = (random_png, "png") if i % 2 else (random_bmp, "bmp")
        (folder / f"{i}.{suffix}").write_bytes(make(random))


# ---- The program ---------------------------------------------------------------------------------------------


class Program:
    """The program under test. Sanitizers' reports are failures wherever they appear."""

    def __init__(self, path, scratch):
        self.path = os.path.abspath(path)
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(scratch / "cache"), "LC_ALL": "C.UTF-8"}

    def start(self, *arguments, **options):
        return subprocess.Popen([self.path, *map(os.fspath, arguments)], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **options)

    def run(self, *arguments, **options):
        """(exit code, all it printed)."""
        process = self.start(*arguments, **options)
        return self.finish(process)

    def finish(self, process):
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError(f"{process.args} hangs") from None
        assert "Sanitizer" not in err and "runtime error:" not in err, err
        assert process.returncode not in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE), err
        return process.returncode, out + err


def expect(program, code, parts, *arguments, **options):
    """Runs; the exit code must be `code` and every part in what it prints, which is returned."""
    got, text = program.run(*arguments, **options)
    assert got == code, f"exit code {got}, not {code}, of {arguments}:\n{text}"
    for part in parts:
        assert part in text, f"\"{part}\" is not in the output of {arguments}:\n{text}"
    return text


def ordinary_user(program):
    """Options of a process that permissions bind; None if there can be none that reaches the program."""
    if os.geteuid() != 0:
        return {}
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    try:
        return nobody if program.run("--version", **nobody)[0] == DONE else None
    except OSError:
        return None


# ---- A script ------------------------------------------------------------------------------------------------

tests = []


def test(function):
    """Decorator: function(program, scratch) is a test; it asserts."""
    tests.append(function)
    return function


class Skipped(Exception):
    """Cannot be tested here, with the reason."""


def main():
    failed = passed = 0
    began = time.monotonic()
    for function in tests:
        scratch = Path(tempfile.mkdtemp(prefix="dcgan-test-"))
        scratch.chmod(0o755)
        try:
            function(Program(sys.argv[1], scratch), scratch)
            passed += 1
        except Skipped as reason:
            print(f"skipped: {function.__name__}: {reason}")
        except Exception:  # a failing test must not hide those after it
            failed += 1
            print(f"FAILED {function.__name__}")
            traceback.print_exc(file=sys.stdout)
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{time.monotonic() - began:.0f} seconds")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
