"""Instants as exports write them → UTC as events carry them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from sources.files.rows import Cell
from sources.mapping.rules import TimeRules

_DATE_ONLY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
    r"|[0-9]{8}T[0-9]{4}([0-9]{2}([.,][0-9]+)?)?)([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?",
    re.IGNORECASE,
)
"""ISO 8601 as RFC 3339 has it, and its basic form. Digits alone are none: they may be a number, or seconds."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CLOCK_DIRECTIVES = ("%H", "%I", "%c", "%X", "%s")
_HALVES = {"am": "AM", "sa": "AM", "sáng": "AM", "pm": "PM", "ch": "PM", "chiều": "PM"}
"""Halves of the day, as English and Vietnamese systems write them."""
_HALF = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(_HALVES)})(?![^\W\d_])", re.IGNORECASE)
_TWO_DIGITS = ("%m", "%d", "%H", "%I", "%M", "%S")
_NUMBERS = {"%Y": "([0-9]{4})", **dict.fromkeys(_TWO_DIGITS, "([0-9]{1,2})"), "%p": f"({_HALF.pattern})"}
_JOINED = re.compile("%[YymdHIMSfj]%[YymdHIMSfj]")
_LAST_MOMENT = time(23, 59, 59)
_NO_TIME = timedelta()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no zones; the mapping's is added afterwards
_FIRST_SERIAL = 61
"""1 March 1900; Excel's days before it are one off, for a 29 February that never was."""
_REMEMBERED = 1 << 12

Reader = Callable[[str], datetime | date | None]
"""Returns None or raises ValueError for a text that is not of the format."""


def instant_reader(rules: TimeRules, date_only: str = "start") -> Callable[[Cell], str]:
    """A function from a cell to RFC 3339 in UTC; it raises ValueError with a sentence for the reader of the report.

    A day without an hour is its first second, or its last when ``date_only`` is ``end``. Local hours that occur
    twice are the first of the two; hours that a clock change leaves out are read with the offset before it. A text
    that two of the formats read differently (5/11 or 11/5) is refused.
    """
    zone = ZoneInfo(rules.zone)
    readers = [(name, _reader(name)) for name in rules.formats]
    expected = " or ".join(rules.formats)
    clock = _LAST_MOMENT if date_only == "end" else time()

    def in_utc(local: datetime | date) -> str:
        moment = local if isinstance(local, datetime) else datetime.combine(local, clock)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)
        # Less than half the time of astimezone(UTC).isoformat(), which gives the same.
        offset = aware.utcoffset() or _NO_TIME
        return f"{(moment.replace(tzinfo=None) - offset).isoformat()}+00:00"

    @lru_cache(_REMEMBERED)
    def of_text(text: str) -> str:
        stripped = text.strip()
        first = first_format = None
        for name, read in readers:
            try:
                local = read(stripped)
                moment = None if local is None else in_utc(local)
            except (ValueError, OverflowError):
                continue
            if first is None:
                first, first_format = moment, name
            elif moment is not None and moment != first:
                either = f"{first} ({first_format}) or {moment} ({name})"
                raise ValueError(f"{stripped[:60]!r} may be {either}; name one of these formats in the mapping")
        if first is None:
            raise ValueError(f"{stripped[:60]!r} is no time of the form {expected}{_advice(stripped)}")
        return first

    def of_cell(cell: Cell) -> str:
        if isinstance(cell, str):
            return of_text(cell)
        if cell is None:
            raise ValueError("is empty")
        try:
            return in_utc(cell)
        except OverflowError as fault:
            raise ValueError(f"{cell.isoformat()} is out of range") from fault

    return of_cell


def _advice(text: str) -> str:
    """The remedy for a text of digits alone; empty for any other."""
    if not _NUMBER.fullmatch(text):
        return ""
    return "; for digits alone name their pattern, such as %Y%m%d%H%M%S, or excel_serial, epoch_s, epoch_ms"


def _reader(name: str) -> Reader:
    if name == "iso8601":
        return _iso
    if name in ("epoch_s", "epoch_ms"):
        scale = 1 if name == "epoch_s" else 1000
        return lambda text: _EPOCH + timedelta(seconds=_number(text) / scale)
    if name == "excel_serial":
        return _excel_serial
    directives = re.findall("%.", name)
    if "%I" in directives and "%p" not in directives:
        raise ValueError(f"time format {name!r}: %I needs %p, else 2:30 may be either half of the day")
    if {"%Y", "%m", "%d"} <= set(directives) <= _NUMBERS.keys() and len(directives) == len(set(directives)):
        return _numbers_reader(name)
    return _pattern_reader(name)


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return float(text)


def _excel_serial(text: str) -> datetime | date:
    serial = _number(text)
    if serial < _FIRST_SERIAL:
        raise ValueError(text)
    if serial.is_integer():
        return (_EXCEL_EPOCH + timedelta(days=serial)).date()
    # A serial holds about a millisecond.
    return _EXCEL_EPOCH + timedelta(milliseconds=round(serial * 86_400_000))


def _iso(text: str) -> datetime | date:
    if _DATE_ONLY.fullmatch(text):
        return date.fromisoformat(text)
    if _ISO.fullmatch(text) is None:
        raise ValueError(text)
    return datetime.fromisoformat(text.upper())


def _pattern_reader(name: str) -> Reader:
    """``datetime.strptime`` with Vietnamese halves of the day, which does not guess where joined digits part."""
    timed = any(directive in name for directive in _CLOCK_DIRECTIVES)
    joined = _JOINED.search(name) is not None

    def read(text: str) -> datetime | date:
        english = _HALF.sub(lambda half: _HALVES[half[0].lower()], text) if "%p" in name else text
        moment = datetime.strptime(english, name)  # noqa: DTZ007 - the mapping's zone is added afterwards
        if joined and moment.strftime(name).casefold() != english.casefold():
            raise ValueError(text)
        return moment if timed else moment.date()

    return read


def _numbers_reader(name: str) -> Reader:
    """As ``_pattern_reader`` for patterns of numbers alone, at a fifth of its time."""
    parts = re.findall("%.|[^%]+", name)
    # What the pattern lacks is an empty group behind it, so that every number has its place.
    absent = [part for part in _NUMBERS if part not in parts]
    # Where digits stand side by side, each number has all of its own.
    joined = {part for pair in pairwise(parts) if set(pair) <= _NUMBERS.keys() for part in pair}
    groups = {**_NUMBERS, **dict.fromkeys(joined.intersection(_TWO_DIGITS), "([0-9]{2})")}
    text_of = "".join(groups.get(part) or re.escape(part) for part in parts)
    pattern = re.compile(text_of + "()" * len(absent), re.IGNORECASE)
    order = [part for part in parts if part in _NUMBERS] + absent
    year, month, day, hour24, hour12, minute, second, half = (order.index(part) for part in _NUMBERS)
    timed = not {"%H", "%I"} <= set(absent)

    def read(text: str) -> datetime | date | None:
        match = pattern.fullmatch(text)
        if match is None:
            return None
        parts = match.groups()
        if not timed:
            return date(int(parts[year]), int(parts[month]), int(parts[day]))
        hour = int(parts[hour24] or parts[hour12])
        if parts[half]:
            hour = _of_day(hour, _HALVES[parts[half].lower()], twelve_hours=not parts[hour24])
        return datetime(  # noqa: DTZ001 - the mapping's zone is added afterwards
            int(parts[year]), int(parts[month]), int(parts[day]), hour, int(parts[minute] or 0), int(parts[second] or 0)
        )

    return read


def _of_day(hour: int, half: str, twelve_hours: bool) -> int:
    """The hour from 0 to 23. Raises ValueError for 14 SA and 0 CH, which are none."""
    if twelve_hours and not 1 <= hour <= 12:
        raise ValueError(f"hour {hour} of a clock of twelve")
    if hour > 12:
        if half == "AM":
            raise ValueError(f"hour {hour} before noon")
        return hour
    return hour % 12 + (12 if half == "PM" else 0)
