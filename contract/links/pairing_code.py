"""Pairing codes shown on a tablet (RFC 8628): making one, and reading one that a person typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty letters: no vowels, so that no code spells a word, and none that looks like a digit (RFC 8628, 6.1)."""

LENGTH = 8
"""Eight letters have 34 bits: too many to guess one of a thousand codes shown at once with five tries each."""


def make_code(choose: Callable[[Sequence[str]], str]) -> str:
    """A new code such as ``BCDF-GHJK``; ``choose`` picks one of the given letters."""
    letters = "".join(choose(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def read_code(text: str) -> str | None:
    """The code in a typed text, ignoring case, blanks and hyphens; None when the text is not a code."""
    letters = re.sub(r"[\s\-–.]", "", text).upper()
    if len(letters) != LENGTH or set(letters) - set(ALPHABET):
        return None
    return f"{letters[:4]}-{letters[4:]}"
