#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fetches Debian packages and unpacks them into a folder of the cache; nothing
# is installed. Prints the folder.
set -euo pipefail
[ $# -ge 2 ] || {
    echo "usage: vm/fetch-packages.sh FOLDER PACKAGE..." >&2
    exit 2
}
here=$(dirname "$(realpath "$0")")
cache=$(realpath -m "${GROQ_CACHE:-$here/../build/cache}")
folder=$cache/$1
shift
# shellcheck source=vm/apt.sh
. "$here/apt.sh"

if [ "$(cat "$folder/packages" 2>/dev/null)" != "$*" ]; then
    echo "fetching $*, unpacked in $folder" >&2
    rm -rf "$folder.new" "$folder"
    with_apt "$cache/apt" apt_unpack "$folder.new" "$@" || {
        echo "fetch-packages: cannot fetch $*; is deb.debian.org reachable?" >&2
        exit 1
    }
    echo "$*" >"$folder.new/packages"
    mv "$folder.new" "$folder"
fi
echo "$folder"
