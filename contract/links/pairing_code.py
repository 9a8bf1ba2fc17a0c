"""The code that a tablet shows to be paired (RFC 8628), as it is made and as people type it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty letters without vowels, so that no code spells a word, and none that is taken for a digit (RFC 8628, 6.1)."""

LENGTH = 8
"""34 bits: with five tries to a code nobody guesses one of the thousand that may be shown at once."""


def make_code(choose: Callable[[Sequence[str]], str]) -> str:
    """A new code, ``BCDF-GHJK``; ``choose`` takes one of some letters."""
    letters = "".join(choose(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def read_code(text: str) -> str | None:
    """The code that somebody typed, whatever its case, blanks and hyphens; None when it is none."""
    letters = re.sub(r"[\s\-–.]", "", text).upper()
    if len(letters) != LENGTH or set(letters) - set(ALPHABET):
        return None
    return f"{letters[:4]}-{letters[4:]}"
