#!/bin/sh
# Installs what package-lock.json names into node_modules, once per lock file, and touches STAMP: npm_ci.sh FOLDER STAMP.
#
# Several build folders share the one node_modules beside the sources, so a lock keeps them from installing at the same
# time, and a copy of the lock file inside tells the second one that there is nothing to do.
set -eu
stamp=$(realpath "$2")
cd "$1"

exec 9>.npm-ci.lock
command -v flock >/dev/null && flock 9

if ! cmp -s package-lock.json node_modules/.kedge-lock; then
    if ! npm ci --no-audit --no-fund --loglevel=error >&2; then
        echo "npm ci failed in $1. Configure with -Dweb=false to build without the pages." >&2
        exit 1
    fi
    cp package-lock.json node_modules/.kedge-lock
fi
touch "$stamp"
