#!/bin/sh
# Installs what is missing of the Debian packages that building, running and testing need, as root or with
# sudo. Reports optional parts that are missing in one summary. Does nothing, offline too, when all is there.
set -eu

build="build-essential meson ninja-build pkg-config python3 libjpeg62-turbo-dev libpng-dev libwebp-dev libgif-dev
  libtiff-dev libgd-dev libcgif-dev libjansson-dev libxxhash-dev libmicrohttpd-dev"
test="libcmocka-dev"
optional="scdoc:the-manual-page clang-14:fuzzing-(make-fuzz) libclang-rt-14-dev:fuzzing-(make-fuzz)
  chromium:browser-tests-(make-test-web) nodejs:browser-tests-(make-test-web) npm:browser-tests-(make-test-web)"

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
for package in $build $test; do
    installed "$package" || missing="$missing $package"
done

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null; then
        echo "setup: this is not a Debian system. Install the equivalents of:$missing" >&2
        exit 1
    fi
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "setup: run this as root once, or install:$missing" >&2
            exit 1
        fi
        as_root=sudo
    fi
    echo "setup: installing$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # the list is words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

absent=
for entry in $optional; do
    package=${entry%%:*}
    installed "$package" || command -v "${package%-14}" >/dev/null || absent="$absent
  $package ($(echo "${entry#*:}" | tr - ' '))"
done
if [ -n "$absent" ]; then
    echo "setup: optional parts that are not installed (apt-get install NAME adds them):$absent"
fi
