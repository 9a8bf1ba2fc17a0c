"""Normal form of text for comparing: each letter in one form (NFC), no invisible characters, plain blanks."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
"""Soft hyphens, zero-width blanks, marks of direction, byte order marks."""
_LATIN_JOINERS = re.compile("(?:^|(?<=[\u0000-\u05ff\u1e00-\u25ff]))[\u200c\u200d]+")
"""Joiners after Latin letters, digits and signs. After other characters they belong to the script or to an emoji."""
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


_UNUSUAL = re.compile(f"{_INVISIBLE.pattern[:-1]}\u200c\u200d{_BLANKS.pattern[1:]}")


def is_normal(text: str) -> bool:
    """Whether ``normalize`` would leave the text as it is."""
    return text.isascii() or (_UNUSUAL.search(text) is None and unicodedata.is_normalized("NFC", text))


def normalize(text: str) -> str:
    """The text in NFC, without invisible characters, with a plain blank for every kind of blank.

    ``bệnh`` is three characters on some systems and six on others; both come out alike.
    """
    if is_normal(text):
        return text
    visible = _LATIN_JOINERS.sub("", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", visible))


def normalize_name(text: str) -> str:
    """A column name in the form in which names are compared: normalized, with single blanks between words."""
    return " ".join(normalize(text).split())
