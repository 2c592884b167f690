#!/usr/bin/env python3
"""run_cases.py DCGAN CASES.txt...: compares what the program prints, and its exit code, with what the files say.

A file is a session: its commands run one after the other, by sh, in one scratch directory that is empty at first.

    # a remark
    $ dcgan train nowhere
    1| a line of standard output
    2| a line of standard error
    ? 4

`?` is the exit code, left out when it is 0. `@needs scdoc man` skips the rest of the file, aloud, where one of
those programs is missing. What differs from run to run is replaced by the marks of NOISE. With --update the files
are rewritten with what the program prints now: read the difference before you commit it.
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

NOISE = [
    (re.compile(r"^dcgan \d+\.\d+\.\d+"), "dcgan VERSION"),
    (re.compile(r"(?<=: )\d+\.\d{4}|(?<=/ )\d+\.\d{4}"), "#.####"),
    (re.compile(r"\bin \d[\w .]*\.$"), "in TIME."),
    (re.compile(r"\d+ images/s"), "# images/s"),
    (re.compile(r"promises \d+ bytes"), "promises # bytes"),
]


def environment(scratch, program):
    """Nothing of the user's own: no settings, no caches, no colours."""
    folder = os.path.join(scratch, ".bin")
    os.mkdir(folder)
    os.symlink(os.path.abspath(program), os.path.join(folder, "dcgan"))
    kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    return kept | {"PATH": folder + ":" + os.environ["PATH"], "HOME": scratch, "XDG_CACHE_HOME": scratch + "/.cache",
                   "LC_ALL": "C.UTF-8", "TERM": "xterm", "MANWIDTH": "80"}


def without_noise(line, scratch):
    line = line.replace(scratch, "SCRATCH")
    for pattern, mark in NOISE:
        line = pattern.sub(mark, line)
    return line


def run(command, scratch, variables):
    """The command as it should stand in its file, with its results."""
    done = subprocess.run(["sh", "-c", command], cwd=scratch, env=variables, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300)
    lines = ["$ " + command]
    for mark, output in (("1|", done.stdout), ("2|", done.stderr)):
        for line in output.decode("utf-8", "backslashreplace").splitlines():
            lines.append(f"{mark} {without_noise(line, scratch)}".rstrip())
    if done.returncode:
        lines.append(f"? {done.returncode}")
    return lines


def blocks(text):
    """The file's parts: lists of lines, of which the first tells what it is."""
    parts = []
    for line in text.splitlines():
        if line[:2] in ("1|", "2|") or line.startswith("? "):
            parts[-1].append(line)
        else:
            parts.append([line])
    return parts


def missing_program(line):
    return next((name for name in line.split()[1:] if not shutil.which(name)), None)


def run_file(path, program):
    """(passed, failed, the file's text as it should be)."""
    passed = failed = 0
    text = open(path, encoding="utf-8").read()
    actual = []
    with tempfile.TemporaryDirectory() as scratch:
        variables = environment(scratch, program)
        for part in blocks(text):
            if part[0].startswith("@needs") and missing_program(part[0]):
                print(f"skipped: {os.path.basename(path)}: {missing_program(part[0])} is not installed")
                return passed, failed, text
            if not part[0].startswith("$ "):
                actual += part
                continue
            result = run(part[0][2:], scratch, variables)
            actual += result
            if result == part:
                passed += 1
                continue
            failed += 1
            print(f"--- {path}")
            print("\n".join(difflib.unified_diff(part, result, "expected", "printed", lineterm="", n=100)))
    return passed, failed, "\n".join(actual) + "\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    results = {path: run_file(path, arguments[0]) for path in arguments[1:]}
    if "--update" in sys.argv:
        for path, (_, _, text) in results.items():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    failed = sum(result[1] for result in results.values())
    print(f"{sum(result[0] for result in results.values())} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
