#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a command as root in a fresh Debian system of this machine's release: with
# compilers and CMake, and nothing else that a minimal one has not. What it writes
# is gone afterwards, except below /mnt, which is FOLDER. Needs root, for
# mounting. The system itself, and packages that are installed in it, are kept in
# the cache.
# usage: tests/package/clean-root.sh FOLDER COMMAND...
set -euo pipefail
[ $# -ge 2 ] || {
    echo "usage: tests/package/clean-root.sh FOLDER COMMAND..." >&2
    exit 2
}
[ "$(id -u)" -eq 0 ] || {
    echo "clean-root: only root can mount: run this as root" >&2
    exit 1
}
top=$(realpath "$(dirname "$0")/../..")
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
cache=$(realpath -m "${GROQ_CACHE:-$top/build/cache}")/clean-root-$suite
folder=$(realpath "$1")
shift
# shellcheck source=vm/apt.sh
. "$top/vm/apt.sh"

# An empty root with what those who use the packages have installed already.
make_root() {
    local sources
    sources=$(mktemp)
    debian_sources "$sources"
    rm -rf "$cache" "$cache.new"
    mkdir -p "$cache"
    mmdebstrap --quiet --variant=apt --include=ca-certificates,cmake,g++,make,pkgconf \
        "$suite" "$cache.new" - <"$sources" >&2
    rm "$sources"
    mv "$cache.new" "$cache/root"
    mkdir "$cache/archives"
}

[ -d "$cache/archives" ] || {
    echo "making a clean system in $cache" >&2
    make_root
}

# Mounts are those of this shell alone, and go with it.
exec unshare --mount --pid --fork --kill-child bash -euc '
    cache=$1 folder=$2
    shift 2
    scratch=$cache/scratch
    mkdir -p "$scratch"
    mount -t tmpfs tmpfs "$scratch"
    mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
    mount -t overlay overlay \
        -o "lowerdir=$cache/root,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
    root=$scratch/root
    mount --bind "$folder" "$root/mnt"
    mount --bind "$cache/archives" "$root/var/cache/apt/archives"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    cd /
    exec chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
' bash "$cache" "$folder" "$@"
