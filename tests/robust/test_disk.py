#!/usr/bin/env python3
"""test_disk.py DCGAN: full disks, forbidden places and damaged files: a clear message, an exit code that is not 0,
and nothing lost that was there before."""

import os
import random
import resource
import shutil
import signal
import subprocess
import time

from robust import (DONE, INPUT, IO, STOPPED_BY_TERM, TINY, USAGE, Skipped, check_whole, checkpoints, differences,
                    expect, main, make_pictures, ordinary_user, png, read_safetensors, test, write_safetensors)

EPOCH = 4  # steps


def train(program, scratch, run, *more, epochs=2, code=DONE, parts=(), **options):
    if not (scratch / "pictures").exists():
        make_pictures(scratch / "pictures", random.Random(1), 8 * EPOCH)
    return expect(program, code, parts, "train", scratch / "pictures", "-o", run, *TINY, "--epochs", str(epochs), *more,
                  **options)


def contents(folder):
    """{path: bytes} of all files below it, but for the logs and the lock."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".jsonl" and path.name != "lock"}


# ---- Full disks ----------------------------------------------------------------------------------------------


def limit_files(size):
    """Options of a process whose files cannot grow beyond `size`: a full disk that needs no privilege."""

    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return {"preexec_fn": prepare}


@test
def a_checkpoint_that_does_not_fit_costs_no_older_one(program, scratch):
    train(program, scratch, whole := scratch / "whole", epochs=4)
    train(program, scratch, run := scratch / "run", epochs=2)
    before = contents(run / "checkpoints")
    size = min(map(len, before.values()))
    expect(program, IO, [str(run), "step_00000012.safetensors", "cannot be written", "File too large"], "resume", run,
           "--epochs", "4", **limit_files(size - 1000))
    assert contents(run / "checkpoints") == before
    check_whole(run)
    expect(program, DONE, [], "resume", run, "--epochs", "4")
    assert not (found := differences(run, whole)), found


@test
def a_run_that_does_not_fit_at_all_leaves_nothing(program, scratch):
    train(program, scratch, run := scratch / "run", code=IO, parts=[str(run), "config.json"], **limit_files(20))
    assert not run.exists()


ON_FULL_DISK = """
set -eu
dcgan=$1 pictures=$2 disk=$3 kept=$4; shift 4
mount -t tmpfs -o size=2m tmpfs "$disk"
"$dcgan" train "$pictures" -o "$disk/run" --epochs 2 "$@"
cp -r "$disk/run" "$kept/before"
cat /dev/zero > "$disk/filler" 2>/dev/null || true
truncate -s -32K "$disk/filler" # room for logs and samples, not for a checkpoint
code=0; "$dcgan" resume "$disk/run" --epochs 4 || code=$?
echo "code of the full disk: $code"
cp -r "$disk/run" "$kept/full"
rm "$disk/filler"
"$dcgan" resume "$disk/run" --epochs 4
cp -r "$disk/run" "$kept/after"
"""


def mounting():
    """A command prefix under which file systems can be mounted, unseen by others."""
    for prefix in (["unshare", "-m"], ["unshare", "-rm"]):
        try:
            if subprocess.run([*prefix, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0:
                return prefix
        except OSError:
            break
    raise Skipped("no file system can be mounted here")


@test
def a_disk_that_is_full_is_survived(program, scratch):
    prefix = mounting()
    train(program, scratch, whole := scratch / "whole", epochs=4)
    disk, kept = scratch / "disk", scratch / "kept"
    disk.mkdir()
    kept.mkdir()
    done = subprocess.run([*prefix, "sh", "-c", ON_FULL_DISK, "sh", program.path, scratch / "pictures", disk, kept, *TINY],
                          env=program.environment, capture_output=True, text=True)
    text = done.stdout + done.stderr
    assert done.returncode == 0 and f"code of the full disk: {IO}" in text, text
    assert "No space left on device" in text and "Free some space" in text and "step_00000012.safetensors cannot" in text, text
    assert "Sanitizer" not in text and "runtime error" not in text, text
    assert contents(kept / "full" / "checkpoints") == contents(kept / "before" / "checkpoints")
    assert not list((kept / "full").rglob("*.tmp"))
    assert not (found := differences(kept / "after", whole)), found


@test
def output_that_nobody_can_store_does_not_end_a_training(program, scratch):
    with open("/dev/full", "w") as full:
        make_pictures(scratch / "pictures", random.Random(1), 8)
        arguments = ["train", scratch / "pictures", "-o", scratch / "run", *TINY, "--epochs", "2"]
        done = subprocess.run([program.path, *arguments], env=program.environment, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == DONE, done.stderr
    assert len(checkpoints(scratch / "run")) == 2


# ---- Forbidden and occupied places ---------------------------------------------------------------------------


@test
def places_that_are_forbidden_are_named(program, scratch):
    user = ordinary_user(program)
    if user is None:
        raise Skipped("no ordinary user here that reaches the program")
    train(program, scratch, run := scratch / "run")
    for path in [run, *run.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    (closed := scratch / "closed").mkdir()
    closed.chmod(0o555)
    before = contents(run)
    train(program, scratch, closed / "new", code=IO, parts=[str(closed / "new"), "Permission denied"], **user)
    expect(program, IO, [str(run), "Permission denied"], "resume", run, "--epochs", "4", **user)
    expect(program, IO, [str(closed), "Permission denied"], "generate", run, "-o", closed / "grid.png", **user)
    assert contents(run) == before and not list(closed.iterdir())
    closed.chmod(0o755)
    run.chmod(0o755)


@test
def places_that_are_occupied_are_left_alone(program, scratch):
    (occupied := scratch / "occupied").mkdir()
    (occupied / "thesis.txt").write_text("years of work")
    (file := scratch / "file").write_text("a file")
    train(program, scratch, occupied, code=USAGE, parts=[str(occupied), "holds files already"])
    train(program, scratch, file, code=IO, parts=[str(file)])
    train(program, scratch, file / "run", code=IO, parts=[str(file)])
    assert contents(occupied) == {(occupied / "thesis.txt").relative_to(occupied): b"years of work"}
    assert file.read_text() == "a file"


@test
def a_run_at_work_is_locked(program, scratch):
    make_pictures(scratch / "pictures", random.Random(1), 8 * EPOCH)
    process = program.start("train", scratch / "pictures", "-o", run := scratch / "run", *TINY, "--epochs", "100000",
                            "--log-every", "1", "--quiet")
    try:
        while not checkpoints(run):
            assert process.poll() is None, program.finish(process)
            time.sleep(0.01)
        expect(program, USAGE, [str(run), "being trained by another process"], "resume", run)
        train(program, scratch, run, code=USAGE, parts=[str(run), "holds files already"])
    finally:
        process.send_signal(signal.SIGTERM)
    code, text = program.finish(process)
    assert code == STOPPED_BY_TERM, text
    check_whole(run)


# ---- Damaged checkpoints -------------------------------------------------------------------------------------


def damages(data, run):
    """What may become of a file: {name: its bytes}."""
    flipped = bytearray(data)
    flipped[20] ^= 0x80  # in the header
    return {
        "empty": b"",
        "seven bytes": data[:7],
        "a part of the header": data[:300],
        "half": data[:len(data) // 2],
        "a byte less": data[:-1],
        "a byte more": data + b"\0",
        "a flipped bit": bytes(flipped),
        "a picture": png(1, 1, 8, 0, [b"\0"]),
        "text": b"not a checkpoint\n",
        "a generator": (run / "generator.safetensors").read_bytes(),
    }


@test
def a_damaged_newest_checkpoint_is_told_and_passed_over(program, scratch):
    train(program, scratch, whole := scratch / "whole", epochs=3)
    train(program, scratch, good := scratch / "good", epochs=2)
    for number, (name, data) in enumerate(damages(checkpoints(good)[-1].read_bytes(), good).items()):
        shutil.copytree(good, run := scratch / f"run{number}")
        checkpoints(run)[-1].write_bytes(data)
        expect(program, DONE, ["warning", "step_00000008.safetensors"], "resume", run, "--epochs", "3")
        assert not (found := differences(run, whole)), f"{name}: {found}"
        check_whole(run)


@test
def without_a_whole_checkpoint_nothing_is_touched(program, scratch):
    train(program, scratch, run := scratch / "run", epochs=2)
    for name, data in damages(checkpoints(run)[-1].read_bytes(), run).items():
        for path in checkpoints(run):
            path.write_bytes(data)
        before, log = contents(run), (run / "metrics.jsonl").read_bytes()
        expect(program, INPUT, [str(run), "step_00000004.safetensors"], "resume", run, "--epochs", "3")
        assert contents(run) == before and (run / "metrics.jsonl").read_bytes() == log, name


@test
def a_checkpoint_of_other_content_is_refused(program, scratch):
    train(program, scratch, run := scratch / "run", epochs=2)
    metadata, tensors = read_safetensors(path := checkpoints(run)[-1])
    checkpoints(run)[0].unlink()
    weight = "netD.main.0.weight"
    changes = [({"config": "{"}, {}, "configuration"), ({"config": '{"batch": 0}'}, {}, "batch"),
               ({"config": '{"colour": 1}'}, {}, "colour"), ({"step": "-1"}, {}, str(path)),
               ({"step": "1x"}, {}, str(path)), ({"time": "nan"}, {}, str(path)), ({"epoch": ""}, {}, str(path)),
               ({"format": "dcgan-checkpoint-9"}, {}, "dcgan-checkpoint-9"), ({"updates_d": "x"}, {}, "updates_d"),
               ({"dataset_hash": "0123456789abcdef"}, {}, "0123456789abcdef"),
               ({"config": metadata["config"].replace('"features": 4', '"features": 5')}, {}, "main.0.weight"),
               ({"tensors_hash": ""}, {}, "metadata"), ({"tensors_hash": "0123456789abcdef"}, {}, "checksum"),
               ({}, {weight: ("F32", [1], b"\0\0\0\0")}, "checksum"), ({}, {weight: ("I64", [0], b"")}, "checksum")]
    for changed_metadata, changed_tensors, part in changes:
        write_safetensors(path, {**metadata, **changed_metadata}, {**tensors, **changed_tensors})
        before = contents(run)
        expect(program, INPUT, [part], "resume", run, "--epochs", "3")
        assert contents(run) == before, part
    write_safetensors(path, metadata, {name: tensor for name, tensor in tensors.items() if name != weight})
    expect(program, INPUT, ["checksum"], "resume", run, "--epochs", "3")
    write_safetensors(path, metadata, tensors)
    expect(program, DONE, [], "resume", run, "--epochs", "3")


# ---- Generators and configurations ---------------------------------------------------------------------------


@test
def files_that_hold_no_generator_are_refused(program, scratch):
    train(program, scratch, run := scratch / "run", epochs=1)
    generator = run / "generator.safetensors"
    metadata, tensors = read_safetensors(generator)
    bad, grid = scratch / "bad.safetensors", scratch / "grid.png"
    for name, data in damages(generator.read_bytes(), run).items():
        if name != "a generator":
            bad.write_bytes(data)
            expect(program, INPUT, [str(bad)], "generate", bad, "-o", grid)
            expect(program, INPUT, [str(bad)], "info", bad)
    for name in ["main.0.weight", "main.3.weight", "main.1.running_var"]:
        write_safetensors(bad, metadata, {key: value for key, value in tensors.items() if key != name})
        expect(program, INPUT, [], "generate", bad, "-o", grid)
        write_safetensors(bad, metadata, {**tensors, name: ("F32", [2, 2], b"\0" * 16)})
        expect(program, INPUT, [], "generate", bad, "-o", grid)
    (empty := scratch / "empty").mkdir()
    os.mkfifo(fifo := scratch / "fifo")
    for path, code in [(empty, INPUT), (fifo, INPUT), (scratch / "absent", IO)]:
        expect(program, code, [str(path)], "generate", path, "-o", grid)
        expect(program, code, [str(path)], "info", path)
    assert not grid.exists()
    expect(program, DONE, [], "generate", generator, "-n", "4", "-o", grid)


@test
def flipped_bytes_do_no_harm(program, scratch):
    train(program, scratch, run := scratch / "run", epochs=1)
    data, chance = (run / "generator.safetensors").read_bytes(), random.Random(7)
    bad = scratch / "bad.safetensors"
    header = 8 + int.from_bytes(data[:8], "little")
    for _ in range(40):
        flipped = bytearray(data)
        flipped[chance.randrange(header)] = chance.randrange(256)
        bad.write_bytes(flipped)
        code, text = program.run("generate", bad, "-n", "1", "-o", scratch / "one.png")
        assert code in (DONE, INPUT), f"{code}: {text}"


@test
def configurations_with_errors_are_refused(program, scratch):
    make_pictures(scratch / "pictures", random.Random(1), 8)
    config, run = scratch / "config.json", scratch / "run"
    for text, part in [('{"batchsize": 8}', "batchsize"), ('{"batch": "8"}', "batch"), ('{"batch": 0}', "batch"),
                       ('{"batch": 8, "batch": 8}', "duplicate"), ("[]", "JSON object"), ("", "JSON"),
                       ('{"size": 17}', "nearest possible"), ('{"epochs": 1e400}', "JSON")]:
        config.write_text(text)
        expect(program, INPUT, [str(config), part], "train", scratch / "pictures", "--config", config, "-o", run)
        expect(program, INPUT, [str(config), part], "info", config)
    expect(program, IO, ["absent.json"], "train", scratch / "pictures", "--config", scratch / "absent.json", "-o", run)
    assert not run.exists()


main()
