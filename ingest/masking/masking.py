"""Masks personal data in the lines of senders before any part of them is written. Pure.

Masked are the free-text fields of the contract in events of every type, and in ratings and petitions all fields outside
the contract, their names and values at any depth. Codes stay as they are, also in lines that will be refused: the
sender needs them to correct the line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from contract.events.envelope import EVENT_DATA, Event
from ingest.masking.personal_data import mask

FREE_TEXT = {"comment": 1_200, "reason": 2_000}
"""Free-text fields of the contract, with their limits in characters (a mark may exceed the limit)."""

_CONTRACT_FIELDS = Event.model_fields.keys() | {name for data in EVENT_DATA.values() for name in data.model_fields}
# Objects of the contract in which senders choose the names.
_OPEN_OBJECTS = {"answers"}
_MAX_OWN_TEXT = 2_000
_TEXT_NAMES = tuple(f'"{name}"'.encode() for name in FREE_TEXT)
_BY_CITIZENS = (b"rating.", b"petition.")
# ASCII letters, full stops and underscores may be escaped; then a name can be compared only after decoding.
_ESCAPED_NAME = re.compile(rb"\\u00(?:[67][0-9A-Fa-f]|2[eE]|5[fF])")
_TOKEN = re.compile(
    r'(?P<text>"[^"\\]*+(?:\\.[^"\\]*+)*+"?)(?P<colon>\s*+:)?|(?P<number>-?\d[\d.eE+\-]{7,}+)|(?P<open>[{\[])|[}\]]',
    re.DOTALL,
)


def mask_free_text(line: bytes) -> bytes:
    """The line with personal data masked in the free-text fields of the contract."""
    # Most events have no free text; they cost only this search.
    if not any(name in line for name in _TEXT_NAMES) and not _ESCAPED_NAME.search(line):
        return line
    return _mask_line(line, FREE_TEXT.__contains__, own_fields=False)


def mask_all_text(line: bytes) -> bytes:
    """The line masked as by ``mask_free_text``, and in ratings and petitions also in fields outside the contract."""
    if not any(name in line for name in _BY_CITIZENS) and not _ESCAPED_NAME.search(line):
        return mask_free_text(line)
    return _mask_line(line, lambda name: name in FREE_TEXT or name not in _CONTRACT_FIELDS, own_fields=True)


def _mask_line(line: bytes, is_text: Callable[[str], bool], *, own_fields: bool) -> bytes:
    """Masks the line string by string instead of parsing it, so that broken JSON is masked too."""
    try:
        text, encoding = line.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = line.decode("latin-1"), "latin-1"
    masker = _TokenMasker(is_text, own_fields=own_fields)
    masked = _TOKEN.sub(masker.mask_token, text)
    return line if masked == text else masked.encode(encoding, errors="backslashreplace")


class _TokenMasker:
    """Masks the tokens of one line in their order, and tracks the field that each belongs to."""

    def __init__(self, is_text: Callable[[str], bool], *, own_fields: bool) -> None:
        self._is_text = is_text
        self._own_fields = own_fields
        self._name = ""
        self._depth = 0
        # Depth of the object or list in which all fields are the sender's own; 0 outside of one.
        self._own_depth = 0
        self._marked_names: set[str] = set()

    def mask_token(self, token: re.Match[str]) -> str:
        """The token, masked where it may hold personal data."""
        if token["colon"] is not None:
            return self._mask_name(token["text"]) + token["colon"]
        if token["text"] is not None or token["number"] is not None:
            is_masked = self._own_depth or (self._name and self._is_text(self._name))
            return _mask_value(self._name, token[0]) if is_masked else token[0]
        if token["open"]:
            self._depth += 1
            is_own = self._is_text(self._name) or (self._own_fields and self._name in _OPEN_OBJECTS)
            if self._name and is_own and not self._own_depth:
                self._own_depth = self._depth
        else:
            if self._depth == self._own_depth:
                self._own_depth, self._name = 0, ""
            self._depth = max(0, self._depth - 1)
        return token[0]

    def _mask_name(self, written: str) -> str:
        self._name = name = _decode_string(written)
        if not self._own_depth and not (self._own_fields and name not in _CONTRACT_FIELDS):
            return written
        masked = mask(name)
        if masked == name:
            return written
        # Two masked names must stay different: a JSON reader keeps only the last value of equal names.
        unique_name, n = masked, 1
        while unique_name in self._marked_names:
            n += 1
            unique_name = f"{masked} {n}"
        self._marked_names.add(unique_name)
        return json.dumps(unique_name, ensure_ascii=False)


def _decode_string(written: str) -> str:
    """The text of a JSON string; of a broken one the characters between its quotation marks."""
    if "\\" not in written:
        return written.strip('"')
    try:
        text: str = json.loads(written, strict=False)
    except ValueError:
        return written.strip('"')
    return text


def _mask_value(name: str, token: str) -> str:
    if not token.startswith('"'):
        masked = mask(token)
        return json.dumps(masked) if masked != token else token
    try:
        text = json.loads(token, strict=False)
    except ValueError:
        return mask(token)
    limit = FREE_TEXT.get(name)
    if limit and len(text) > limit:
        # Too long, so it will be refused: its beginning is kept and padded to stay too long.
        return json.dumps(mask(text[:limit]).ljust(limit, "…") + "…", ensure_ascii=False)
    masked = mask(text)
    if masked == text:
        return token
    longest = limit or _MAX_OWN_TEXT
    return json.dumps(masked[:longest] if len(text) <= longest else masked, ensure_ascii=False)
