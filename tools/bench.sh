#!/bin/sh
# bench.sh BUILD_DIRECTORY [OPTIONS of bench/compare.py]: side by side with the peers in .venv, if they are there.
set -eu
build=$1
shift
python=
if [ -x .venv/bin/python ]; then
    python=.venv/bin/python
else
    echo "bench: no .venv: dcgan alone is timed. \`make bench-setup\` puts PyTorch there." >&2
fi
# shellcheck disable=SC2086 # an empty name is no argument
exec python3 bench/compare.py "$build" $python "$@"
