#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fetches checkpatch.pl, kernel-doc and Coccinelle's patches out of Debian's kernel
# source (150 MB) into the cache, and prints their folder. Nothing is installed.
set -euo pipefail
top=$(realpath "$(dirname "$0")/../..")
cache=$(realpath -m "${GROQ_CACHE:-$top/build/cache}")
scripts=$cache/kernel-scripts
. "$top/vm/apt.sh"

unpack() {
    local tarball
    echo "fetching the kernel's source for its checkers (150 MB)" >&2
    apt_unpack "$scripts.new/package" linux-source-6.12 ||
        apt_unpack "$scripts.new/package" linux-source || return
    tarball=$(find "$scripts.new/package/usr/src" -name 'linux-source-*.tar.xz' | head -n 1)
    tar -C "$scripts.new" -xJf "$tarball" --strip-components=2 --wildcards \
        '*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
        '*/scripts/const_structs.checkpatch' '*/scripts/kernel-doc' \
        '*/scripts/coccinelle'
}

if [ ! -e "$scripts/coccinelle" ]; then
    rm -rf "$scripts.new" "$scripts"
    mkdir -p "$scripts.new"
    with_apt "$cache/apt" unpack || {
        echo "no kernel source to be had; is deb.debian.org reachable?" >&2
        exit 1
    }
    rm -rf "$scripts.new/package"
    mv "$scripts.new" "$scripts"
fi
echo "$scripts"
