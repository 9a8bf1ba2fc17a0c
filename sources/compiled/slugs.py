"""Codes for units and procedures that an export gives by name only: the same value gives the same code in any file."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_KEPT_CHARS = 48
_PLAIN = re.compile(r"[A-Za-z0-9_\- ]+")


def slug(value: str) -> str:
    """A readable ASCII code of a name: capitals, ``_`` for blanks, at most 55 characters.

    CellReader that differ in more than case and blanks get different codes: where accents or signs are lost or the
    name is cut, six hexadecimal digits of its hash follow. ``"Customer contact"`` → ``"CUSTOMER_CONTACT"``.
    """
    name = unicodedata.normalize("NFC", " ".join(value.split()))
    bare = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    letters = re.sub(r"[^A-Za-z0-9_\-]+", "_", "".join(char for char in bare if not unicodedata.combining(char)))
    if _PLAIN.fullmatch(name) and len(name) <= _KEPT_CHARS:
        return letters.upper()
    mark = hashlib.blake2b(name.upper().encode(), digest_size=3).hexdigest()
    return f"{letters.strip('_').upper()[:_KEPT_CHARS]}-{mark}".lstrip("-")
