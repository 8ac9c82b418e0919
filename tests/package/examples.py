# SPDX-License-Identifier: MIT
"""The examples that documents have in their text."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def block(document: str, language: str) -> str:
    """The first in that language."""
    text = (SOURCE / document).read_text()
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    assert found, f"no block of {language} in {document}"
    return found[1]
