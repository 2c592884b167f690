#!/usr/bin/env python3
"""compare.py BUILD [PYTHON]: dcgan's speed, side by side with PyTorch's where PYTHON has it.

Every round runs each program once, in turn, so that a machine that drifts or is shared drifts for all; figures
are medians over the rounds, ratios medians of the rounds' own ratios. Nets: `faces`, 64x64, 64 feature maps."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("build", help="dcgan's build directory")
parser.add_argument("python", nargs="?", default=None)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--batches", default="128,64,16")
parser.add_argument("--threads", default="2,1")
parser.add_argument("--pictures", nargs="*", default=[], metavar="FOLDER",
                    help="time reading these, as they are and as 178x218 JPEGs (CelebA's size, written to a temporary "
                         "folder by PYTHON); torchvision wants FOLDER/class/picture")
parser.add_argument("--only", choices=["layers", "train", "threads", "generate", "load", "start"])
parser.add_argument("--avx2", action="store_true", help="hold all programs to AVX2, on a machine with AVX-512")
arguments = parser.parse_args()
if arguments.avx2:
    os.environ |= {"DCGAN_CPU": "avx2", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
PROGRAM = f"{arguments.build}/src/app/dcgan"
LAYERS = f"{arguments.build}/bench/bench_layers"


def numbers(text):
    return [int(n) for n in text.split(",")]


def run(command, environment=None):
    """The JSON line a program prints, or None (told on stderr)."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        print(f"failed: {' '.join(command)}\n{done.stderr.strip()[-500:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(threads, batch, steps):
    return run([PROGRAM, "bench", "--json", f"--threads={threads}", f"--batch={batch}", f"--steps={steps}"])


def peer(script, **options):
    if not arguments.python:
        return None
    return run([arguments.python, f"{FOLDER}/{script}"] + [f"--{key}={value}" for key, value in options.items()])


def has_bf16():
    if arguments.avx2:
        return False
    with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
        return "bf16" in cpuinfo.read()


def interleave(programs):
    """{name: list of results, one a round} of {name: function}; a program that fails once is dropped."""
    results = {name: [] for name in programs}
    for _ in range(arguments.rounds):
        for name, function in programs.items():
            if results[name] is None:
                continue
            result = function()
            results[name] = results[name] + [result] if result else None
    return {name: rounds for name, rounds in results.items() if rounds}


def step_flop():
    """Operations for each real picture of a training step, by direct convolution."""
    ends, inner = 3 * 64 * 16 * 32 * 32, 3 * 64 * 128 * 16 * 16 * 16  # multiply-adds; the three inner layers are alike
    generator, discriminator, latent = inner + ends + 100 * 8192, inner + ends + 8192, 100 * 8192
    forward = generator + 3 * discriminator  # the discriminator sees real pictures, fakes, and fakes once more
    weights = generator + 2 * discriminator
    inputs = (generator - latent) + 2 * (discriminator - ends) + discriminator
    return 2 * (forward + weights + inputs)


def peak(threads):
    """Operations a second of the register block in the first-level cache."""
    first = subprocess.run([LAYERS, str(threads), "1", "0"], capture_output=True, text=True, check=True).stdout
    return 1e9 * float(first.split("peak ")[1].split()[0])


def report(title, results, key, unit, smaller_is_better=False):
    print(f"\n{title}")
    own = [r[key] for r in results.get("dcgan", [])]
    for name, rounds in results.items():
        values = [r[key] for r in rounds]
        line = f"  {name:24s} {statistics.median(values):10.4g} {unit}"
        if name != "dcgan" and own:
            ratios = [theirs / mine if smaller_is_better else mine / theirs for mine, theirs in zip(own, values)]
            line += f"   dcgan is {statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"
        print(line, flush=True)


def compare_training():
    variants = ["tutorial", "best"] + (["bf16"] if has_bf16() else [])
    for threads in numbers(arguments.threads):
        most = peak(threads)
        for batch in numbers(arguments.batches):
            steps = max(3, 384 // batch)
            programs = {"dcgan": lambda: ours(threads, batch, 3 * steps)}
            for variant in variants if arguments.python else []:
                programs[f"PyTorch {variant}"] = lambda v=variant: peer(
                    "pytorch_train.py", threads=threads, batch=batch, steps=steps, variant=v)
            results = interleave(programs)
            report(f"training, batch {batch}, {threads} threads", results, "images_per_second", "images/s")
            if "dcgan" in results:
                speed = statistics.median(r["images_per_second"] for r in results["dcgan"])
                print(f"  dcgan: {100 * speed * step_flop() / most:.0f} % of the peak, by direct convolution")
            if batch == 128:
                report(f"peak memory, batch {batch}, {threads} threads", results, "peak_memory", "bytes", True)


def compare_layers():
    for threads in numbers(arguments.threads):
        print(f"\ninner layers, batch 128, {threads} threads", flush=True)
        subprocess.run([LAYERS, str(threads)], check=True)


def compare_threads():
    """One thread and two of dcgan alone, in turn: the ratio is what the second thread brings."""
    results = interleave({"dcgan": lambda: ours(2, 128, 9), "one thread": lambda: ours(1, 128, 9)})
    report("the second thread, training, batch 128", results, "images_per_second", "images/s")


def compare_generation():
    for threads in numbers(arguments.threads):
        for batch in (64, 1):
            programs = {"dcgan": lambda: ours(threads, batch, 200 // batch + 5)}
            for runtime in ["pytorch", "compile", "onnxruntime"] if arguments.python else []:
                programs[runtime] = lambda r=runtime: peer(
                    "pytorch_generate.py", threads=threads, batch=batch, runtime=r)
            report(f"generation, batch {batch}, {threads} threads", interleave(programs),
                   "generated_images_per_second", "images/s")


def first_step(folder):
    """Seconds from starting the program to its first line of metrics, the pictures being cached."""
    shutil.rmtree(folder, ignore_errors=True)
    begin = time.perf_counter()
    process = subprocess.Popen([PROGRAM, "train", "demo:faces", "--steps=1", "-q", "-o", folder],
                               stdout=subprocess.DEVNULL)
    while process.poll() is None and not os.path.exists(f"{folder}/metrics.jsonl"):
        time.sleep(0.002)
    seconds = time.perf_counter() - begin
    process.wait()
    return {"first_step_seconds": seconds}


def compare_start():
    with tempfile.TemporaryDirectory() as folder:
        first_step(f"{folder}/run")  # fills the cache of pictures
        programs = {"dcgan": lambda: first_step(f"{folder}/run")}
        if arguments.python:
            programs["PyTorch best"] = lambda: peer("pytorch_train.py", threads=2, batch=128, steps=1, variant="best")
        report("first finished step since the program started, batch 128", interleave(programs), "first_step_seconds",
               "s", True)


def load(folder):
    """Reads pictures that are not cached: the cache is an empty folder."""
    with tempfile.TemporaryDirectory() as cache:
        environment = dict(os.environ, XDG_CACHE_HOME=cache)
        return run([PROGRAM, "bench", "--json", "--threads=1", "--batch=1", "--steps=1", folder], environment)


def compare_loading(folder, name):
    programs = {"dcgan": lambda: load(folder)}
    if arguments.python:
        programs["torchvision"] = lambda: peer("pytorch_load.py", folder=folder)
    report(f"reading {name}, one core, to 64x64", interleave(programs), "pictures_per_second", "pictures/s")


def compare_loading_sizes(folder):
    name = os.path.basename(folder)
    compare_loading(folder, name)
    with tempfile.TemporaryDirectory() as resized:
        if peer("resize_pictures.py", folder=folder, to=resized):
            compare_loading(resized, f"{name} as 178x218 JPEGs")


def main():
    parts = {"layers": compare_layers, "train": compare_training, "threads": compare_threads,
             "generate": compare_generation, "start": compare_start}
    for name, part in parts.items():
        if arguments.only in (None, name):
            part()
    if arguments.only in (None, "load"):
        for folder in arguments.pictures:
            compare_loading_sizes(os.path.abspath(folder))


main()
