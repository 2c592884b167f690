#!/usr/bin/env python3
"""run_tests.py DCGAN [--long] [NAME...]: tests of `dcgan serve` over HTTP. Ends with `N passed, N failed`.

--long opens 10,000 slow connections instead of 2,000, and waits where waiting is the test."""
import sys
import unittest

import test_limits
import test_runs
import test_security
from rig import Server


def load(names):
    loader = unittest.TestLoader()
    modules = (test_security, test_runs, test_limits)
    if names:
        loader.testNamePatterns = [f"*{name}*" for name in names]
    return unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules)


def main():
    program, *rest = sys.argv[1:]
    Server.program = program
    if "--long" in rest:
        rest.remove("--long")
        test_limits.Limits.connections = 10_000
        test_limits.Limits.patient = True
    result = unittest.TextTestRunner(verbosity=2).run(load(rest))
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


main()
