#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prepares the headers of the newest kernel that Debian has, to build modules
# against: its own headers packages want a newer C library than Debian 12 has, so
# they are made from the source, with Debian's configuration and list of exported
# symbols. Takes a minute, once. Prints the folder that holds
#   headers/   the tree for `make -C headers M=...`
#   release    its `uname -r`
# Newest when it was fetched: remove the folder to look for a newer one.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cache=$(realpath -m "${GROQ_CACHE:-$here/../build/cache}")
kernel=$cache/kernel-newest
work=$kernel.new
suite=trixie-backports
# shellcheck source=vm/apt.sh
. "$here/apt.sh"

use_backports() {
    debian_suite "$suite" >"$cache/apt/$suite.list"
    apt_own_lists "$cache/apt/$suite" -o Dir::Etc::sourcelist="$cache/apt/$suite.list" \
        -o Dir::Etc::sourceparts=/dev/null
}

fetch() {
    local source headers
    source=$(apt_depends linux-source '^linux-source-') || return
    headers=$(apt_depends linux-headers-amd64 '^linux-headers-.*-amd64$') || return
    echo "fetching ${source#linux-source-}'s source and configuration (170 MB)" >&2
    apt_unpack "$work/packages" "$source" "$headers" || return
    packages=$work/packages/usr/src
    package_headers=$packages/$headers
}

# Drivers are not needed, only the questions of their Kconfig files.
unpack() {
    mkdir "$work/source"
    tar -C "$work/source" -xJf "$packages"/linux-source-*.tar.xz --strip-components=1 \
        --exclude='*/drivers/*.[ch]' --exclude='*/fs/*/*.[ch]' --exclude='*/net/*/*.[ch]' \
        --exclude='*/sound/*.[ch]' --exclude='*.rst' --exclude='*.dts*' \
        --exclude='*/tools/testing/*'
}

# Signatures and BTF need more tools, and make no difference to what compiles.
configure() {
    cp "$package_headers/.config" "$package_headers/Module.symvers" "$work/build"
    "$work/source/scripts/config" --file "$work/build/.config" -d MODULE_SIG \
        -d IMA_APPRAISE_MODSIG -d DEBUG_INFO_BTF -d RUST -d GCC_PLUGINS
    build olddefconfig
}

build() {
    make -s -C "$work/source" O="$work/build" -j "$(nproc)" "$@"
}

prepare() {
    mkdir "$work/build"
    configure
    build modules_prepare
    # shellcheck disable=SC2016 # for make, not for us
    build run-command KBUILD_RUN_COMMAND='+$(srctree)/scripts/package/install-extmod-build '"$work/headers"
    cp "$work/build/include/config/kernel.release" "$work/release"
}

if [ ! -e "$kernel/release" ]; then
    rm -rf "$work"
    mkdir -p "$work" "$cache/apt"
    use_backports
    fetch || {
        echo "fetch-newest-kernel: nothing found in $suite; is deb.debian.org reachable?" >&2
        exit 1
    }
    unpack
    prepare >"$work/log" 2>&1 || {
        tail -n 20 "$work/log" >&2
        exit 1
    }
    rm -rf "$work/packages" "$work/source" "$work/build" "$kernel"
    mv "$work" "$kernel"
fi
echo "$kernel"
