#!/bin/sh
# usage: tools/fuzz.sh SECONDS [NAME...]
#
# Builds each libFuzzer target of tests/fuzz (or those named) from the sources it needs, under
# AddressSanitizer and UndefinedBehaviorSanitizer, and runs it for SECONDS from its seeds and from what
# earlier runs found. An input that fails is kept below build-fuzz; exits 1 if there is one. Needs clang.
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2s/# //p' "$0"; exit 2; }
seconds=$1
shift
if ! command -v "${CC:-clang-14}" >/dev/null; then
    echo "skipped: fuzzing needs clang-14 and libclang-rt-14-dev (make setup-all)"
    echo "0 passed, 0 failed"
    exit 0
fi
[ $# -gt 0 ] || set -- $(ls tests/fuzz/fuzz_*.c | sed 's/.*fuzz_\(.*\)\.c/\1/')

# What a target links with, beside src/base.
sources_of() {
    case $1 in
    cache) echo src/train/cache_folder.c src/train/skipped.c ;;
    config) echo src/train/config.c src/train/settings.c src/train/presets.c src/net/net.c ;;
    events) echo src/serve/events.c src/serve/lines.c ;;
    metrics) echo src/train/metrics.c ;;
    picture) echo src/image/decode*.c src/image/exif.c src/image/fit.c src/image/resize.c ;;
    route) echo src/serve/route.c src/serve/names.c src/serve/token.c ;;
    row) echo src/serve/row.c ;;
    safetensors) echo src/format/safetensors_*.c ;;
    esac
}

build() {
    ${CC:-clang-14} -std=gnu17 -g -O2 -D_GNU_SOURCE -DDCGAN_VERSION='"fuzz"' -Isrc -Iinclude \
        -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined "tests/fuzz/fuzz_$1.c" src/base/*.c $(sources_of "$1") \
        $(pkg-config --cflags --libs jansson libjpeg libpng libwebp libwebpdemux libtiff-4 gdlib libxxhash) -lgif -lm -lpthread \
        -o "build-fuzz/$1/fuzz"
}

fuzz() {
    "build-fuzz/$1/fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1 \
        -dict="tests/fuzz/$1.dict" -artifact_prefix="build-fuzz/$1/" "build-fuzz/$1/corpus" "tests/fuzz/corpus/$1" \
        2>"build-fuzz/$1/log"
}

passed=0
failed=0
for name in "$@"; do
    mkdir -p "build-fuzz/$name/corpus"
    build "$name"
    if fuzz "$name"; then
        passed=$((passed + 1))
        echo "$name: $(sed -n 's/.*number_of_executed_units: *//p' "build-fuzz/$name/log") inputs, no finding"
    else
        failed=$((failed + 1))
        tail -n 40 "build-fuzz/$name/log"
        echo "$name: the input is in build-fuzz/$name; run build-fuzz/$name/fuzz on it"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
