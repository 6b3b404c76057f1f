#!/usr/bin/env bash
# Opens the pages of audits in a real browser. Needs node, npm with a registry, and Chromium: taken from $CHROMIUM or the path, else
# installed by apt-get where that is allowed. Ends with status 75 where one of them cannot be had.
#
#   run.sh               runs the tests
#   run.sh --screenshots also renews the pictures in docs/images
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/browser

skip() {
    printf 'skipped: %s\n' "$1"
    exit 75
}

find_chromium() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
        [ -n "$name" ] && command -v "$name" && return
    done
    return 1
}

command -v node >/dev/null && command -v npm >/dev/null || skip "there is no node with npm"
# The test runner of node itself.
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || skip "node is older than 20"
if ! find_chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update --quiet --quiet && DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends \
        chromium fonts-dejavu-core; } >"$target/chromium-install.log" 2>&1 || true
fi
CHROMIUM=$(find_chromium) || skip "Chromium is not here and cannot be installed"
mkdir -p "$work"
cp "$here/package.json" "$here"/*.mjs "$work"/
(cd "$work" && npm install --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error) ||
    skip "the packages of the browser tests cannot be downloaded"

cd "$root"
# Leaves the pages in the target folder.
cargo test --locked --quiet -p scproof-report --test it -- html::
export CHROMIUM PAGES="$target/tmp/pages"
cd "$work"
node --test --test-reporter=spec page.test.mjs
if [ "${1:-}" = --screenshots ]; then
    node screenshots.mjs "$root/docs/images"
fi
