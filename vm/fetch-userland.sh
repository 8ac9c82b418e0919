#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fetches what the guest runs besides its kernel and our programs (a shell and
# the real udev), and the firmware that QEMU shows it. Unpacked under the
# cache, never installed. Prints the folder: the root of an unpacked Debian.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cache=$(realpath -m "${GROQ_CACHE:-$here/../build/cache}")
userland=$cache/userland
packages=(busybox-static udev libkmod2 seabios qemu-system-data)
. "$here/apt.sh"

if [ ! -d "$userland" ]; then
    echo "fetching ${packages[*]}, unpacked in $userland" >&2
    rm -rf "$userland.new"
    with_apt "$cache/apt" apt_unpack "$userland.new" "${packages[@]}" || {
        echo "fetch-userland: cannot fetch them; is deb.debian.org reachable?" >&2
        exit 1
    }
    mv "$userland.new" "$userland"
fi
echo "$userland"
