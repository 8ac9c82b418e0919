#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fetches the guest's kernel: Debian's stock 6.12 with its modules and headers,
# unpacked under the cache, never installed. Prints the folder that holds
#   vmlinux    the kernel, unpacked for booting through PVH
#   modules/   lib/modules/<release> as packaged (modules are still compressed)
#   headers/   the tree for `make -C headers M=...`
#   release    its `uname -r`
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cache=$(realpath -m "${GROQ_CACHE:-$here/../build/cache}")
kernel=$cache/kernel
# shellcheck source=vm/apt.sh
. "$here/apt.sh"

# Debian 12 names its 6.12 series; for Debian 13 it is the default.
find_release() {
    local meta image
    for meta in linux-image-6.12-amd64 linux-image-amd64; do
        image=$(apt_depends $meta '^linux-image-6\.(1[2-9]|[2-9][0-9])') || continue
        release=${image#linux-image-}
        return
    done
    echo "no linux-image 6.12 or later in this apt configuration" >&2
    return 1
}

fetch() {
    local headers parts
    find_release || return
    echo "fetching Linux $release: image and headers (120 MB), unpacked in $kernel" >&2
    headers=linux-headers-$release
    parts=$(apt_depends "$headers" '^linux-(headers|kbuild)-') || return
    # shellcheck disable=SC2086 # a word for each package
    apt_unpack "$kernel.new/root" "linux-image-$release" "$headers" $parts
}

# The headers name each other by absolute path: make it a relative one.
arrange() {
    local root=$kernel.new/root lib
    ln -s "root/usr/src/linux-headers-$release" "$kernel.new/headers"
    # shellcheck disable=SC2016 # for make, not for us
    sed -i 's,include /usr/src,include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))..,' \
        "$kernel.new/headers/Makefile"
    [ -d "$root/lib/modules" ] && lib=root/lib || lib=root/usr/lib
    ln -s "$lib/modules/$release" "$kernel.new/modules"
    python3 "$here/extract_vmlinux.py" "$root/boot/vmlinuz-$release" "$kernel.new/vmlinux"
    echo "$release" >"$kernel.new/release"
}

if [ ! -e "$kernel/release" ]; then
    rm -rf "$kernel.new" "$kernel"
    mkdir -p "$kernel.new"
    with_apt "$cache/apt" fetch || {
        echo "fetch-kernel: no Linux 6.12 or later found; is deb.debian.org reachable?" >&2
        exit 1
    }
    arrange
    mv "$kernel.new" "$kernel"
fi
echo "$kernel"
