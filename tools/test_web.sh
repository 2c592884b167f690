#!/bin/sh
# test_web.sh BUILD_DIRECTORY [--pictures FOLDER]: the dashboard in a real browser. Needs Debian's chromium,
# node and npm, and says so where one is missing. Ends with `N passed, N failed`.
set -eu
program=$(realpath "$1")/src/app/dcgan
shift
chromium=$(command -v chromium || command -v chromium-browser || true)
for tool in node npm python3; do
    command -v "$tool" >/dev/null || { echo "skipped: the browser tests need $tool"; echo "0 passed, 0 failed"; exit 0; }
done
[ -n "$chromium" ] || { echo "skipped: the browser tests need chromium"; echo "0 passed, 0 failed"; exit 0; }

cd "$(dirname "$0")/../tests/web"
[ -d node_modules/playwright-core ] && [ node_modules -nt package-lock.json ] ||
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
exec node run.js "$program" "$chromium" "$@"
