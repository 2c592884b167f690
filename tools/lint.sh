#!/bin/sh
# lint.sh BUILD_DIRECTORY: clang-format (no changes wanted) and clang-tidy over the project's own C files.
set -eu
build=$1
for tool in clang-format-14 clang-tidy-14; do
    command -v "$tool" >/dev/null || { echo "lint: install $tool" >&2; exit 1; }
done
git ls-files '*.c' '*.h' | grep -v '^third_party/' | xargs clang-format-14 --dry-run --Werror
git ls-files 'src/*.c' | xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p "$build"
