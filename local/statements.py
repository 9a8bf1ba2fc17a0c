"""What an HTTP server of ClickHouse must know about a statement before the engine reads it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANK = rb"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_RETURNS_ROWS = re.compile(_BLANK + rb"\(*(?:SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS|CHECK|FROM)\b", re.I | re.S)
_LAST_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[^']*)?;?\s*$", re.I)
_INSERT = re.compile(_BLANK + rb"INSERT\s", re.I | re.S)
_TOKEN = re.compile(
    rb"`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|--[^\n]*|/\*.*?\*/|(?P<word>\w+)|(?P<open>\()|(?P<close>\))",
    re.S,
)
_FORMAT_NAME = re.compile(rb"\s+(\w+)[ \t]*;?(?:\r?\n|[ \t]|$)")


@dataclass(frozen=True)
class DataInsert:
    """An ``INSERT … FORMAT X``: the text before SETTINGS or FORMAT, its SETTINGS (empty without), the format, and where
    in the statement the rows begin."""

    head: bytes
    settings: bytes
    format: str
    data_at: int


def data_insert(statement: bytes) -> DataInsert | None:
    """The parts of an ``INSERT … FORMAT X`` with rows behind it, or None for every other statement.

    ``INSERT … SELECT``, ``… VALUES`` and ``… FROM INFILE`` are None: the engine takes them as they stand.
    """
    if not _INSERT.match(statement):
        return None
    depth, head_ends_at = 0, None
    for token in _TOKEN.finditer(statement):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
        elif token["word"] and depth == 0:
            keyword = token["word"].upper()
            if keyword in (b"SELECT", b"WITH", b"VALUES", b"INFILE"):
                return None
            if keyword == b"SETTINGS" and head_ends_at is None:
                head_ends_at = token.start()
            named = _FORMAT_NAME.match(statement, token.end()) if keyword == b"FORMAT" else None
            if named:
                head, settings = statement[: token.start()], b""
                if head_ends_at is not None:
                    head, settings = statement[:head_ends_at], statement[head_ends_at : token.start()]
                return DataInsert(head, settings, named[1].decode(), named.end())
    return None


def named_format(statement: bytes) -> str | None:
    """The format that the statement itself asks its answer in, or None."""
    named = _LAST_FORMAT.search(statement)
    return named[1].decode() if named else None


def returns_rows(statement: bytes) -> bool:
    """Whether the statement answers with rows, if only with none of them."""
    return _RETURNS_ROWS.match(statement) is not None
