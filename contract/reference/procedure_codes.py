"""Codes of procedures (mã thủ tục hành chính). Pure."""

from __future__ import annotations

import re

# Decision 20/2020/QĐ-TTg's suffixes: .000.00.00 for "all agencies", and the province that published its own list.
_WITH_SUFFIXES = re.compile(r"^(\d\.\d{6})(?:\.000\.00\.00)?(?:\.[A-Z]\d{2})?$")


def plain_code(code: str) -> str:
    """The code without ``.000.00.00`` and province suffix, which is the same in all provinces.

    ``1.001122.000.00.00.H48`` → ``1.001122``; any other code is returned unchanged.
    """
    match = _WITH_SUFFIXES.match(code)
    return match[1] if match else code
