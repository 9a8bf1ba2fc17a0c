"""Takes personal data out of the lines that senders send, before anything of them is written anywhere. Pure.

Free text is what the contract names so, in events of every type, and what ratings and petitions say in fields that it
does not name: names and values alike, however deep. Codes are left as they are, in lines that will be refused as well:
their sender gets them back to mend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from contract.events.envelope import EVENT_DATA, Event
from ingest.masking.personal_data import mask

FREE_TEXT = {"comment": 1_200, "reason": 2_000}
"""Fields of the contract that people write in, with the most characters that it allows (a mark may be longer)."""

_NAMED = Event.model_fields.keys() | {name for data in EVENT_DATA.values() for name in data.model_fields}
# Objects of the contract whose names are the sender's own.
_FREE_NAMES = {"answers"}
_OTHERS_LENGTH = 2_000
_TEXT_NAMES = tuple(f'"{name}"'.encode() for name in FREE_TEXT)
_BY_CITIZENS = (b"rating.", b"petition.")
# A small letter, a full stop or a low line of ASCII may be written as an escape: then names can be read decoded only.
_ESCAPED_NAME = re.compile(rb"\\u00(?:[67][0-9A-Fa-f]|2[eE]|5[fF])")
_TOKEN = re.compile(
    r'(?P<text>"[^"\\]*+(?:\\.[^"\\]*+)*+"?)(?P<colon>\s*+:)?|(?P<number>-?\d[\d.eE+\-]{7,}+)|(?P<open>[{\[])|[}\]]',
    re.DOTALL,
)


def mask_free_text(line: bytes) -> bytes:
    """The line with marks for personal data in the free text that the contract names."""
    # Most events carry no text: they pay for a search only.
    if not any(name in line for name in _TEXT_NAMES) and not _ESCAPED_NAME.search(line):
        return line
    return _mask_line(line, FREE_TEXT.__contains__, own_fields=False)


def mask_all_text(line: bytes) -> bytes:
    """The same, and of ratings and petitions every field that the contract does not name."""
    if not any(name in line for name in _BY_CITIZENS) and not _ESCAPED_NAME.search(line):
        return mask_free_text(line)
    return _mask_line(line, lambda name: name in FREE_TEXT or name not in _NAMED, own_fields=True)


def _mask_line(line: bytes, is_text: Callable[[str], bool], *, own_fields: bool) -> bytes:
    """Takes the line apart by its strings, so that what is no JSON loses its personal data too."""
    try:
        text, encoding = line.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = line.decode("latin-1"), "latin-1"
    walk = _Walk(is_text, own_fields=own_fields)
    masked = _TOKEN.sub(walk.replacement, text)
    return line if masked == text else masked.encode(encoding, errors="backslashreplace")


class _Walk:
    """What stands in the place of each token of one line, in their order."""

    def __init__(self, is_text: Callable[[str], bool], *, own_fields: bool) -> None:
        self._is_text = is_text
        self._own_fields = own_fields
        self._name = ""
        self._depth = 0
        # How deep the object or list lies in which everything is the sender's own; 0 outside of any.
        self._own_since = 0
        self._marked_names: set[str] = set()

    def replacement(self, token: re.Match[str]) -> str:
        """The token, or what is kept of it."""
        if token["colon"] is not None:
            return self._of_name(token["text"]) + token["colon"]
        if token["text"] is not None or token["number"] is not None:
            of_text = self._own_since or (self._name and self._is_text(self._name))
            return _mask_value(self._name, token[0]) if of_text else token[0]
        if token["open"]:
            self._depth += 1
            is_own = self._is_text(self._name) or (self._own_fields and self._name in _FREE_NAMES)
            if self._name and is_own and not self._own_since:
                self._own_since = self._depth
        else:
            if self._depth == self._own_since:
                self._own_since, self._name = 0, ""
            self._depth = max(0, self._depth - 1)
        return token[0]

    def _of_name(self, written: str) -> str:
        self._name = name = _decoded(written)
        if not self._own_since and not (self._own_fields and name not in _NAMED):
            return written
        masked = mask(name)
        if masked == name:
            return written
        # Two numbers must not become one name, of which a reader keeps the last value only.
        different, n = masked, 1
        while different in self._marked_names:
            n += 1
            different = f"{masked} {n}"
        self._marked_names.add(different)
        return json.dumps(different, ensure_ascii=False)


def _decoded(written: str) -> str:
    """The text that a JSON string holds; of one that is broken what stands between the quotation marks."""
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
        # It will be refused for its length: its beginning is kept, and stays too long.
        return json.dumps(mask(text[:limit]).ljust(limit, "…") + "…", ensure_ascii=False)
    masked = mask(text)
    if masked == text:
        return token
    longest = limit or _OTHERS_LENGTH
    return json.dumps(masked[:longest] if len(text) <= longest else masked, ensure_ascii=False)
