"""Numbers as people and programs write them → numbers; a text that could be either of two numbers is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Literal, NamedTuple

from sources.files.rows import Number

DecimalMark = Literal[",", "."]
ThousandsMark = Literal[",", ".", " ", "'", ""]
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_REMEDY = 'say in the mapping how numbers are plain, such as numbers: {decimal: ",", thousands: "."}'


class Marks(NamedTuple):
    """The signs within numbers: before the decimals, and between groups of three digits."""

    decimal: str
    thousands: str


Reader = Callable[[str], Decimal]


def number_reader(marks: Marks | None) -> Reader:
    """A function from text to its number; it raises ValueError with a sentence for the reader of the report.

    Without ``marks`` only digits and a decimal point are read, and not ``150.000``, which Vietnamese systems write for
    150000. Cells that hold a number in the file itself are that number.
    """
    if marks is None:
        return _read_plain
    thousands, decimal = re.escape(marks.thousands), re.escape(marks.decimal)
    grouped = rf"[0-9]{{1,3}}({thousands}[0-9]{{3}})+|" if thousands else ""
    pattern = re.compile(rf"[+-]?({grouped}[0-9]+)({decimal}[0-9]+)?")

    def read(text: str) -> Decimal:
        plain = _with_minus(text)
        if isinstance(text, Number):
            return Decimal(text)
        if pattern.fullmatch(plain) is None:
            such = f"such as 1{marks.thousands}234{marks.decimal}5"
            raise ValueError(f"{text[:60]!r} is no number with the mapping's marks, {such}")
        bare = plain.replace(marks.thousands, "") if marks.thousands else plain
        return Decimal(bare.replace(marks.decimal, "."))

    return read


def _read_plain(text: str) -> Decimal:
    plain = _with_minus(text)
    if isinstance(text, Number):
        return Decimal(text)
    if _EITHER.fullmatch(plain):
        raise ValueError(f"{text!r} may mean {plain.replace('.', '')} or {plain.rstrip('0').rstrip('.')}; {_REMEDY}")
    if _PLAIN.fullmatch(plain) is None:
        raise ValueError(f"{text[:60]!r} is no number in plain digits; {_REMEDY}")
    return Decimal(plain)


def _with_minus(text: str) -> str:
    return text.replace("\N{MINUS SIGN}", "-")
