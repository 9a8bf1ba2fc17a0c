"""Replaces telephone, identity and account numbers, e-mail and social network addresses and number plates by marks.

Numbers that an officer needs stay: codes of dossiers and procedures, decrees, dates, times and amounts of money. At
each place these are tried first, and the characters that they match are not searched again. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files

import yaml

from ingest.masking.personal_forms import HARMLESS, HINT, PERSONAL, START

MARKS: dict[str, str] = yaml.safe_load(
    files("ingest.masking").joinpath("personal_data.yaml").read_text(encoding="utf-8")
)

_MARK_OF = {kind: MARKS["account" if kind == "long" else kind] for kind in PERSONAL}
# Most texts have none of these and need no further search.
_HINT = re.compile(HINT, re.IGNORECASE)
_ALTERNATIVES = "|".join(
    [
        f"(?P<harmless>{'|'.join(HARMLESS.values())})",
        *(f"(?P<{kind}>{'|'.join(forms)})" for kind, forms in PERSONAL.items()),
    ]
)
_PATTERN = re.compile(f"{START}(?:{_ALTERNATIVES})", re.IGNORECASE)

# Digits of other scripts and wide forms of ASCII, each mapped to the one ASCII character that it stands for.
_PLAIN_CHARACTERS = {
    **{code: unicodedata.digit(chr(code)) + ord("0") for code in range(128, 0x20000) if chr(code).isdecimal()},
    **{code: code - 0xFF01 + ord("!") for code in range(0xFF01, 0xFF5F)},
}

# One search holds the interpreter's lock, so a long text is searched in windows; other threads run in between.
_WINDOW = 2_000
_LONGEST = 256
"""A match that begins in a window may end this many characters behind it."""


def mask(text: str) -> str:
    """The text with marks in place of personal data; masking it again changes nothing.

    The time is proportional to the length of the text.
    """
    if not _HINT.search(text):
        return text
    composed = text if text.isascii() else unicodedata.normalize("NFC", text).translate(_PLAIN_CHARACTERS)
    masked = _PATTERN.sub(_mark, composed) if len(composed) <= _WINDOW else _mask_in_windows(composed)
    return text if masked == composed else masked


def _mask_in_windows(text: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(text):
        window_end = at + _WINDOW
        copied = at
        while at < window_end and (match := _PATTERN.search(text, at, window_end + _LONGEST)):
            if match.start() >= window_end:
                break
            parts += [text[copied : match.start()], _mark(match)]
            at = copied = match.end()
        at = max(at, window_end)
        parts.append(text[copied:at])
    return "".join(parts)


def _mark(match: re.Match[str]) -> str:
    if match["harmless"] is not None:
        return match[0]
    kind = next(kind for kind in _MARK_OF if match[kind] is not None)
    before = match[f"before_{kind}"] if f"before_{kind}" in match.re.groupindex else None
    return (before or "") + _MARK_OF[kind]
