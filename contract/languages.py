"""The first language, and names that exist in some languages only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIRST = "vi"
"""Shown where no other language is chosen, and where data has no name in the chosen one."""


def field_in(language: str, fields: Mapping[str, Any], name: str = "name") -> Any:
    """The field ``NAME_LANGUAGE``; that of the first language where the other is missing. KeyError without either."""
    key = f"{name}_{language}"
    return fields[key] if key in fields else fields[f"{name}_{FIRST}"]
