"""Finds telephone, identity and account numbers, e-mail and network addresses and number plates in a text, and puts
marks there.

Numbers that an officer needs stay: codes of dossiers and procedures, decrees, dates, times and amounts of money. They
are looked for first, at each place, and what they cover is not looked at again. Pure.
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
# Most of what people write has none of these: it is not looked at any closer.
_HINT = re.compile(HINT, re.IGNORECASE)
_ALTERNATIVES = "|".join(
    [
        f"(?P<harmless>{'|'.join(HARMLESS.values())})",
        *(f"(?P<{kind}>{'|'.join(forms)})" for kind, forms in PERSONAL.items()),
    ]
)
_PATTERN = re.compile(f"{START}(?:{_ALTERNATIVES})", re.IGNORECASE)

# Digits of other scripts and the wide forms of ASCII mean the same; each is one character, as what stands for it.
_PLAIN_CHARACTERS = {
    **{code: unicodedata.digit(chr(code)) + ord("0") for code in range(128, 0x20000) if chr(code).isdecimal()},
    **{code: code - 0xFF01 + ord("!") for code in range(0xFF01, 0xFF5F)},
}

# One search holds the interpreter's lock: a long text is gone through in windows, between which other threads go on.
_WINDOW = 2_000
_LONGEST = 256
"""What begins in a window may end so much behind it."""


def mask(text: str) -> str:
    """The text with marks in the place of personal data; masking it again changes nothing.

    Takes time in proportion to the length of the text.
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
