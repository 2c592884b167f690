#!/usr/bin/env python3
"""count_tests.py TESTLOG.json: adds up the single tests that Meson's test programs ran.

cmocka programs say `[  PASSED  ] 12 test(s).`, scripts say `12 passed, 0 failed`; a program that says neither
is one test, told by its exit status. Skipped tests are named, never swallowed."""
import json
import re
import sys


def numbers(pattern, text):
    return [int(n) for n in re.findall(pattern, text, re.M)]


def count(test):
    """(passed, failed) of one program."""
    output = (test.get("stdout") or "") + (test.get("stderr") or "")
    passed = sum(numbers(r"^\[  PASSED  \] (\d+) test", output) + numbers(r"^(\d+) passed, \d+ failed", output))
    failed = sum(numbers(r"^\[  FAILED  \] (?:\w+: )?(\d+) test", output) +
                 numbers(r"^\d+ passed, (\d+) failed", output))
    for skipped in re.findall(r"^\[  SKIPPED \] (\w+)$|^skipped: (.*)$", output, re.M):
        print(f"skipped: {test['name']}: {''.join(skipped)}")
    good = test["result"] in ("OK", "SKIP")
    if passed + failed == 0:
        passed = int(test["result"] == "OK")
    if not good and failed == 0:
        failed = 1  # it crashed, hung or failed in another way than by a test
    return passed, failed


def main():
    with open(sys.argv[1], encoding="utf-8") as log:
        counts = [count(json.loads(line)) for line in log]
    print(f"{sum(p for p, _ in counts)} passed, {sum(f for _, f in counts)} failed")


main()
