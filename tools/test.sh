#!/bin/sh
# test.sh BUILD_DIRECTORY [TESTS...]: runs all quick tests, or those named, shows what failed, and ends with
# `N passed, N failed`.
set -eu
build=$1
shift
status=0
meson test -C "$build" --print-errorlogs "$@" || status=$?
python3 tools/count_tests.py "$build/meson-logs/testlog.json"
exit $status
