#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make run` runs: in the guest, on two cards that a cable connects; with SIM=1 right
# here, on sim:.
# usage: demo.sh [DEVICE]
set -eu
device=${1:-accel:0}

# 320 times the same small number, little endian.
numbers() {
    for _ in $(seq 320); do
        printf '%b' "\\000$1\\0000\\0000\\0000"
    done
}

# Both cards add up what they have, over their link.
sum_over_the_cable() {
    folder=$(mktemp -d)
    { numbers 1 && numbers 2; } >"$folder/in"
    groq-collective --bytes 1280 --type i32 -o "$folder/sum" all-reduce node2
    groq-run "$folder/sum" "$folder/in"
    rm -r "$folder"
}

if [ "$device" != sim: ]; then
    groq-smi
    echo
    # Links train by themselves, soon.
    timeout 60 sh -c 'until groq-smi topo --expect node2 >/dev/null; do sleep 0.1; done'
    groq-smi topo --expect node2
    echo
    sum_over_the_cable
    echo
fi
exec groq-fashion-mnist --device "$device"
