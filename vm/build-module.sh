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
made=('.*' '*.o' '*.ko' '*.mod' '*.mod.c' '*.gc??' '*.answer' '*.log' '*.ok'
    groq_probed.h modules.order Module.symvers)
rsync -rc --delete "${made[@]/#/--exclude=}" \
    "$repo/kernel" "$repo/include" "$repo/VERSION" "$folder/"
make --no-print-directory -s -C "$folder/kernel" KDIR="$(realpath "$kernel")/headers" "$@"
