#!/bin/sh
# build.sh DIRECTORY [MESON OPTIONS...]: configures once, then builds. Prints only what went wrong.
set -eu
directory=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "build: \"$*\" failed" >&2
        exit 1
    fi
}
[ -f "$directory/build.ninja" ] || quietly meson setup "$directory" "$@"
quietly ninja -C "$directory"
# Warnings do not stop a user's build, but nobody should miss them.
grep -A4 'warning:' "$log" || true
