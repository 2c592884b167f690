#!/bin/sh
# usage: tools/fuzz.sh SECONDS [NAME...]
#
# Runs each libFuzzer target of tests/fuzz (or those named) for SECONDS, under AddressSanitizer and
# UndefinedBehaviorSanitizer, from its seeds and what earlier runs found. An input that fails is kept under
# build-fuzz/findings; exits 1 if there is one. Needs clang ($CC, or clang-14).
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n 2p "$0" | cut -c3-; exit 2; }
seconds=$1
shift
[ $# -gt 0 ] || set -- $(ls tests/fuzz/*.c | sed 's,.*/fuzz_\(.*\)\.c,\1,')

[ -f build-fuzz/build.ninja ] ||
    CC=${CC:-clang-14} meson setup build-fuzz -Dfuzz=true -Dbuildtype=debugoptimized -Db_lundef=false \
        -Db_sanitize=address,undefined -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined'
targets=
for name in "$@"; do
    targets="$targets tests/fuzz/fuzz_$name"
done
ninja -C build-fuzz $targets

passed=0
failed=0
for name in "$@"; do
    corpus=build-fuzz/corpus/$name
    findings=build-fuzz/findings/$name
    mkdir -p "$corpus" "$findings"
    if "build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1 \
        -dict="tests/fuzz/$name.dict" -artifact_prefix="$findings/" "$corpus" "tests/fuzz/corpus/$name" \
        2>"$findings/log"; then
        passed=$((passed + 1))
        echo "$name: $(grep -h number_of_executed_units "$findings/log" | grep -o '[0-9]*$') inputs in $seconds s, no finding"
    else
        failed=$((failed + 1))
        tail -n 40 "$findings/log"
        echo "$name: the input is in $findings; run build-fuzz/tests/fuzz/fuzz_$name on it"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
