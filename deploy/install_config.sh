#!/bin/sh
# install_config.sh SOURCE TARGET: puts the first configuration in place; one that is there belongs to its administrator.
set -eu
target=${DESTDIR:-}$2
if [ ! -e "$target" ]; then
    install -D -m 644 "$1" "$target"
fi
