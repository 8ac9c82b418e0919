# SPDX-License-Identifier: MIT
"""Each check is given a small tree with a mistake in it, and must find it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import abi
import abi_docs
import coccinelle
import contract_docs
import contract_names
import formatting
import headers_alone
import include_rules
import kernel_build
import kernel_style
import kernel_tidy
import licences
import links
import manuals
import packages
import scripts
import sizes
import text
import tidy
from tree import Finding, Skip, Tree


@dataclass(frozen=True)
class Case:
    """`check` on `files` finds something that contains `expected`, or, where
    nothing is expected, nothing."""

    check: Callable[[Tree], Iterable[Finding]]
    files: dict[str, str]
    expected: str = ""


def includes(path: str, *names: str) -> dict[str, str]:
    lines = "".join(f"#include {name}\n" for name in names)
    return {
        path: lines, "include/hw/groq_regs.h": "", "libgroq/device.hpp": "",
        "include/uapi/drm/groq_accel.h": "",
        "include/uapi/drm/groq_coredump.h": "", "include/groq/groq.h": "",
        "qemu-device/chip/chip.hpp": "", "qemu-device/tracer/json.hpp": "",
        "qemu-device/groq_chip.h": "", "tests/support/fake.hpp": "",
    } | {path: lines}


MODULE = """// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/io.h>

static int __init groq_init(void)
{
%s
\treturn 0;
}
module_init(groq_init);
MODULE_DESCRIPTION("seeded");
MODULE_LICENSE("GPL");
"""
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(a CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_library(a a.cpp)
"""
KBUILD = "obj-m := groq.o\ngroq-y := groq_drv.o\n"
HEADER = "#ifndef A_H\n#define A_H\n%s\n#endif\n"
REGS = "/* 4.1  Identity (RO) */\n#define GROQ_ID\t0x0000\n#define GROQ_SERIAL\t0x0020\n"
HARDWARE = "### 4.1 Identity\n| 0x0000 | ID | RO |\n| 0x%s | %s | RO |\n"
ISA = '\tX(ADD_SAT,  0x24, VXM, "add.sat", BINARY, VXM) \\\n#define GROQ_DELAY_VXM 7\n'
TIMING = "add sub .sat\n## 3 Timing\n| delay | cycles |\n|---|---|\n| %s | %s | of |\n## 4 X\n"


def timing(names: str, cycles: str, header: str = "") -> dict[str, str]:
    return {"docs/isa.md": TIMING % (names, cycles), "include/hw/groq_isa.h": ISA + header}


def module(body: str) -> dict[str, str]:
    return {"kernel/groq_drv.c": MODULE % body, "kernel/Kbuild": KBUILD}


PROBED = """include $(src)/probes/Makefile
ccflags-y += -I$(obj)
$(obj)/groq_drv.o: $(obj)/groq_probed.h
"""
PROBE = "#include <linux/module.h>\nstatic inline int probe(void)\n{\n\treturn %s;\n}\n"
ANSWERS = """#include "groq_probed.h"
#if !GROQ_HAS_KNOWN || GROQ_HAS_UNKNOWN
#error wrong answer
#endif
"""


def probes(known: str, canary: str, refused: str) -> dict[str, str]:
    makefile = Path(__file__).resolve().parents[2] / "kernel/probes/Makefile"
    return {
        "kernel/groq_drv.c": ANSWERS + MODULE % "", "kernel/Kbuild": KBUILD + PROBED,
        "kernel/probes/Makefile": makefile.read_text(),
        "kernel/probes/known.c": PROBE % known, "kernel/probes/unknown.c": PROBE % "nothing()",
        "kernel/probes/canary.c": canary, "kernel/probes/refused.c": PROBE % refused,
    }


def package(version: str) -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    names = ("packaging/build-deb", "packaging/debian/changelog")
    return {name: (root / name).read_text() for name in names} | {"VERSION": f"{version}\n"}


# What tests/abi/dump makes of INTERFACE.
RELEASED = """<abi-corpus version='2.1' architecture='elf-amd-x86_64' soname='libgroq.so'>
  <elf-function-symbols>
    <elf-symbol name='groq_f' type='func-type' binding='global-binding'
     visibility='default-visibility' is-defined='yes'/>
  </elf-function-symbols>
  <abi-instr address-size='64' path='a.c' language='LANG_C11'>
    <type-decl name='int' size-in-bits='32' id='95e97e5e'/>
    <class-decl name='groq_a' size-in-bits='128' is-struct='yes' visibility='default'
     id='21943644'>
      <data-member access='public' layout-offset-in-bits='0'>
        <var-decl name='size' type-id='f0981eeb' visibility='default'/>
      </data-member>
      <data-member access='public' layout-offset-in-bits='64'>
        <var-decl name='b' type-id='95e97e5e' visibility='default'/>
      </data-member>
    </class-decl>
    <type-decl name='unsigned long int' size-in-bits='64' id='f0981eeb'/>
    <pointer-type-def type-id='21943644' size-in-bits='64' id='7c3b5302'/>
    <function-decl name='groq_f' mangled-name='groq_f' visibility='default'
     binding='global' size-in-bits='64' elf-symbol-id='groq_f'>
      <parameter type-id='7c3b5302' name='a'/>
      <return type-id='95e97e5e'/>
    </function-decl>
  </abi-instr>
</abi-corpus>
"""
LIBRARY = """cmake_minimum_required(VERSION 3.25)
project(a C)
set(CMAKE_C_FLAGS -g)
add_library(groq SHARED a.c)
set_target_properties(groq PROPERTIES LIBRARY_OUTPUT_DIRECTORY libgroq)
"""
INTERFACE = "struct groq_a {\n\tunsigned long size;\n\t%s;\n};\n"
FUNCTION = "int groq_%s(struct groq_a *%s) { return a->b; }\n"


def library(members: str, *functions: str, takes: str = "a") -> dict[str, str]:
    ignored = Path(__file__).resolve().parents[2] / abi.IGNORED
    code = "".join(FUNCTION % (name, takes) for name in functions)
    return {
        "CMakeLists.txt": LIBRARY, abi.HEADER: INTERFACE % members,
        "include/groq/program_format.h": "", "a.c": f'#include "{abi.HEADER}"\n{code}',
        abi.RELEASED: RELEASED, abi.IGNORED: ignored.read_text(),
    }


def exported(declared: str, name: str) -> dict[str, str]:
    return {abi.HEADER: f"int groq_{declared}(void);\n",
            abi.MAP: f"GROQ_1.0 {{\nglobal:\n\tgroq_{name};\n}};\n"}


def documents(offset: str, name: str) -> dict[str, str]:
    return {"docs/hardware.md": HARDWARE % (offset, name), "include/hw/groq_regs.h": REGS}


RULES = include_rules.check
NAMES = contract_names.check
DOCS = contract_docs.check
ABI = abi_docs.check
LICENCE = licences.check

def attributes(made: str, documented: str, listed: str) -> dict[str, str]:
    return {
        "kernel/groq_sysfs.c": f"\t&dev_attr_{made}.attr,\n",
        "docs/ABI/sysfs-driver-groq":
            f"What:\t\t/sys/bus/pci/drivers/groq/<BDF>/{documented}\n",
        "docs/sysfs.md": f"| `{listed}` | a number |\n",
    }


CASES = [
    Case(RULES, includes("libgroq/queue.cpp", '"device.hpp"', "<groq/groq.h>", "<vector>")),
    Case(RULES, includes("include/hw/groq_isa.h", "<linux/types.h>")),
    Case(RULES, includes("include/hw/groq_isa.h", "<stdint.h>"), "alone, everywhere"),
    Case(RULES, includes("include/uapi/drm/other.h", "<linux/types.h>", "<drm.h>")),
    Case(RULES, includes("include/uapi/drm/other.h", "<stdint.h>"), "kernel's types only"),
    Case(RULES, includes("include/groq/queue.hpp", '"../../libgroq/device.hpp"'), "private"),
    Case(RULES, includes("qemu-device/chip/dma.cpp", "<qemu/osdep.h>"), "no QEMU"),
    Case(RULES, includes("qemu-device/chip/dma.cpp", "<unistd.h>"), "no operating system"),
    Case(RULES, includes("qemu-device/chip/dma.cpp", "<groq/groq.h>"), "no driver"),
    Case(RULES, includes("qemu-device/groq_pci.c", '"chip/chip.hpp"'), "through groq_chip.h"),
    Case(RULES, includes("qemu-device/groq_pci.c", '"tracer/json.hpp"'), "groq_tracer.h"),
    Case(RULES, includes("qemu-device/tracer/row.cpp", '"chip/chip.hpp"'), "an observer sees"),
    Case(RULES, includes("qemu-device/tracer/row.cpp", '"groq_chip.h"', "<fcntl.h>")),
    Case(RULES, includes("libgroq/queue.cpp", "<hw/groq_regs.h>"), "sees a register"),
    Case(RULES, includes("libgroq/sim/port.cpp", "<hw/groq_regs.h>")),
    Case(RULES, includes("libgroq/queue.cpp", "<xf86drm.h>"), "ioctl_queue alone"),
    Case(RULES, includes("libgroq/drm_port.cpp", "<xf86drm.h>")),
    Case(RULES, includes("tools/groq-smi.cpp", "<hw/groq_regs.h>"), "instruction table"),
    Case(RULES, includes("tools/asm/parser.cpp", "<hw/groq_regs.h>")),
    Case(RULES, includes("tools/groq-smi.cpp", "<drm/groq_accel.h>"), "public interface"),
    Case(RULES, includes("tools/smi/coredump.hpp", "<drm/groq_coredump.h>")),
    Case(RULES, includes("tools/run/dump.cpp", "<drm/groq_coredump.h>"), "alone reads it"),
    Case(RULES, includes("kernel/groq_job.c", "<groq/groq.h>"), "moves jobs"),
    Case(RULES, includes("libgroq/queue.cpp", '"tests/support/fake.hpp"'), "include tests"),
    Case(RULES, {"tools/a.hpp": '#include "b.hpp"\n', "tools/b.hpp": '#include "a.hpp"\n'},
         "includes itself"),
    Case(RULES, {"tools/a.hpp": "", "tools/a.cpp": '#include <map>\n#include "a.hpp"\n'},
         "not first"),

    Case(NAMES, {"include/hw/a.h": "#define GROQ_ID 0\n", "kernel/a.h": "#define GROQ_ID 0\n"},
         "declares GROQ_ID again"),
    Case(NAMES, {"include/hw/a.h": "struct groq_fault {\n};\n",
                 "tests/a.cpp": "struct groq_fault {\n};\n"}, "declares groq_fault again"),
    Case(NAMES, {"include/hw/a.h": "#define GROQ_ID 0\n", "kernel/a.h": "#define GROQ_JOBS 1\n"}),
    Case(NAMES, {"include/hw/a.h": "enum {\n\tGROQ_UP = 1,\n};\n",
                 "kernel/a.h": "enum up {\n\tA,\n\tGROQ_UP,\n};\n"}, "a.h:3: declares GROQ_UP"),
    Case(NAMES, {"include/hw/a.h": "#define GROQ_UP 1\n",
                 "kernel/a.c": "enum groq_x {\n\tGROQ_X = GROQ_UP,\n};\nf(\n\tGROQ_UP,\n1);\n"}),
    Case(NAMES, {"kernel/groq_irq.c": "\tx = readl(p);\n"}, "readl() outside"),
    Case(NAMES, {"kernel/groq_hw.c": "\tx = readl(p);\n",
                 "kernel/groq_irq.c": "\t/* readl(p) */\n"}),

    Case(ABI, attributes("serial", "serial", "serial")),
    Case(ABI, attributes("serial", "number", "serial"), "serial is not in docs/ABI"),
    Case(ABI, attributes("serial", "number", "serial"), "number is not made by"),
    Case(ABI, attributes("serial", "serial", "number"), "serial is not in docs/sysfs.md"),
    Case(ABI, {"kernel/groq_link_sysfs.c": "\t&groq_link_attr_lanes.attr,\n"},
         "links/link<N>/lanes is not in docs/ABI"),
    Case(DOCS, documents("0020", "SERIAL")),
    Case(DOCS, documents("0024", "SERIAL"), "GROQ_SERIAL is 0x0020"),
    Case(DOCS, documents("0020", "NUMBER"), "register NUMBER: not in this section"),
    Case(DOCS, documents("0000", "ID"), "GROQ_SERIAL: not in section 4.1"),
    Case(DOCS, {"docs/isa.md": "add sub .mod\n", "include/hw/groq_isa.h": ISA}, '"add.sat"'),
    Case(DOCS, timing("VXM", "7")),
    Case(DOCS, timing("VXM", "8"), "VXM takes 8 cycles, but GROQ_DELAY_VXM is 7"),
    Case(DOCS, timing("VXM, MEM", "7, 1"), "GROQ_DELAY_MEM is not there"),
    Case(DOCS, timing("VXM", "7", "#define GROQ_DELAY_HOP 1\n"), "GROQ_DELAY_HOP is not in"),
    Case(DOCS, timing("VXM", "7", "#define GROQ_DELAY_LONGEST 9\n"), "of a unit it is 7"),
    Case(DOCS, timing("VXM", "7", '\tX(OR, 0x1, VXM, "add", UNARY, ODD) \\\n'), "GROQ_DELAY_ODD"),
    Case(DOCS, {"docs/isa.md": "BANK\n", "include/hw/groq_queue.h":
                "#define GROQ_FAULT_BANK\t1\n#define GROQ_FAULT_ECC\t2\n"}, "GROQ_FAULT_ECC"),

    Case(abi.exports, exported("a", "a")),
    Case(abi.exports, exported("a", "b"), "groq_a is not in libgroq/libgroq.map"),
    Case(abi.exports, exported("a", "b"), "groq_b is not in include/groq/groq.h"),
    Case(abi.interface, library("int b", "f")),
    Case(abi.interface, library("int b; long c", "f", "g")),
    Case(abi.interface, library("int b", "g"), "groq_f"),
    Case(abi.interface, library("int b", "f", takes="a, int b"), "parameter 2"),
    Case(abi.interface, library("int c, b", "f"), "b has changed"),
    Case(abi.interface, library("float b; long c", "f"), "b has changed"),
    Case(abi.interface, library("int b, c", "f"), "has grown inside"),  # into its padding

    Case(LICENCE, {"kernel/a.c": "// SPDX-License-Identifier: GPL-2.0-only\n"}),
    Case(LICENCE, {"kernel/a.c": "// SPDX-License-Identifier: MIT\n"}, "expected GPL-2.0-only"),
    Case(LICENCE, {"tools/a.cpp": "int a;\n"}, "no line SPDX"),
    Case(LICENCE, {"tools/CMakeLists.txt": "project(a)\n"}, "no line SPDX"),

    Case(text.check, {"a.md": "fine, see include/work and build/root/x\n"}),
    Case(text.check, {"a.md": "TO" "DO later\n"}, "unfinished"),
    Case(text.check, {"a.md": "cd /ho" "me/someone\n"}, "one machine"),
    Case(text.check, {"a.cpp": "int a; \n"}, "space at the end"),
    Case(text.check, {"a.cpp": "\tint a;\n"}, "tab"),
    Case(text.check, {"a.md": "no newline"}, "no newline"),

    Case(scripts.check, {"a.sh": "if true; then\n"}, "end of file"),
    Case(scripts.check, {"a": "#!/usr/bin/env python3\ndef f(:\n"}, "invalid syntax"),
    Case(scripts.check, {"a.sh": "if true; then :; fi\n", "a.py": "a = 1\n"}),

    Case(links.check, {"docs/a.md": "[b](../b.md#c) [d](https://d)\n", "b.md": ""}),
    Case(links.check, {"docs/a.md": "[b](b.md)\n", "b.md": ""}, "links to b.md"),
    Case(links.check, {"a.md": "| `b/c/` |\n", "b/d": ""}, "the folder b/c/"),

    Case(manuals.check, {"tools/man/a.1": ".TH A 1\n.SH NAME\na \\- b\n"}),
    Case(manuals.check, {"tools/man/a.1": ".TH A 1\n.Bogus\n"}, "'Bogus' not defined"),
    Case(manuals.check, {"tools/a/CMakeLists.txt": "install(TARGETS groq-a)\n"},
         "no tools/man/groq-a.1"),
    Case(manuals.check, {"tools/CMakeLists.txt": "groq_tool(b groq)\n"},
         "no tools/man/groq-b.1"),

    Case(sizes.check, {"a.c": "int f(void)\n{\n" + "\tg();\n" * 70 + "}\n"}, "of 72 lines"),
    Case(sizes.check, {"a.cpp": "struct a {\n    int f() {\n" + "        g();\n" * 70
                       + "    }\n};\n"}, "of 72 lines"),
    Case(sizes.check, {"a.cpp": "\n" * 600}, "600 lines"),
    Case(sizes.check, {"a.c": "int f(void)\n{\n\tif (a) {\n\t}\n}\n" * 20}),

    Case(formatting.check, {".clang-format": "BasedOnStyle: LLVM\n", "a.cpp": "int  a;\n"},
         "not formatted"),
    Case(formatting.check, {".clang-format": "BasedOnStyle: LLVM\n", "a.cpp": "int a;\n"}),

    Case(headers_alone.check, {"include/hw/a.h": HEADER % "struct a { __u32 b; };"},
         "does not compile alone as c:"),
    Case(headers_alone.check, {"include/hw/a.h": HEADER % "struct class { int b; };"},
         "does not compile alone as c++"),
    Case(headers_alone.check, {"tools/a.hpp": "std::vector<int> a;\n"}, "as c++"),
    Case(headers_alone.check, {"include/hw/a.h": HEADER % "struct a { int b; };"}),

    Case(tidy.check, {"CMakeLists.txt": PROJECT, "a.cpp": "int f() { return 0; }\n"}),
    Case(tidy.check, {"CMakeLists.txt": PROJECT, "a.cpp": "int *f() { return 0; }\n"},
         "use-nullptr"),

    Case(kernel_style.kernel_doc, {"include/uapi/a.h": "/**\n * struct a - b\n */\n"
                                   "struct a {\n\tint c;\n};\n"}, "not described"),
    Case(kernel_style.features, module("#if LINUX_VERSION_CODE > 1\n#endif"), "asks what"),
    Case(kernel_style.features, module("#if GROQ_HAS_A\n#endif"), "groq_compat.h alone"),
    Case(kernel_style.features, {"kernel/groq_compat.h": "#if GROQ_HAS_A\n#endif\n",
                                 "kernel/probes/a.c": "/* a */\n"}),
    Case(kernel_style.features, {"kernel/groq_compat.h": "#if GROQ_HAS_A\n#endif\n"},
         "no probe asks for A"),
    Case(kernel_style.features, {"kernel/groq_compat.h": "", "kernel/probes/a.c": "/* a */\n"},
         "nobody wants to know"),
    Case(kernel_style.features, {"kernel/probes/canary.c": "#include <linux/a.h>\n",
                                 "kernel/probes/refused.c": "#include <linux/b.h>\n"},
         "canary.c does not include <linux/b.h>"),
    Case(kernel_style.checkpatch, module("\tif(1)\n\t\treturn 1;"), "SPACING"),
    Case(kernel_build.warnings, module("\tint unused;\n"), "unused variable"),
    Case(kernel_build.newest, module("\tint unused;\n"), "kernel/groq_drv.c:7: warning: unused variable"),
    Case(kernel_build.newest, module("\tgroq_nowhere();\n"), "groq_nowhere"),
    Case(coccinelle.check, module("\tvoid *p = NULL;\n\n\tif (p)\n\t\tkfree(p);"), "[ifnullfree]"),
    Case(packages.check, package("9.9"), "but VERSION is 9.9"),
    Case(kernel_build.warnings, probes("1", "/* lives */\n", "nothing()")),
    Case(kernel_build.warnings, probes("nothing()", "/* lives */\n", "nothing()"), "wrong answer"),
    Case(kernel_build.warnings, probes("1", "#error broken\n", "nothing()"), "canary.c:1"),
    Case(kernel_build.warnings, probes("1", "/* lives */\n", "1"), "mean nothing"),
    Case(kernel_build.analyzer, module("\tchar *p = NULL;\n\n\treturn *p;"),
         "null-dereference"),
    Case(kernel_tidy.check, module("\tchar *p = NULL;\n\n\treturn *p;"), "NullDereference"),
    Case(kernel_build.sparse, module("\tvoid __iomem *p = (void *)1;\n\n\treadl(p);"),
         "address space"),
]


def check(tree: Tree) -> Iterator[Finding]:
    for number, case in enumerate(CASES):
        with tempfile.TemporaryDirectory() as folder:
            yield from failure(case, f"selftest case {number}", Path(folder))


def failure(case: Case, name: str, folder: Path) -> Iterator[Finding]:
    for path, content in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    what = f"{name} ({case.check.__module__}.{case.check.__name__})"
    try:
        found = [str(finding) for finding in case.check(Tree(folder))]
    except Skip as reason:
        yield Finding(what, 0, f"not tried: {reason}", warning=True)
        return
    if case.expected and not any(case.expected in text for text in found):
        yield Finding(what, 0, f"did not find {case.expected!r} but {found}")
    if not case.expected and found:
        yield Finding(what, 0, f"found {found} where nothing is wrong")
