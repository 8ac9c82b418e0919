#!/bin/sh
# SPDX-License-Identifier: MIT
# In a clean system (clean-root.sh): installs the packages of /mnt, uses them as
# their users do, and removes them again. /mnt/first has README.md's first program,
# /mnt/kernel the headers of a kernel. What is to be tried on a card goes into
# /mnt/programs, and the driver into /mnt/groq.ko.
# shellcheck disable=SC2046 # what pkg-config says is several words
set -eux
examples=/usr/share/doc/groq-doc/examples
release=$(cat /mnt/kernel/release)

# As if the packages of the headers were installed, which bring libelf1 and pahole.
mkdir -p "/usr/lib/modules/$release" /mnt/programs
cp -a /mnt/kernel/usr/. /usr
ln -sfn "/usr/src/linux-headers-$release" "/usr/lib/modules/$release/build"
before=$(find / -xdev -name '*groq*' ! -path '/mnt/*' | sort)
install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
set -- libelf1 pahole /mnt/*.deb
install "$@" || { apt-get update -qq && install "$@"; }
dpkg --audit

# Tools
groq-smi --version
groq-smi --json | grep -F '"cards": []'
groq-smi -i sim:
cd /mnt
for name in add max; do groq-as -o "$name.groq" "$examples/$name.s"; done
head -c 5120 /dev/zero | tr '\0' '\1' >ones
groq-run -d sim: add.groq a=ones b=ones -o c=twos
tr '\1' '\2' <ones | cmp - twos
groq-objdump -s add.groq >again.s
groq-as -o again.groq again.s
cmp add.groq again.groq
for tool in as collective compile fashion-mnist objdump run smi topo; do
    test -s "/usr/share/man/man1/groq-$tool.1.gz"
    test -s "/usr/share/bash-completion/completions/groq-$tool"
done

# With CMake, and in C all there is
cd /mnt/first
cmake -S . -B cmake >/dev/null
cmake --build cmake
./cmake/hello /mnt/add.groq >/mnt/answer
grep '^42, in ' /mnt/answer
cc -std=c11 -Wall -Werror c_interface_test.c $(pkg-config --cflags --libs groq) -o c
./c

# The examples
cd /mnt/programs
for name in hello processes server; do
    c++ -std=c++20 -Wall -Werror "$examples/$name.cpp" $(pkg-config --cflags --libs groq) -o "$name"
done
cc -std=c11 -Wall -Werror "$examples/hello.c" $(pkg-config --cflags --libs groq) -o hello_c
for name in hello hello_c; do "./$name" /mnt/add.groq sim: | cmp - /mnt/answer; done
./processes sim: /mnt/add.groq /mnt/max.groq
python3 "$examples/clients.py" /mnt/socket ./server /mnt/add.groq sim:
python3 "$examples/hello.py" /mnt/add.groq sim: | grep -F '47 cycles on sim:0'

# DKMS has built the driver.
dkms status | grep "^groq/.*$release.*: installed"
cp "/usr/lib/modules/$release/updates/dkms/"groq.ko* /mnt
[ ! -e /mnt/groq.ko.xz ] || unxz /mnt/groq.ko.xz
test -s /usr/lib/udev/rules.d/60-groq.rules
test -x /usr/lib/udev/groq-card-number

# Nothing stays behind.
cd /
dpkg-query -W -f '${Package}\n' '*groq*' | xargs apt-get purge -y -qq >/dev/null
after=$(find / -xdev -name '*groq*' ! -path '/mnt/*' | sort)
test "$before" = "$after"
