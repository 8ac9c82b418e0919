# SPDX-License-Identifier: MIT
"""A program that runs for as long as a test needs, written by hand."""

from __future__ import annotations

import command_queue as commands
import contract as hw
from card import Card

LAUNCH = 0
TEXT = hw.GROQ_VECTOR_BYTES * 2
CYCLE_LIMIT = 1 << 40
PAIRS = hw.GROQ_TEXT_INSTRUCTIONS // 2


def load(card: Card, times: int, alus: int = 1) -> hw.groq_command:
    """
    Puts a program into SRAM in which each of @alus VXM ALUs executes 20 times
    @times + 1 additions of two immediates; returns the command that runs it.
    """
    add = hw.instruction("ADD_MOD", type=hw.GROQ_TYPE_I32,
                         target=hw.GROQ_OPERAND_NONE,
                         a=hw.GROQ_OPERAND_IMMEDIATE,
                         b=hw.GROQ_OPERAND_IMMEDIATE, immediate=1)
    repeat = hw.instruction("REPEAT", times=times, interval=1)
    launches = [hw.groq_launch(icu=hw.GROQ_ICU_VXM(alu), text=TEXT,
                               count=hw.GROQ_TEXT_INSTRUCTIONS)
                for alu in range(alus)]
    card.sram_write(LAUNCH, b"".join(bytes(launch) for launch in launches))
    card.sram_write(TEXT, (add + repeat) * PAIRS)
    return commands.run(LAUNCH, alus, CYCLE_LIMIT)


def cycles(times: int) -> int:
    """What that program takes: one addition per cycle, then the tiles."""
    return PAIRS * (times + 1) + hw.GROQ_DELAY_DRAIN


def load_endless(card: Card) -> hw.groq_command:
    """Millions of instructions: nothing waits for its end."""
    return load(card, 65535, hw.GROQ_VXM_ALUS)
