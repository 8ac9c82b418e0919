# SPDX-License-Identifier: MIT
"""What the binding declares is what groq.h declares: a C compiler says where members
lie and what numbers are, and the header's text which functions there are."""

from __future__ import annotations

import ctypes
import re
import subprocess
import tempfile
import unittest
from enum import IntEnum
from pathlib import Path

from groq import constants, library, structures

INCLUDE = Path(__file__).resolve().parents[2] / "include"
HEADER = (INCLUDE / "groq/groq.h").read_text()
FORMAT = (INCLUDE / "groq/program_format.h").read_text()

# Families of numbers, by their prefix.
FAMILIES = {
    "GROQ_ERROR_": constants.ErrorCode, "GROQ_PATH_": constants.Path,
    "GROQ_EVENT_": constants.Event, "GROQ_STATE_": constants.State,
    "GROQ_LINK_STATE_": constants.LinkState, "GROQ_LINK_OPEN_": constants.LinkOpen,
    "GROQ_BUFFER_": constants.BufferFlag, "GROQ_ENTRY_": constants.EntryKind,
    "GROQ_TENSOR_": constants.Direction, "GROQ_ELEMENT_": constants.Element,
}
SINGLE = {
    "GROQ_OK": constants.ErrorCode.OK, "GROQ_API_REVISION": constants.API_REVISION,
    "GROQ_FOREVER": constants.FOREVER, "GROQ_UNKNOWN": constants.UNKNOWN,
    "GROQ_NAME_BYTES": constants.NAME_BYTES,
}
NUMBERS = {"int": 4, "uint32_t": 4, "uint64_t": 8, "int64_t": 8, "size_t": 8}


def c_name(kind: type) -> str:
    return "groq_" + re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def declared_structures() -> list[type[ctypes.Structure]]:
    return [kind for kind in vars(structures).values()
            if isinstance(kind, type) and issubclass(kind, ctypes.Structure)
            and kind is not ctypes.Structure]


def compiled(expressions: list[str]) -> dict[str, int]:
    """What the C compiler makes of them."""
    lines = "".join(f'    printf("%lld\\n", (long long)({text}));\n' for text in expressions)
    source = ("#include <stddef.h>\n#include <stdio.h>\n#include <groq/groq.h>\n"
              f"int main(void) {{\n{lines}}}\n")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "a"
        subprocess.run(["cc", "-x", "c", "-", "-I", INCLUDE, "-o", program],
                       input=source, text=True, check=True)
        output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return dict(zip(expressions, map(int, output.split()), strict=True))


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


class Declarations(unittest.TestCase):
    def test_every_structure_of_the_header_is_here(self) -> None:
        named = set(re.findall(r"^struct (groq_\w+) \{", HEADER, re.M))
        self.assertEqual(named, {c_name(kind) for kind in declared_structures()})

    def test_structures_lie_as_in_the_header(self) -> None:
        here: dict[str, int] = {}
        for kind in declared_structures():
            name = f"struct {c_name(kind)}"
            here[f"sizeof({name})"] = ctypes.sizeof(kind)
            for member, *_ in kind._fields_:
                at = getattr(kind, member)
                here[f"offsetof({name}, {member})"] = at.offset
                here[f"sizeof((({name} *)0)->{member})"] = at.size
        self.assertEqual(here, compiled(list(here)))

    def test_numbers_are_those_of_the_headers(self) -> None:
        here = dict(SINGLE)
        for prefix, kind in FAMILIES.items():
            here |= {prefix + member.name: member.value for member in kind
                     if member is not constants.ErrorCode.OK}
        self.assertEqual(here, compiled(list(here)))

    def test_no_number_of_the_headers_is_missing(self) -> None:
        text = without_comments(HEADER + FORMAT)
        for prefix, kind in FAMILIES.items():
            known: type[IntEnum] = kind
            found = set(re.findall(rf"^(?:#define|\t) ?{prefix}(\w+)\s", text, re.M))
            self.assertTrue(found, prefix)
            self.assertLessEqual(found, set(known.__members__), prefix)

    def test_functions_are_those_of_the_header(self) -> None:
        declared = {name: parameters.split(",") for name, parameters in re.findall(
            r"\b(groq_\w+)\(([^()]*)\)\s*;", without_comments(HEADER))}
        self.assertEqual(declared.keys(), library.FUNCTIONS.keys())
        for name, parameters in declared.items():
            sizes = [size_of(text) for text in parameters if text.strip() != "void"]
            here = [ctypes.sizeof(kind) for kind in library.FUNCTIONS[name][1]]
            self.assertEqual(here, sizes, name)


def size_of(parameter: str) -> int:
    """In bytes."""
    words = parameter.replace("const", "").split()
    return 8 if "*" in parameter else NUMBERS[words[0]]


if __name__ == "__main__":
    unittest.main()
