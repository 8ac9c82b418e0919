# SPDX-License-Identifier: MIT
"""Where the programs of a guest are, for a test that did not end."""

from __future__ import annotations

from vm.guest import Guest

# The kernel's own threads have no command line; the shell that asks and udev's workers
# are left out. Interrupts come twice: a processor without timer has none in between.
LIST = r"""
for process in /proc/[0-9]*; do
    [ "${process#/proc/}" = $$ ] && continue
    line=$(tr '\0' ' ' 2>/dev/null <$process/cmdline)
    case $line in ''|'(udev-worker)'*) continue;; esac
    echo "${process#/proc/}: $line"
    for thread in $process/task/*; do
        echo "  ${thread##*/} $(sed -n 's/^State:.//p' $thread/status)"
        sed 's/^/    /' $thread/stack
    done
done 2>/dev/null
cat /proc/interrupts; head -c 1G /dev/zero >/dev/null; grep LOC: /proc/interrupts"""


def stacks(guest: Guest) -> str:
    """The stack in the kernel of each thread of each program."""
    return guest.run(LIST).output.rstrip()
