#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Gathers in one folder what a guest is made of: kernel and userland (links into
# the cache) and its root file system. QEMU is linked there by `make qemu`.
set -euo pipefail
[ $# -ge 4 ] || {
    echo "usage: vm/make-guest.sh FOLDER KERNEL USER-BUILD MODULE.ko..." >&2
    exit 2
}
guest=$1 kernel=$2 user=$3
shift 3
here=$(dirname "$(realpath "$0")")
mkdir -p "$guest"

link() {
    ln -sfn "$(realpath "$2")" "$guest/$1"
}

link kernel "$kernel"
link userland "$("$here/fetch-packages.sh" userland \
    busybox-static udev libsystemd-shared libkmod2 seabios qemu-system-data)"
link dataset "$("$here/fetch-packages.sh" dataset dataset-fashion-mnist)"
link sensors "$("$here/fetch-packages.sh" sensors lm-sensors libsensors5)"

modules=("${@/#/--module=}")
rules=(--rules "$here/../udev")
[ ! -e "$guest/stage/usr/lib/udev" ] || rules=() # it was staged from packages
data=()
for file in "$guest"/dataset/usr/share/datasets/fashion-mnist/t10k-*; do
    data+=(--file "$file" "${file#"$guest"/dataset/}")
done

PYTHONPATH=$here/.. PYTHONDONTWRITEBYTECODE=1 python3 -m vm.initramfs \
    --kernel "$guest/kernel" --userland "$guest/userland" "${modules[@]}" \
    "${rules[@]}" --stage "$guest/stage" \
    --programs "$user/tests/vm" usr/lib/groq/tests \
    --programs "$user/bench" usr/lib/groq/bench \
    --libraries "$guest/sensors" --file "$guest/sensors/usr/bin/sensors" usr/bin/sensors \
    "${data[@]}" "$guest/initramfs.cpio"
