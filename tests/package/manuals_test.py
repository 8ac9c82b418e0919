# SPDX-License-Identifier: MIT
"""Every tool's --help and its manual page know the same options, and the shell
completes them.

usage: manuals_test.py BUILD_FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
OPTION = r"(?<![\w-])(--[a-z][a-z-]+|-[a-zA-Z])(?![\w-])"


def main() -> None:
    tools = sorted(path for path in Path(sys.argv[1]).rglob("groq-*")
                   if path.is_file() and re.fullmatch(r"groq(-[a-z]+)+", path.name))
    assert tools, f"no tools in {sys.argv[1]}"
    wrong = [line for tool in tools for line in differences(tool)]
    sys.exit("\n".join(wrong) or 0)


def differences(tool: Path) -> list[str]:
    manual = TOOLS / f"man/{tool.name}.1"
    completion = TOOLS / f"completion/{tool.name}"
    if not manual.exists() or not completion.exists():
        return [f"{tool.name}: no {manual} or no {completion}"]
    helped, documented = options_of_help(tool), options_of_manual(manual)
    return [
        *(f"{tool.name}: {name} is not in its manual" for name in helped - documented),
        *(f"{tool.name}: {name} is not in its --help" for name in documented - helped),
        *(f"{tool.name}: {name} is not completed" for name in helped
          if name.startswith("--") and name not in completion.read_text()),
    ]


def options_of_help(tool: Path) -> set[str]:
    ran = subprocess.run([tool, "--help"], check=True, capture_output=True, text=True)
    assert not ran.stderr, ran
    listed = [line.strip() for line in ran.stdout.splitlines()]
    return {name for line in listed if line.startswith("-")
            for name in re.findall(OPTION, line.split("  ")[0])}


def options_of_manual(manual: Path) -> set[str]:
    """Those of the list: .It Fl j , Fl \\-json"""
    found = set()
    for line in manual.read_text().splitlines():
        if line.startswith(".It Fl "):
            words = re.findall(r"\bFl (\S+)", line)
            found |= {"-" + word.replace("\\-", "-") for word in words}
    return found


if __name__ == "__main__":
    main()
