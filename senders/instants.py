"""Instants as exports write them → UTC as events carry them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from senders.rows import Cell
from senders.rules import TimeRules

_DATE_ONLY = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_CLOCK_DIRECTIVES = ("%H", "%I", "%c", "%X", "%s")
_NUMBERS = {"%Y": r"(\d{4})", **dict.fromkeys(("%m", "%d", "%H", "%I", "%M", "%S"), r"(\d\d?)"), "%p": "([AaPp][Mm])"}
_AFTERNOON = frozenset({"PM", "pm", "Pm", "pM"})
_LAST_MOMENT = time(23, 59, 59)
_NO_TIME = timedelta()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED = 1 << 12

Reader = Callable[[str], datetime | date]


def instant_reader(rules: TimeRules, date_only: str = "start") -> Callable[[Cell], str]:
    """A function from a cell to RFC 3339 in UTC; it raises ValueError with a sentence for the reader of the report.

    A day without an hour is its first second, or its last when ``date_only`` is ``end``. Local hours that occur
    twice are the first of the two; hours that a clock change leaves out are read with the offset before it.
    """
    zone = ZoneInfo(rules.zone)
    readers = [_reader(name) for name in rules.formats]
    expected = " or ".join(rules.formats)
    clock = _LAST_MOMENT if date_only == "end" else time()

    def in_utc(found: datetime | date) -> str:
        moment = found if isinstance(found, datetime) else datetime.combine(found, clock)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)
        # Less than half the time of astimezone(UTC).isoformat(), which says the same.
        offset = aware.utcoffset() or _NO_TIME
        return f"{(moment.replace(tzinfo=None) - offset).isoformat()}+00:00"

    @lru_cache(_REMEMBERED)
    def of_text(text: str) -> str:
        stripped = text.strip()
        for read in readers:
            try:
                return in_utc(read(stripped))
            except (ValueError, OverflowError):
                continue
        raise ValueError(f"{stripped[:60]!r} is no time of the form {expected}")

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


def _reader(name: str) -> Reader:
    if name == "iso8601":
        return _iso
    if name in ("epoch_s", "epoch_ms"):
        scale = 1 if name == "epoch_s" else 1000
        return lambda text: _EPOCH + timedelta(seconds=float(text) / scale)
    directives = re.findall("%.", name)
    if {"%Y", "%m", "%d"} <= set(directives) <= _NUMBERS.keys() and len(directives) == len(set(directives)):
        return _numbers_reader(name)
    if any(directive in name for directive in _CLOCK_DIRECTIVES):
        return lambda text: datetime.strptime(text, name)  # noqa: DTZ007 - the mapping's zone is added afterwards
    return lambda text: datetime.strptime(text, name).date()  # noqa: DTZ007 - as above


def _iso(text: str) -> datetime | date:
    return date.fromisoformat(text) if _DATE_ONLY.fullmatch(text) else datetime.fromisoformat(text)


def _numbers_reader(name: str) -> Reader:
    """``datetime.strptime`` for patterns of numbers alone, at a fifth of its time."""
    parts = re.findall("%.|[^%]+", name)
    # What the pattern lacks is an empty group behind it, so that every number has its place.
    absent = [part for part in _NUMBERS if part not in parts]
    pattern = re.compile("".join(_NUMBERS.get(part) or re.escape(part) for part in parts) + "()" * len(absent))
    order = [part for part in parts if part in _NUMBERS] + absent
    year, month, day, hour24, hour12, minute, second, half = (order.index(part) for part in _NUMBERS)
    timed = not {"%H", "%I"} <= set(absent)

    def read(text: str) -> datetime | date:
        match = pattern.fullmatch(text)
        if match is None:
            raise ValueError(text)
        found = match.groups()
        if not timed:
            return date(int(found[year]), int(found[month]), int(found[day]))
        hour = int(found[hour24]) if found[hour24] else int(found[hour12]) % 12
        if found[half] in _AFTERNOON:
            hour = hour % 12 + 12
        return datetime(  # noqa: DTZ001 - the mapping's zone is added afterwards
            int(found[year]), int(found[month]), int(found[day]), hour, int(found[minute] or 0), int(found[second] or 0)
        )

    return read
