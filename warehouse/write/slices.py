"""Cuts stored events into slices of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple


class Slice(NamedTuple):
    """Events from day to day (UTC, both included) and from unit to unit (both included), about so many."""

    first_day: date
    last_day: date
    first_unit: str
    last_unit: str
    events: int


def cut(counts: Iterable[Sequence[Any]], most: int) -> list[Slice]:
    """Days and units with their numbers of events, in order, as slices of whole days or of units of one day.

    A slice has at most ``most`` events, but for one unit's single day, which is not cut.
    """
    slices: list[Slice] = []
    whole_days = False
    for day, rows in groupby(counts, itemgetter(0)):
        parts: list[Slice] = []
        for _, unit, events in rows:
            if parts and parts[-1].events + events <= most:
                parts[-1] = parts[-1]._replace(last_unit=unit, events=parts[-1].events + events)
            else:
                parts.append(Slice(day, day, unit, unit, events))
        if whole_days and len(parts) == 1 and slices[-1].events + parts[0].events <= most:
            slices[-1] = _together(slices[-1], parts[0])
        else:
            slices += parts
        whole_days = len(parts) == 1
    return slices


def _together(earlier: Slice, later: Slice) -> Slice:
    units = min(earlier.first_unit, later.first_unit), max(earlier.last_unit, later.last_unit)
    return Slice(earlier.first_day, later.last_day, *units, earlier.events + later.events)
