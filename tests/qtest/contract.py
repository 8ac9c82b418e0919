# SPDX-License-Identifier: MIT
"""
The contract of include/hw/*.h, read from the headers themselves: constants
under their names, those with arguments as functions, structures as ctypes;
instruction() encodes one instruction.
"""

import ctypes
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "include" / "hw"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DEFINE = re.compile(
    r"^#define\s+(?P<name>GROQ_\w+)(?:\((?P<arguments>[^)]*)\))?[ \t]+"
    r"(?P<value>(?:\\\n|[^\n\\])+)", re.MULTILINE)
# What is left to evaluate: numbers, names, arithmetic.
EXPRESSION = re.compile(r"^[\w\s()+*/|&<~,-]+$")
STRUCT = re.compile(r"^struct (?P<name>groq_\w+) \{(?P<body>.*?)^\};",
                    re.MULTILINE | re.DOTALL)
UNION = re.compile(r"union \{(?P<body>.*?)\}\s*;", re.DOTALL)
MEMBER = re.compile(
    r"(?:struct )?(?P<type>\w+)\s+(?P<name>\w+)(?:\[(?P<count>\w+)\])?;")
OPCODE = re.compile(r'X\((?P<name>\w+), +(?P<code>\w+), (?P<queue>\w+), +"[^"]*", +'
                    r"(?P<format>\w+), +\w+\)")
FORMAT = re.compile(r"GROQ_FORMAT_(?P<name>\w+)\(F\)(?P<fields>(?:\s*\\\n\s*F\([^)]*\))*)")
FIELD = re.compile(r"F\((\w+), (\d+), (\d+), \w+\)")
TYPES = {
    "__u8": ctypes.c_uint8, "__le16": ctypes.c_uint16,
    "__le32": ctypes.c_uint32, "__le64": ctypes.c_uint64,
}


def define(names, name, arguments, value):
    value = value.replace("\\\n", " ").strip()
    value = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", value)
    if not EXPRESSION.match(value):
        return
    source = f"lambda {arguments}: {value}" if arguments else value
    try:
        names[name] = eval(source, names)  # pylint: disable=eval-used
    except (NameError, SyntaxError):
        pass  # an X-macro: nothing that a test uses


def members(names, body):
    for match in MEMBER.finditer(body):
        kind = TYPES.get(match["type"]) or names[match["type"]]
        if match["count"]:
            kind *= eval(match["count"], names)  # pylint: disable=eval-used
        yield match["name"], kind


def declare(names, name, body):
    fields = {}
    union = UNION.search(body)
    if union:
        choice = type("union", (ctypes.Union,),
                      {"_fields_": list(members(names, union["body"]))})
        body = UNION.sub("", body)
        fields["_anonymous_"] = ("choice",)
        tail = [("choice", choice)]
    else:
        tail = []
    fields["_fields_"] = list(members(names, body)) + tail
    names[name] = type(name, (ctypes.LittleEndianStructure,), fields)


def read_instructions(text):
    """Name: (opcode, {field: (lowest bit, bits)}, kind of instruction queue)."""
    formats = {
        match["name"]: {name: (int(low), int(bits)) for name, low, bits
                        in FIELD.findall(match["fields"])}
        for match in FORMAT.finditer(text)}
    return {match["name"]: (int(match["code"], 0), formats[match["format"]],
                            match["queue"])
            for match in OPCODE.finditer(text)}


def instruction(name, **values):
    """The 16 bytes of an instruction; fields that are not named are 0."""
    code, fields, _ = INSTRUCTIONS[name]
    for field, value in values.items():
        low, bits = fields[field]
        code |= (value & ((1 << bits) - 1)) << low
    return code.to_bytes(GROQ_INSTRUCTION_BYTES, "little")


def read_headers(names):
    for header in sorted(FOLDER.glob("*.h")):
        text = COMMENT.sub("", header.read_text())
        for match in DEFINE.finditer(text):
            define(names, **match.groupdict())
        for match in STRUCT.finditer(text):
            declare(names, **match.groupdict())


INSTRUCTIONS = read_instructions((FOLDER / "groq_isa.h").read_text())
read_headers(globals())
