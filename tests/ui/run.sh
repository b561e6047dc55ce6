#!/bin/sh
# The pages' tests: unit tests of their TypeScript, then the built pages in Chromium. Says what it skips and why.
# CHROMIUM names another browser than /usr/bin/chromium, KEDGE_UI_DIST a folder with built pages.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ui=$here/../../ui
stamp=$(mktemp)
trap 'rm -f "$stamp"' EXIT

if ! command -v npm >/dev/null; then
    echo "skipped: the pages' tests need npm"
    exit 0
fi
"$ui/npm_ci.sh" "$ui" "$stamp"
(cd "$ui" && npm test --silent)

if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
    echo "skipped: the pages' tests in a browser need Chromium at ${CHROMIUM:-/usr/bin/chromium} (CHROMIUM names another)"
    exit 0
fi
"$ui/npm_ci.sh" "$here" "$stamp"
if [ -z "${KEDGE_UI_DIST:-}" ]; then
    (cd "$ui" && npm run build --silent)
fi
cd "$here" && node --test
