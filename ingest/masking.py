"""Takes personal data out of the lines that senders send, before anything of them is written anywhere. Pure.

Free text is what the contract names so, in events of every type, and what ratings and petitions say in fields that it
does not name. Codes are left as they are, in lines that will be refused as well: their sender gets them back to mend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from contract.events import EVENT_DATA, Event
from ingest.personal_data import mask

FREE_TEXT = {"comment": 1_200, "reason": 2_000}
"""Fields of the contract that people write in, with the most characters that it allows (a mark may be longer)."""

_NAMED = Event.model_fields.keys() | {name for data in EVENT_DATA.values() for name in data.model_fields}
_OTHERS_LENGTH = 2_000
_COMMENT, _REASON = (f'"{name}"'.encode() for name in FREE_TEXT)
_BY_CITIZENS = (b"rating.", b"petition.")
_TOKEN = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*"?)(?P<colon>\s*:)?|(?P<number>-?\d[\d.eE+\-]{7,})')


def mask_free_text(line: bytes) -> bytes:
    """The line with marks for personal data in the free text that the contract names."""
    # Most events carry no text: they pay for a search only.
    if _COMMENT not in line and _REASON not in line:
        return line
    return _masked(line, FREE_TEXT.__contains__)


def mask_all_text(line: bytes) -> bytes:
    """The same, and of ratings and petitions every field that the contract does not name."""
    if not any(name in line for name in _BY_CITIZENS):
        return mask_free_text(line)
    return _masked(line, lambda name: name in FREE_TEXT or name not in _NAMED)


def _masked(line: bytes, is_text: Callable[[str], bool]) -> bytes:
    """Takes the line apart by its strings, so that what is no JSON loses its personal data too."""
    try:
        told, encoding = line.decode(), "utf-8"
    except UnicodeDecodeError:
        told, encoding = line.decode("latin-1"), "latin-1"
    name = ""

    def one(token: re.Match[str]) -> str:
        nonlocal name
        if token["colon"] is not None:
            name = token["text"][1:-1]
            return token[0]
        return _mask_value(name, token[0]) if name and is_text(name) else token[0]

    return _TOKEN.sub(one, told).encode(encoding, errors="backslashreplace")


def _mask_value(name: str, token: str) -> str:
    if not token.startswith('"'):
        masked = mask(token)
        return json.dumps(masked) if masked != token else token
    try:
        text = json.loads(token)
    except ValueError:
        return mask(token)
    masked = mask(text)
    if masked == text:
        return token
    limit = FREE_TEXT.get(name, _OTHERS_LENGTH)
    return json.dumps(masked[:limit] if len(text) <= limit else masked, ensure_ascii=False)
