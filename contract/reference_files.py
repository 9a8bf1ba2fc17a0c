"""Reference data as CSV files, and the events that their lines become.

A file begins with comment lines, one of which is ``# as of: <RFC 3339>``, the instant of the statements below; then
the line of column names. An empty cell is a value not given. Every wrong line is reported, with its number.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from contract.events import decode, derived_id
from contract.refusals import Refusal

FILES = ("units.csv", "calendar.csv", "procedures.csv", "targets.csv", "tablets.csv")
"""The files of a folder, in the order in which their events are sent: what is referred to comes first."""

_AS_OF = re.compile(r"^#\s*as of:\s*(\S+)\s*$")
_SESSION = re.compile(r"^(\d\d:\d\d)-(\d\d:\d\d)$")


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong line of a file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        """``units.csv:12: …``, the form that editors jump to."""
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(slots=True)
class Parsed:
    """The events of a folder in sending order, CloudEvents as plain dicts, and every fault found."""

    events: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int
    as_of: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Built:
    row: _Row
    event: dict[str, Any]


class _CellError(ValueError):
    """A cell that cannot be read; the text names its column."""


def _whole(text: str) -> int:
    return int(text)


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text]


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "term": (_whole, "a whole number"),
    "service_level": (_whole, "a whole number"),
    "fee_vnd": (_whole, "a whole number of đồng"),
    "annual_volume": (_whole, "a whole number"),
    "value": (float, "a number"),
    "full_online_eligible": (_truth, "true or false"),
    "has_fee": (_truth, "true or false"),
    "requires_result": (_truth, "true or false"),
}

_REQUIRED = {
    "units.csv": {"code", "name_vi", "name_en", "level", "parent", "valid_from"},
    "calendar.csv": {"calendar", "kind", "date_from", "date_to", "weekdays", "sessions"},
    "procedures.csv": {"code", "name_vi"},
    "targets.csv": {"indicator", "unit", "op", "value", "valid_from", "source"},
    "tablets.csv": {"device", "unit"},
}
_OPTIONAL = {
    "units.csv": {"valid_to", "calendar", "ward_code"},
    "calendar.csv": {"name_vi", "name_en", "unit"},
    "procedures.csv": {
        *{"name_en", "field", "level", "term", "term_unit", "count_mode", "deadline_rule", "supplement_policy"},
        *{"service_level", "full_online_eligible", "has_fee", "fee_vnd", "requires_result", "annual_volume"},
        *{"term_source", "effective_date", "decision_date", "unit"},
    },
    "targets.csv": {"valid_to"},
    "tablets.csv": {"counter", "kiosk", "name"},
}


def parse(files: Mapping[str, str], source: str, token_sha256: Callable[[str], str]) -> Parsed:
    """The events of these files (name → text), ready to send, or everything that is wrong with them.

    ``source`` becomes the events' source; ``token_sha256`` gives a device's token hash. An event's id follows from its
    content alone, so that loading the same lines again changes nothing.
    """
    parsed = Parsed(
        [],
        [
            Fault(name, 1, f"no file of this name is known; known: {', '.join(FILES)}")
            for name in sorted(set(files) - set(FILES))
        ],
    )
    built: list[_Built] = []
    root = ""
    for name in FILES:
        if name not in files:
            continue
        rows = list(_rows(name, files[name], parsed.faults))
        if name == "units.csv":
            rows = _parents_first(rows, parsed.faults)
            root = next((row.cells["code"] for row in rows if not row.cells.get("parent")), "")
        if name == "calendar.csv":
            built += _built(_calendar_days(rows, root, parsed.faults), source, parsed.faults)
        else:
            built += _built(_facts(name, rows, root, token_sha256, parsed.faults), source, parsed.faults)
    parsed.faults += _twice(built)
    if "units.csv" in files:
        parsed.faults += _dangling(built)
    parsed.faults.sort(key=lambda fault: (FILES.index(fault.file) if fault.file in FILES else -1, fault.line))
    parsed.events = [] if parsed.faults else [item.event for item in built]
    return parsed


def _rows(name: str, text: str, faults: list[Fault]) -> Iterator[_Row]:
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    n_comments = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    as_of = next((found[1] for line in lines[:n_comments] if (found := _AS_OF.match(line.rstrip()))), None)
    if as_of is None or not _is_instant(as_of):
        faults.append(
            Fault(name, 1, "a comment line '# as of: 2026-01-01T00:00:00+07:00' must come before the columns")
        )
        as_of = ""
    table = csv.reader(lines[n_comments:], strict=True)
    try:
        columns = [column.strip() for column in next(table, [])]
        missing = _REQUIRED[name] - set(columns)
        unknown = set(columns) - _REQUIRED[name] - _OPTIONAL[name]
        if missing or unknown or len(set(columns)) < len(columns):
            told = [f"missing: {', '.join(sorted(missing))}"] if missing else []
            told += [f"unknown: {', '.join(sorted(unknown))}"] if unknown else []
            faults.append(Fault(name, n_comments + 1, f"columns {'; '.join(told) or 'named twice'}"))
            return
        for cells in table:
            line = n_comments + table.line_num
            if not any(cells):
                continue
            if len(cells) != len(columns):
                faults.append(Fault(name, line, f"{len(cells)} cells, but {len(columns)} columns"))
                continue
            if as_of:
                given = {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if cell.strip()}
                yield _Row(name, line, as_of, given)
    except csv.Error as error:
        faults.append(Fault(name, n_comments + table.line_num, f"not CSV: {error}"))


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _parents_first(rows: list[_Row], faults: list[Fault]) -> list[_Row]:
    parents = {row.cells.get("code"): row.cells.get("parent") for row in rows}
    depths: list[int] = []
    for row in rows:
        code, depth = row.cells.get("code"), 0
        while code and depth <= len(rows):
            code, depth = parents.get(code), depth + 1
        if depth > len(rows):
            faults.append(Fault(row.file, row.line, f"parent: {row.cells.get('code')!r} is above itself"))
        depths.append(depth)
    return [row for _, row in sorted(zip(depths, rows, strict=True), key=lambda pair: pair[0])]


_Fact = tuple[_Row, str, str, dict[str, Any]]


def _facts(
    name: str, rows: list[_Row], root: str, token_sha256: Callable[[str], str], faults: list[Fault]
) -> Iterator[_Fact]:
    for row in rows:
        try:
            data = {column: _read(column, text) for column, text in row.cells.items()}
            match name:
                case "units.csv":
                    data["unit"] = code = _needed(data, "code")
                    del data["code"]
                    yield row, "unit.defined", code, data
                case "procedures.csv":
                    code = _needed(data, "code")
                    del data["code"]
                    yield row, "procedure.published", code, {"unit": root, **data}
                case "targets.csv":
                    subject = f"{_needed(data, 'unit')}/{_needed(data, 'indicator')}"
                    yield row, "target.defined", subject, data
                case _:
                    device = _needed(data, "device")
                    del data["device"]
                    yield row, "device.paired", device, {**data, "token_sha256": token_sha256(device)}
        except _CellError as error:
            faults.append(Fault(row.file, row.line, str(error)))


def _read(column: str, text: str) -> Any:
    reader, wanted = _READERS.get(column, (str, ""))
    try:
        return reader(text)
    except (ValueError, KeyError) as error:
        raise _CellError(f"{column}: {text!r} is not {wanted}") from error


def _needed(data: Mapping[str, Any], column: str) -> str:
    if column not in data:
        raise _CellError(f"{column}: is empty")
    return str(data[column])


def _calendar_days(rows: list[_Row], root: str, faults: list[Fault]) -> Iterator[_Fact]:
    days: dict[tuple[str, date], tuple[_Row, list[list[str]]]] = {}
    for row in rows:
        try:
            calendar, kind = _needed(row.cells, "calendar"), _needed(row.cells, "kind")
            first, last = _day(row, "date_from"), _day(row, "date_to")
            if kind not in ("week", "off", "work"):
                raise _CellError(f"kind: {kind!r} is not week, off or work")
            if last < first:
                raise _CellError(f"date_to: {last} is before date_from")
            weekdays = _weekdays(row) if kind == "week" else range(1, 8)
            sessions = [] if kind == "off" else _sessions(row)
        except _CellError as error:
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
        yield row, "calendar.day_defined", f"{calendar}/{day}", data


def _day(row: _Row, column: str) -> date:
    try:
        return date.fromisoformat(_needed(row.cells, column))
    except _CellError:
        raise
    except ValueError as error:
        raise _CellError(f"{column}: {row.cells[column]!r} is no date YYYY-MM-DD") from error


def _weekdays(row: _Row) -> range:
    found = re.fullmatch(r"([1-7])-([1-7])", _needed(row.cells, "weekdays"))
    if not found:
        raise _CellError(f"weekdays: {row.cells['weekdays']!r} is not like 1-5 (1 = Monday)")
    return range(int(found[1]), int(found[2]) + 1)


def _sessions(row: _Row) -> list[list[str]]:
    told: list[list[str]] = []
    for part in _needed(row.cells, "sessions").split():
        found = _SESSION.match(part)
        try:
            opens, closes = (time.fromisoformat(clock) for clock in found.groups()) if found else (time(), time())
        except ValueError:
            opens = closes = time()
        if closes <= opens or (told and part < told[-1][1]):
            raise _CellError(f"sessions: {row.cells['sessions']!r} is not like 08:00-12:00 13:00-17:00, in order")
        told.append([opens.isoformat(), closes.isoformat()])
    return told


def _built(facts: Iterator[_Fact], source: str, faults: list[Fault]) -> Iterator[_Built]:
    for row, kind, subject, data in facts:
        event: dict[str, Any] = {"specversion": "1.0", "type": kind, "source": source}
        event |= {"time": row.as_of, "subject": subject, "data": data}
        event["id"] = str(derived_id("reference", json.dumps(event, sort_keys=True, ensure_ascii=False)))
        found = decode(json.dumps(event, ensure_ascii=False).encode())
        if isinstance(found, Refusal):
            faults.append(Fault(row.file, row.line, found.detail))
        elif (until := data.get("valid_to")) and until < data["valid_from"]:
            faults.append(Fault(row.file, row.line, f"valid_to: {until} is before valid_from"))
        else:
            yield _Built(row, event)


def _twice(built: list[_Built]) -> Iterator[Fault]:
    first: dict[tuple[str, str, str], int] = {}
    for item in built:
        key = (item.event["type"], item.event["subject"], item.event["data"].get("valid_from", ""))
        if key in first:
            message = f"{item.event['subject']} was told already in line {first[key]}"
            yield Fault(item.row.file, item.row.line, message)
        first.setdefault(key, item.row.line)


def _dangling(built: list[_Built]) -> Iterator[Fault]:
    units = {item.event["subject"] for item in built if item.event["type"] == "unit.defined"}
    calendars = {item.event["data"]["calendar"] for item in built if item.event["type"] == "calendar.day_defined"}
    for item in built:
        data = item.event["data"]
        for column in ("unit", "parent", "counter"):
            if column in data and data[column] not in units:
                yield Fault(item.row.file, item.row.line, f"{column}: {data[column]!r} is not among the units")
        if item.event["type"] == "unit.defined" and calendars and data.get("calendar", None) not in {None, *calendars}:
            yield Fault(item.row.file, item.row.line, f"calendar: {data['calendar']!r} is not in calendar.csv")
