"""Text from outside made safe to show: no formula, nothing hidden, nothing that a file cannot hold.

Names, codes and comments come from senders. They are kept as they were sent, and made plain where they are shown: on
pages, in CSV, in workbooks and in printed reports.
"""

from __future__ import annotations

import html
import re
from typing import TypeVar

T = TypeVar("T")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that neither XML nor a table can hold. Tabs and line ends stay."""

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_HIDDEN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
"""Invisible marks: of zero width, and those that turn the direction of the text around them."""

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠﹢﹣﹦﹫]")
"""The beginning of a cell that Excel, LibreOffice or Google Sheets may take for a formula, in full width too."""


_FORMULA_BEGINS = frozenset(" =+-@")
"""The same for ASCII text without control characters."""


def plain(text: str) -> str:
    """The text without hidden marks; control characters become blanks."""
    return _HIDDEN.sub("", _CONTROL.sub(" ", _LINE_ENDS.sub("\n", text)))


def escape(text: str) -> str:
    """Plain text for HTML."""
    return html.escape(plain(text))


def with_marks(text: str) -> str:
    """The text with its hidden marks written as in JSON, so that they can be seen."""
    return _HIDDEN.sub(lambda mark: f"\\u{ord(mark[0]):04x}", text)


def markdown(text: str) -> str:
    """Plain text escaped for a place that takes Markdown."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", plain(text).replace("\n", " "))


def cell(value: T) -> T | str:
    """A value for a cell of a table: text is made plain and never acts as a formula; other values stay as they are."""
    if not isinstance(value, str):
        return value
    # Most texts are codes, and a file has millions of them.
    if value.isascii() and value.isprintable() and value[:1] not in _FORMULA_BEGINS:
        return value
    text = plain(value)
    return f"'{text}" if _FORMULA.match(text) or text.startswith(("\t", "\n")) else text
