"""The calendar file expanded to zones and days; later lines override earlier ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from contract.reference.rows import CellError, Fault, Row, needed

_SESSION = re.compile(r"^(\d\d:\d\d)-(\d\d:\d\d)$")


def calendar_zones(rows: list[Row], root: str, faults: list[Fault]) -> Iterator[tuple[Row, str, dict[str, Any]]]:
    """The lines of kind ``zone``: for each its row, its calendar, and the data of its event."""
    for row in rows:
        if row.cells.get("kind") == "zone":
            try:
                calendar, zone = needed(row.cells, "calendar"), needed(row.cells, "zone")
            except CellError as error:
                faults.append(Fault(row.file, row.line, str(error)))
                continue
            yield row, calendar, {"unit": row.cells.get("unit", root), "zone": zone}
        elif "zone" in row.cells:
            faults.append(Fault(row.file, row.line, "zone: is for a line of the kind zone"))


def calendar_days(rows: list[Row], root: str, faults: list[Fault]) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Every day that the rows cover, with the row that decided it and the data of its event.

    ``root`` is the unit of a calendar whose rows name none. Rows that cannot be read are added to ``faults``.
    """
    days: dict[tuple[str, date], tuple[Row, list[list[str]]]] = {}
    for row in rows:
        try:
            calendar, kind = needed(row.cells, "calendar"), needed(row.cells, "kind")
            if kind == "zone":
                continue
            first, last = _day(row, "date_from"), _day(row, "date_to")
            if kind not in ("week", "off", "work"):
                raise CellError(f"kind: {kind!r} is not week, off, work or zone")
            if last < first:
                raise CellError(f"date_to: {last} is before date_from")
            weekdays = _weekdays(row) if kind == "week" else range(1, 8)
            sessions = [] if kind == "off" else _sessions(row)
        except CellError as error:
            faults.append(Fault(row.file, row.line, str(error)))
            continue
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            if day.isoweekday() in weekdays:
                days[calendar, day] = (row, sessions)
            else:
                days.setdefault((calendar, day), (row, []))
    for (calendar, day), (row, sessions) in sorted(days.items(), key=lambda item: item[0]):
        names = {column: text for column, text in row.cells.items() if column.startswith("name_")}
        data: dict[str, Any] = {
            "unit": row.cells.get("unit", root),
            "calendar": calendar,
            "date": day.isoformat(),
            "sessions": sessions,
            **names,
        }
        yield row, data


def _day(row: Row, column: str) -> date:
    try:
        return date.fromisoformat(needed(row.cells, column))
    except CellError:
        raise
    except ValueError as error:
        raise CellError(f"{column}: {row.cells[column]!r} is no date YYYY-MM-DD") from error


def _weekdays(row: Row) -> range:
    match = re.fullmatch(r"([1-7])-([1-7])", needed(row.cells, "weekdays"))
    if not match:
        raise CellError(f"weekdays: {row.cells['weekdays']!r} is not like 1-5 (1 = Monday)")
    return range(int(match[1]), int(match[2]) + 1)


def _sessions(row: Row) -> list[list[str]]:
    sessions: list[list[str]] = []
    for part in needed(row.cells, "sessions").split():
        match = _SESSION.match(part)
        try:
            opens, closes = (time.fromisoformat(clock) for clock in match.groups()) if match else (time(), time())
        except ValueError:
            opens = closes = time()
        if closes <= opens or (sessions and part < sessions[-1][1]):
            raise CellError(f"sessions: {row.cells['sessions']!r} is not like 08:00-12:00 13:00-17:00, in order")
        sessions.append([opens.isoformat(), closes.isoformat()])
    return sessions
