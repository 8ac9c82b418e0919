# SPDX-License-Identifier: MIT
"""The command channel and the judge of the other tests."""

import os

from harness.case import Case, Skip, scenario
from harness.runner import FAILED, PASSED, SKIPPED, judge
from vm.agent import CommandFailed
from vm.guest import Guest
from vm.machine import Machine

MEBIBYTE = 1 << 20


def expect_failure(guest: Guest, line: str) -> str:
    try:
        guest.run(line)
    except CommandFailed as error:
        return str(error)
    raise AssertionError(f"succeeded: {line}")


@scenario(driver=False)
def reports_status_and_both_outputs(guest: Guest) -> None:
    result = guest.run("echo out; echo err >&2; exit 3", check=False)
    assert (result.code, result.output, result.error) == (3, "out\n", "err\n"), result
    assert guest.run("kill -9 $$", check=False).code == 128 + 9
    assert "exit 3" in expect_failure(guest, "exit 3")


@scenario(driver=False)
def carries_bytes_both_ways(guest: Guest) -> None:
    data = os.urandom(5 * MEBIBYTE + 1)
    guest.push(data, "/tmp/a file", mode=0o600)
    assert guest.pull("/tmp/a file") == data
    assert guest.run("stat -c %a '/tmp/a file'").output == "600\n"


@scenario(driver=False)
def survives_input_nobody_reads(guest: Guest) -> None:
    guest.run("exec <&-; sleep 0.1", data=bytes(MEBIBYTE))
    assert guest.run("echo alive").output == "alive\n"


@scenario(driver=False)
def runs_commands_side_by_side(guest: Guest) -> None:
    slow = guest.start("echo ready; cat; echo done")
    slow.wait_for_output("ready", timeout=60)
    assert guest.run("echo quick").output == "quick\n"
    slow.write(b"text\n")
    slow.close_input()
    assert slow.wait(60).output == "ready\ntext\ndone\n"


@scenario(driver=False)
def kills_a_command_with_its_children(guest: Guest) -> None:
    command = guest.start("sleep 1000 & echo started; wait")
    command.wait_for_output("started", timeout=60)
    command.kill()
    assert command.wait(60).code == 128 + 9
    assert guest.run("pidof sleep", check=False).code == 1


@scenario(driver=False)
def does_not_wait_for_daemons(guest: Guest) -> None:
    assert guest.run("sleep 1000 & echo left").output == "left\n"


@scenario(driver=False)
def gives_a_terminal_if_asked(guest: Guest) -> None:
    size = os.terminal_size((101, 37))
    command = guest.start("tty && stty size && read line && echo got $line >&2; exit 4",
                          terminal=size)
    command.wait_for_output("37 101", timeout=60)
    command.write(b"text\n")
    result = command.wait(60)
    assert "/dev/pts/0" in result.output and "got text\n" in result.output, result
    assert (result.code, result.error) == (4, "")


@scenario(driver=False)
def runs_as_the_named_user(guest: Guest) -> None:
    assert "render" in guest.run("id", user="user").output
    assert "render" not in guest.run("id", user="guest").output


def verdict(guest: Guest, line: str, expected_log: tuple[str, ...] = ()) -> tuple[str, str]:
    def body(guest: Guest) -> None:
        guest.run(line)

    return judge(Case("", body, Machine(), False, expected_log), guest)


@scenario(driver=False, expected_log=("BUG: provoked",))
def a_kernel_complaint_fails_a_test(guest: Guest) -> None:
    assert verdict(guest, "true") == (PASSED, "")
    assert verdict(guest, "false")[0] == FAILED
    status, detail = verdict(guest, "echo '<4>BUG: provoked' >/dev/kmsg")
    assert status == FAILED and "BUG: provoked" in detail
    assert verdict(guest, "true", ("BUG: provoked",)) == (PASSED, "")


@scenario(driver=False, expected_log=("groq 0000",))
def an_error_of_the_driver_fails_a_test(guest: Guest) -> None:
    assert verdict(guest, "echo '<6>groq 0000:01:00.0: fine' >/dev/kmsg")[0] == PASSED
    assert verdict(guest, "echo '<3>groq 0000:01:00.0: broken' >/dev/kmsg")[0] == FAILED


@scenario(driver=False)
def a_test_may_skip_itself(guest: Guest) -> None:
    def body(_: Guest) -> None:
        raise Skip("not here")

    assert judge(Case("", body, Machine(), False, ()), guest) == (SKIPPED, "not here")
