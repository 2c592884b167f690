#!/bin/sh
# setup.sh [--all]: installs what is missing of the Debian packages that building, running and testing need, as
# root or with sudo; with --all, what the slow tests need, too. Reports optional parts that are missing in one
# summary. Does nothing, offline too, when all is there.
set -eu

needed="build-essential meson ninja-build pkg-config python3 libjpeg62-turbo-dev libpng-dev libwebp-dev libgif-dev
  libtiff-dev libgd-dev libcgif-dev libjansson-dev libxxhash-dev libmicrohttpd-dev libcmocka-dev"

# A line each: what it is for, the command it brings, its packages.
optional="the manual page:scdoc:scdoc
fuzzing (make fuzz):clang-14:clang-14 libclang-rt-14-dev
browser tests (make test-web):chromium:chromium
browser tests (make test-web):npm:nodejs npm"

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install() {
    if ! command -v apt-get >/dev/null; then
        echo "setup: this is not a Debian system. Install the equivalents of: $*" >&2
        exit 1
    fi
    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
        if ! command -v sudo >/dev/null; then
            echo "setup: run this as root once, or install: $*" >&2
            exit 1
        fi
    fi
    echo "setup: installing $*"
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing=
for package in $needed; do
    installed "$package" || missing="$missing $package"
done

absent=$(echo "$optional" | while IFS=: read -r purpose program packages; do
    command -v "$program" >/dev/null || echo "$purpose:$packages"
done)
if [ "${1:-}" = --all ] && [ -n "$absent" ]; then
    missing="$missing $(echo "$absent" | cut -d: -f2 | tr '\n' ' ')"
    absent=
fi

# shellcheck disable=SC2086 # a list of words
[ -z "$missing" ] || install $missing

if [ -n "$absent" ]; then
    echo "setup: optional parts that are not installed (make setup-all installs them):"
    echo "$absent" | while IFS=: read -r purpose packages; do
        echo "  $purpose: $packages"
    done
fi
