#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the driver in a folder of its own, so that builds for several kernels, or
# with other options, stand side by side: kernel/ itself is that of `make kernel`.
set -euo pipefail
[ $# -ge 2 ] || {
    echo "usage: vm/build-module.sh FOLDER KERNEL [ARGUMENT OF MAKE...]" >&2
    exit 2
}
folder=$1 kernel=$2
shift 2
repo=$(dirname "$(realpath "$0")")/..
mkdir -p "$folder"
rsync -rc --delete --exclude='.*' --exclude='*.o' --exclude='*.ko' --exclude='*.mod' \
    --exclude='*.mod.c' --exclude='*.gc??' --exclude=modules.order \
    --exclude=Module.symvers "$repo/kernel" "$repo/include" "$repo/VERSION" "$folder/"
make --no-print-directory -s -C "$folder/kernel" KDIR="$(realpath "$kernel")/headers" "$@"
