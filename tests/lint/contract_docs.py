# SPDX-License-Identifier: MIT
"""The contract documents and the headers say the same.

Registers: name and offset of each register in docs/hardware.md are those of
include/hw/groq_regs.h, section by section, in both directions. Delays: the table
of docs/isa.md section 3 and the GROQ_DELAY_* of include/hw/groq_isa.h, likewise;
each opcode has one of them. The other families of names are all mentioned in
their document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree import Finding, Tree

HARDWARE, ISA = "docs/hardware.md", "docs/isa.md"
PROGRAM = "docs/program-format.md"
REGS, INSTRUCTIONS = "include/hw/groq_regs.h", "include/hw/groq_isa.h"
QUEUE, FORMAT = "include/hw/groq_queue.h", "include/groq/program_format.h"

# Sections of docs/hardware.md that define registers, and what the header puts
# before the document's names there.
SECTIONS = {
    "4.1": "GROQ_", "4.2": "GROQ_", "4.3": "GROQ_", "4.4": "GROQ_(?:COUNTER_)?",
    "4.5": "GROQ_",
    "5": "GROQ_TELEMETRY_", "6": "GROQ_MAILBOX_",
    "7.1": "GROQ_(?:LINK_)?", "7.2": "GROQ_LINK_", "7.3": "GROQ_(?:LINK_)?",
    "8.1": "GROQ_QUEUE_", "8.2": "GROQ_WINDOW_", "8.3": "GROQ_DOORBELL_",
}
# Families of names: header, prefix, document that must mention each.
FAMILIES = [
    (QUEUE, "GROQ_OP_", HARDWARE), (QUEUE, "GROQ_COMMAND_", HARDWARE),
    (QUEUE, "GROQ_FAULT_", HARDWARE + " " + ISA), (QUEUE, "GROQ_MAILBOX_", HARDWARE),
    (FORMAT, "GROQ_NOTE_", PROGRAM), (FORMAT, "GROQ_ENTRY_", PROGRAM),
]
# Masks, limits, and what the header alone spells out.
NOT_NAMES = r"_(NO_UNIT|NONE|NAME|FLAGS|OK|BAD_ARGUMENT|BAD_OPCODE|BAD_FIELD)$"

# "| 0x0040 | CONTROL |", "0x0080 ECC_CORRECTED", "DOORBELL (0x2000)"
NAMED = [
    re.compile(r"^\| *(?P<offset>0x[0-9a-f]{2,4}) *\| *(?P<name>[A-Z][A-Z0-9_]+) *\|", re.M),
    re.compile(r"\b(?P<offset>0x[0-9a-f]{4}) +(?P<name>[A-Z][A-Z0-9_]{3,})\b"),
    re.compile(r"\b(?P<name>[A-Z][A-Z0-9_]+) \((?P<offset>0x[0-9a-f]{2,4})\)"),
]
# An offset has up to four digits; masks are written with eight.
REGISTER = re.compile(r"^#define +(GROQ_\w+)\s+(0x[0-9a-f]{2,4})\b", re.M)

DELAY = re.compile(r"^#define +GROQ_DELAY_(\w+)\s+(\d+)\b", re.M)
# "| VXM_ENTER, VXM_OP | 4, 3 |"
DELAY_ROW = re.compile(r"^\| *([A-Z][A-Z_, ]*?) *\| *([\d, ]+?) *\|", re.M)
# X(name, opcode, queue, mnemonic, format, delay)
OPCODE = re.compile(r'^\s*X\(\w+, *0x[0-9a-f]+, *(\w+), *"([^"]+)", *\w+, *(\w+)\)', re.M)
# Not delays of their own: no effect, and the longest of those with one.
NO_DELAYS = {"NONE", "LONGEST"}


def check(tree: Tree) -> Iterator[Finding]:
    if {HARDWARE, REGS} <= tree.known:
        yield from registers(tree)
    if {ISA, INSTRUCTIONS} <= tree.known:
        yield from mnemonics(tree)
        yield from delays(tree)
    for header, prefix, documents in FAMILIES:
        if header in tree.known:
            yield from family(tree, header, prefix, documents.split())


def registers(tree: Tree) -> Iterator[Finding]:
    documented = split(tree.text(HARDWARE), r"^###? (\d+(?:\.\d+)?) ")
    declared = split(tree.text(REGS), r"^/\* (\d+(?:\.\d+)?)  ?")
    for section, prefix in SECTIONS.items():
        line, text = documented.get(section, (0, ""))
        _, macros = declared.get(section, (0, ""))
        offsets = dict(REGISTER.findall(macros.replace("#define   ", "#define ")))
        yield from documented_wrongly(line, text, prefix, offsets)
        yield from undocumented(section, text, prefix, offsets)


def documented_wrongly(
    line: int, text: str, prefix: str, offsets: dict[str, str]
) -> Iterator[Finding]:
    for name, offset, position in named_registers(text):
        where = line + text.count("\n", 0, position)
        macro = next((m for m in offsets if re.fullmatch(prefix + name, m)), None)
        if macro is None:
            yield Finding(HARDWARE, where, f"register {name}: not in this section of {REGS}")
        elif int(offsets[macro], 16) != int(offset, 16):
            yield Finding(HARDWARE, where, f"{name} at {offset}, but {macro} is {offsets[macro]}")


def undocumented(
    section: str, text: str, prefix: str, offsets: dict[str, str]
) -> Iterator[Finding]:
    for macro, offset in offsets.items():
        name = re.sub(f"^{prefix}", "", macro)
        if not re.search(rf"\b({name}|{offset})\b", text):
            yield Finding(REGS, 0, f"{macro}: not in section {section} of {HARDWARE}")


def named_registers(text: str) -> Iterator[tuple[str, str, int]]:
    for pattern in NAMED:
        for match in pattern.finditer(text):
            yield match["name"], match["offset"], match.start()


def split(text: str, heading: str) -> dict[str, tuple[int, str]]:
    """Section number to (line of its heading, its text)."""
    found = list(re.finditer(heading, text, re.M))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        match[1]: (text.count("\n", 0, match.start()) + 1, text[match.start() : end])
        for match, end in zip(found, ends)
    }


def mnemonics(tree: Tree) -> Iterator[Finding]:
    """Each is in the document; "add sub .sat" speaks of add.sat and sub.sat."""
    lines = tree.lines(ISA)
    for number, line in enumerate(tree.lines(INSTRUCTIONS), 1):
        match = re.search(r'^\s*X\(\w+, *0x[0-9a-f]+, *\w+, *"([^"]+)"', line)
        if match and not any(mentions(text, match[1]) for text in lines):
            yield Finding(INSTRUCTIONS, number, f'"{match[1]}" is not in {ISA}')


def mentions(text: str, mnemonic: str) -> bool:
    return word(mnemonic, text) or all(word(part, text) for part in parts(mnemonic))


def parts(mnemonic: str) -> list[str]:
    stem, dot, ending = mnemonic.partition(".")
    return [stem, dot + ending] if dot else [stem]


def word(part: str, text: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(part)}(?!\w)", text) is not None


def delays(tree: Tree) -> Iterator[Finding]:
    declared = {name: int(cycles) for name, cycles in DELAY.findall(tree.text(INSTRUCTIONS))}
    line, text = split(tree.text(ISA), r"^## (\d+) ").get("3", (0, ""))
    documented = dict(documented_delays(text))
    for name, cycles in documented.items():
        if declared.get(name) != cycles:
            constant = f"GROQ_DELAY_{name} is {declared.get(name, 'not there')}"
            yield Finding(ISA, line, f"{name} takes {cycles} cycles, but {constant}")
    for name in declared.keys() - documented.keys() - NO_DELAYS:
        yield Finding(INSTRUCTIONS, 0, f"GROQ_DELAY_{name} is not in section 3 of {ISA}")
    yield from delays_of_opcodes(tree, declared)


def delays_of_opcodes(tree: Tree, declared: dict[str, int]) -> Iterator[Finding]:
    longest = 0
    for queue, mnemonic, name in OPCODE.findall(tree.text(INSTRUCTIONS)):
        if name not in declared:
            yield Finding(INSTRUCTIONS, 0, f'"{mnemonic}": there is no GROQ_DELAY_{name}')
        elif queue != "ANY":
            longest = max(longest, declared[name])
    if declared.get("LONGEST", longest) != longest:
        message = f"GROQ_DELAY_LONGEST is {declared['LONGEST']}, but of a unit it is {longest}"
        yield Finding(INSTRUCTIONS, 0, message)


def documented_delays(table: str) -> Iterator[tuple[str, int]]:
    for names, cycles in DELAY_ROW.findall(table):
        for name, each in zip(names.split(","), cycles.split(",")):
            yield name.strip(), int(each)


def family(tree: Tree, header: str, prefix: str, documents: list[str]) -> Iterator[Finding]:
    text = "\n".join(tree.text(path) for path in documents if path in tree.known)
    for number, line in enumerate(tree.lines(header), 1):
        match = re.match(rf"#define +({prefix}\w+)\s+(0x)?\d", line)
        if not match or re.search(NOT_NAMES, match[1]):
            continue
        name = match[1].removeprefix(prefix)
        if not re.search(rf"\b{name}\b", text, re.I):
            yield Finding(header, number, f"{match[1]} is not in {' or '.join(documents)}")
