"""What a statement that comes over HTTP may not do: reach files, other machines or programs. Pure.

The engine runs with the rights of whoever started it, and its own limits (users, grants, allowed paths) belong to
ClickHouse's server, not to the library. So a statement is read word by word, and refused for what it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache

HARMLESS_TABLE_FUNCTIONS = frozenset(
    {
        *("numbers", "numbers_mt", "zeros", "zeros_mt", "primes", "generate_series", "generateseries"),
        *("generaterandom", "values", "view", "viewifpermitted", "viewexplain", "null", "input", "format"),
        *("mergetreeindex", "mergetreeprojection", "mergetreetextindex"),
    }
)
"""Table functions that make their rows themselves or read the store's own tables; in small letters."""

_HARMLESS_ENGINES = re.compile(r"\w*mergetree|null|memory|(tiny|stripe)?log|set|join|atomic|(materialized)?view")
_FUNCTIONS = frozenset({"file", "disk", "executable", "catboostevaluate"})
_REFUSED_KEYWORDS = frozenset({"infile", "outfile", "backup", "restore", "attach"})
_CREATED_FROM_FILES = frozenset({"dictionary", "function", "named"})
# CREATE OR REPLACE, then what is made.
_HEAD_TOKENS = 4
_BEFORE_TABLE = frozenset({"from", "join", "into", "table", "describe", "desc", "exists"})
_TOKEN = re.compile(
    rb"(?P<blank>\s+|--[^\n]*|/\*.*?\*/|#!?[^\n]*)|`(?P<backquoted>(?:\\.|``|[^`\\])*)`|\"(?P<quoted>(?:\\.|\"\"|[^\"\\])*)\""
    rb"|'(?P<text>(?:\\.|''|[^'\\])*)'|(?P<heredoc>\$\w*\$)|(?P<word>\w+)|(?P<sign>.)",
    re.S,
)


def reach_outside(statement: bytes, parameters: Mapping[str, str], table_functions: Set[str]) -> str | None:
    """The part of a statement that reaches outside the store, as a phrase; None when nothing does.

    ``table_functions`` are the names of all that the engine has, in small letters.
    """
    reach = _reach_of_text(statement, frozenset(table_functions - HARMLESS_TABLE_FUNCTIONS))
    if reach:
        return reach
    if b"Identifier" in statement and any("/" in value or "\\" in value for value in parameters.values()):
        return "a name with a slash"
    return None


@lru_cache(maxsize=512)
def _reach_of_text(statement: bytes, refused_functions: frozenset[str]) -> str | None:
    """The same for the text alone; the stack's own statements come again and again."""
    tokens = [_Token(match) for match in _TOKEN.finditer(statement) if match["blank"] is None]
    return next(_reaches(tokens, refused_functions), None)


def _reaches(tokens: Sequence[_Token], refused_functions: frozenset[str]) -> Iterator[str]:
    makes = bool(tokens) and tokens[0].keyword == "create"
    for number, token in enumerate(tokens):
        before = tokens[number - 1].keyword if number else ""
        behind = [following.text for following in tokens[number + 1 : number + 3]]
        if token.is_heredoc:
            yield "a text between dollar signs"
        if token.is_quoted_name and ("/" in token.name or "\\" in token.name):
            yield "a name with a slash"
        if token.is_text and before in _BEFORE_TABLE:
            yield "a file named as a table"
        if behind[:1] == [b"("] and token.name in refused_functions | _FUNCTIONS:
            yield f"the function {token.name}"
        if token.keyword in _REFUSED_KEYWORDS:
            yield token.keyword.upper()
        if makes and number < _HEAD_TOKENS and token.keyword in _CREATED_FROM_FILES:
            yield f"CREATE {token.keyword.upper()}"
        if makes and token.keyword == "engine":
            engine = (behind[1:2] if behind[:1] == [b"="] else behind[:1] or [b""])[0].decode("utf-8", "replace")
            if not _HARMLESS_ENGINES.fullmatch(engine.strip('`"').lower()):
                yield f"the engine {engine}"


class _Token:
    """A word, a quoted name, a text or a sign of a statement. ``keyword`` and ``name`` are in small letters."""

    def __init__(self, match: re.Match[bytes]) -> None:
        quoted = match["backquoted"] if match["backquoted"] is not None else match["quoted"]
        self.text = match[0]
        self.is_quoted_name = quoted is not None
        self.is_text = match["text"] is not None
        self.is_heredoc = match["heredoc"] is not None
        self.keyword = (match["word"] or b"").decode("utf-8", "replace").lower()
        self.name = quoted.decode("utf-8", "replace").lower() if quoted is not None else self.keyword
