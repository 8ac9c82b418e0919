#!/bin/sh
# SPDX-License-Identifier: MIT
# In a clean system (clean-root.sh): installs the packages of /mnt, uses them as
# their users do, and removes them again. /mnt/first has README.md's first program,
# /mnt/add.s the example of docs/assembly.md.
set -eux
model=/usr/share/groq/fashion-mnist.groq

before=$(find / -xdev -name '*groq*' ! -path '/mnt/*' | sort)
install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
install /mnt/*.deb || { apt-get update -qq && install /mnt/*.deb; }
dpkg --audit

# Tools
groq-smi --version
groq-smi --json | grep -F '"cards": []'
groq-smi -i sim:
groq-as -o /mnt/add.groq /mnt/add.s
head -c 1280 /dev/zero | tr '\0' '\1' >/mnt/ones
groq-run -d sim: /mnt/add.groq a=/mnt/ones b=/mnt/ones -o c=/mnt/twos
tr '\1' '\2' </mnt/ones | cmp - /mnt/twos
groq-objdump -s /mnt/add.groq >/mnt/again.s
groq-as -o /mnt/again.groq /mnt/again.s
cmp /mnt/add.groq /mnt/again.groq
for tool in as compile fashion-mnist objdump run smi; do
    test -s "/usr/share/man/man1/groq-$tool.1.gz"
    test -s "/usr/share/bash-completion/completions/groq-$tool"
done

# Programs, with CMake and by hand
cd /mnt/first
cmake -S . -B cmake >/dev/null
cmake --build cmake
./cmake/first "$model" sim: >cycles
# shellcheck disable=SC2046
c++ -std=c++20 first.cpp $(pkg-config --cflags --libs groq) -o first
./first "$model" sim: | cmp - cycles
cc -std=c11 -Wall -Werror c_interface_test.c $(pkg-config --cflags --libs groq) -o c
./c

# Python
/mnt/hello.py /mnt/add.groq sim: | grep -F '35 cycles on sim:0'

# The driver's source is registered; there is no kernel here to build it for.
dkms status | grep -F groq/
test -s /usr/lib/udev/rules.d/60-groq.rules
test -x /usr/lib/udev/groq-card-number

# Nothing stays behind.
cd /
dpkg-query -W -f '${Package}\n' '*groq*' | xargs apt-get purge -y -qq >/dev/null
after=$(find / -xdev -name '*groq*' ! -path '/mnt/*' | sort)
test "$before" = "$after"
