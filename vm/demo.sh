#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make run` runs: in the guest, on card 0; with SIM=1 right here, on sim:.
# usage: demo.sh [DEVICE]
set -eu
device=${1:-accel:0}

if [ "$device" != sim: ]; then
    groq-smi
    echo
fi
exec groq-fashion-mnist --device "$device"
