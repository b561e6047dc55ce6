#!/bin/sh
# Checks the sources' types and builds the pages for meson: build_pages.sh UI_FOLDER OUT_FOLDER STAMP DEPFILE.
set -eu
"$1/node_modules/.bin/tsc" -p "$1/tsconfig.json" >&2
node "$1/build.mjs" --out "$2" --depfile "$4" --target "$3" >&2
touch "$3"
