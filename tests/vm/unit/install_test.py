# SPDX-License-Identifier: MIT
"""What vm/install.sh asks apt for, with an apt that is made up."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

INSTALL = Path(__file__).resolve().parents[3] / "vm/install.sh"

FAKES = {
    "dpkg-query": 'for name in $INSTALLED; do echo "$name installed"; done',
    # As the real one: it goes on writing behind the line that is looked for.
    "apt-cache": """
        candidate='(none)'
        [[ " $AVAILABLE " == *" $2 "* ]] && candidate=1.2-3
        printf '%s:\\n  Installed: (none)\\n  Candidate: %s\\n' "$2" "$candidate"
        sleep 0.1
        echo '  Version table:'""",
    "apt-get": '[ "$1" != install ] || echo "$@" >>"$ASKED"',
    "sudo": '"$@"',
}


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, body in FAKES.items():
            self.write(name, f"#!/bin/bash\n{body}\n")
        self.write("packages.txt", "[user]\nnewer|plain  why\nother  why\n[check]\nmore  why\n")
        self.write("install.sh", INSTALL.read_text())

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def asked_for(self, *, installed: str = "", available: str, section="user") -> list[str]:
        asked = self.folder / "asked"
        asked.write_text("")
        environment = os.environ | {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "INSTALLED": installed, "AVAILABLE": available, "ASKED": str(asked)}
        subprocess.run([self.folder / "install.sh", section], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        return [word for word in asked.read_text().split()[1:] if not word.startswith("-")]

    def test_the_first_alternative_that_there_is(self):
        self.assertEqual(self.asked_for(available="newer plain other"), ["newer", "other"])
        self.assertEqual(self.asked_for(available="plain other"), ["plain", "other"])

    def test_a_later_one_does_not_do_where_the_first_is_to_be_had(self):
        self.assertEqual(self.asked_for(installed="plain", available="newer other"),
                         ["newer", "other"])

    def test_nothing_that_is_there(self):
        self.assertEqual(self.asked_for(installed="newer other", available="newer other"), [])
        self.assertEqual(self.asked_for(installed="plain other", available="other"), [])

    def test_sections_that_are_not_asked_for_are_left_alone(self):
        self.assertEqual(self.asked_for(available="more", section="check"), ["more"])


if __name__ == "__main__":
    unittest.main()
