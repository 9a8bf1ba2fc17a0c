"""Reference data: CSV files, and the events made from their lines.

A file begins with comment lines, one of which is ``# as of: <RFC 3339>``, the time of its facts; then follows the line
of column names. An empty cell is a missing value. Every wrong line is reported with its number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from contract.events.envelope import decode, derived_id, new_event
from contract.events.reference import CONFIGURED_FIELDS
from contract.events.refusals import Refusal
from contract.reference import aliases
from contract.reference.calendar import calendar_days, calendar_zones
from contract.reference.procedure_codes import plain_code
from contract.reference.rows import CellError, Fault, Row, needed
from contract.reference.rows import rows as read_rows

FILES = (
    *("units.csv", "calendar.csv", "procedures.csv", "targets.csv", "tablets.csv", "points.csv", "aliases.csv"),
    "configurations.csv",
)
"""The files of a folder, in sending order: facts come before those that refer to them."""


def columns() -> dict[str, tuple[list[str], list[str]]]:
    """The required and the optional columns of each file, by its name."""
    return {name: (sorted(_REQUIRED[name]), sorted(_OPTIONAL[name])) for name in FILES}


@dataclass(slots=True)
class Parsed:
    """The events of a folder in sending order, as dicts, and all faults."""

    events: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _BuiltEvent:
    row: Row
    event: dict[str, Any]


def _number(text: str) -> float:
    if not isfinite(value := float(text)):
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    # Table programs write TRUE.
    return {"true": True, "false": False}[text.lower()]


def _cutoffs(text: str) -> list[dict[str, str | None]]:
    cutoffs = [(day, hour) for day, _, hour in (part.partition("/") for part in text.split())]
    if not all(hour for _, hour in cutoffs):
        raise ValueError(text)
    return [{"valid_from": day, "at": None if hour == "none" else hour} for day, hour in cutoffs]


_BOOLEANS = (
    *("full_online_eligible", "has_fee", "requires_result", "parts_complete", "online_payment", "restructured"),
    *("posted", "digitisation_workflow", "e_certified_copy", "mirrored", "large_text", "follow_up"),
)
_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "term": (int, "a whole number"),
    "service_level": (int, "a whole number"),
    "fee_vnd": (int, "a whole number of đồng"),
    "annual_volume": (int, "a whole number"),
    "value": (_number, "a number"),
    **dict.fromkeys(_BOOLEANS, (_boolean, "true or false")),
    "cutoffs": (_cutoffs, "like 2024-07-01/15:00 2026-03-01/none"),
    "results_in_force": (int, "a whole number"),
    "results_digitised": (int, "a whole number"),
    "faces": (int, "a whole number"),
    "idle_s": (int, "a whole number of seconds"),
    "languages": (str.split, "codes of languages with spaces between"),
}

_REQUIRED = {
    "units.csv": {"code", "name_vi", "name_en", "level", "parent", "valid_from"},
    "calendar.csv": {"calendar", "kind", "date_from", "date_to", "weekdays", "sessions"},
    "procedures.csv": {"code", "name_vi"},
    "targets.csv": {"indicator", "unit", "op", "value", "valid_from", "source"},
    "tablets.csv": {"device", "unit"},
    "points.csv": {"unit"},
    "aliases.csv": {"alias", "unit", "valid_from"},
    "configurations.csv": {"scope", "unit"},
}
_OPTIONAL = {
    "units.csv": {"valid_to", "calendar", "ward_code"},
    "calendar.csv": {"name_vi", "name_en", "unit", "zone"},
    "procedures.csv": {
        *{"name_en", "field", "level", "term", "term_unit", "count_mode", "deadline_rule", "supplement_policy"},
        *{"service_level", "full_online_eligible", "has_fee", "fee_vnd", "requires_result", "annual_volume"},
        *{"parts_complete", "linked_service", "online_payment", "restructured"},
        *{"at_desk", "posted", "cutoffs", "term_source", "effective_date", "decision_date", "public_date", "unit"},
    },
    "targets.csv": {"valid_to"},
    "tablets.csv": {"counter", "kiosk", "name"},
    "points.csv": {"digitisation_workflow", "e_certified_copy", "results_in_force", "results_digitised"},
    "aliases.csv": {"valid_to", "source"},
    "configurations.csv": {"device", *CONFIGURED_FIELDS},
}


def parse(files: Mapping[str, str], source: str, token_sha256: Callable[[str], str]) -> Parsed:
    """Parses the files (name → text) into events ready to send, or collects all their faults.

    ``source`` becomes the events' source; ``token_sha256`` gives a device's token hash. An event's id follows from its
    content alone, so that loading the same lines again changes nothing.
    """
    unknown = f"no file of this name is known; known: {', '.join(FILES)}"
    parsed = Parsed([], [Fault(name, 1, unknown) for name in sorted(set(files) - set(FILES))])
    built: list[_BuiltEvent] = []
    codes: set[str] = set()
    root = ""
    for name in FILES:
        if name not in files:
            continue
        rows = list(read_rows(name, files[name], _REQUIRED[name], _OPTIONAL[name], parsed.faults))
        if name == "units.csv":
            rows = _sort_parents_first(rows, parsed.faults)
            codes = {row.cells.get("code", "") for row in rows}
            root = next((row.cells.get("code", "") for row in rows if "parent" not in row.cells), "")
        if name == "calendar.csv":
            built += _build_events(_read_days(rows, root, parsed.faults), source, parsed.faults)
        else:
            built += _build_events(_read_facts(name, rows, root, token_sha256, parsed.faults), source, parsed.faults)
    parsed.faults += _find_repeated(built)
    parsed.faults += _find_ambiguous_aliases(built, codes)
    if codes:
        parsed.faults += _find_dangling_references(built, codes)
    parsed.faults.sort(key=lambda fault: (FILES.index(fault.file) if fault.file in FILES else -1, fault.line))
    parsed.events = [] if parsed.faults else [item.event for item in built]
    return parsed


def _sort_parents_first(rows: list[Row], faults: list[Fault]) -> list[Row]:
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


_Fact = tuple[Row, str, str, dict[str, Any]]


def _read_facts(
    name: str, rows: list[Row], root: str, token_sha256: Callable[[str], str], faults: list[Fault]
) -> Iterator[_Fact]:
    for row in rows:
        try:
            data = {column: _read(column, text) for column, text in row.cells.items()}
            match name:
                case "units.csv":
                    data["unit"] = code = needed(data, "code")
                    del data["code"]
                    yield row, "unit.defined", code, data
                case "procedures.csv":
                    code = plain_code(needed(data, "code"))
                    del data["code"]
                    yield row, "procedure.published", code, {"unit": root, **data}
                case "targets.csv":
                    subject = f"{needed(data, 'unit')}/{needed(data, 'indicator')}"
                    yield row, "target.defined", subject, data
                case "points.csv":
                    yield row, "point.capability", needed(data, "unit"), data
                case "aliases.csv":
                    alias = needed(data, "alias")
                    del data["alias"]
                    yield row, "alias.defined", alias, data
                case "configurations.csv":
                    scope = needed(data, "scope")
                    del data["scope"]
                    yield row, "device.configured", scope, data
                case _:
                    device = needed(data, "device")
                    del data["device"]
                    yield row, "device.paired", device, {**data, "token_sha256": token_sha256(device)}
        except CellError as error:
            faults.append(Fault(row.file, row.line, str(error)))


def _read(column: str, text: str) -> Any:
    reader, wanted = _READERS.get(column, (str, ""))
    try:
        return reader(text)
    except (ValueError, KeyError) as error:
        raise CellError(f"{column}: {text!r} is not {wanted}") from error


def _read_days(rows: list[Row], root: str, faults: list[Fault]) -> Iterator[_Fact]:
    for row, calendar, zone in calendar_zones(rows, root, faults):
        yield row, "calendar.defined", calendar, zone
    for row, data in calendar_days(rows, root, faults):
        yield row, "calendar.day_defined", f"{data['calendar']}/{data['date']}", data


def with_own_id(event: dict[str, Any]) -> dict[str, Any]:
    """The event with an id derived from all its other fields."""
    rest = {name: value for name, value in event.items() if name != "id"}
    return rest | {"id": derived_id("reference", json.dumps(rest, sort_keys=True, ensure_ascii=False))}


def _build_events(facts: Iterator[_Fact], source: str, faults: list[Fault]) -> Iterator[_BuiltEvent]:
    for row, kind, subject, data in facts:
        event = with_own_id(new_event(kind, subject, data, source=source, time=row.as_of))
        decoded = decode(json.dumps(event, ensure_ascii=False).encode())
        if isinstance(decoded, Refusal):
            faults.append(Fault(row.file, row.line, decoded.detail))
        elif (until := data.get("valid_to")) and until < data["valid_from"]:
            faults.append(Fault(row.file, row.line, f"valid_to: {until} is before valid_from"))
        else:
            yield _BuiltEvent(row, event)


def _find_repeated(built: list[_BuiltEvent]) -> Iterator[Fault]:
    first: dict[tuple[str, str, str], int] = {}
    for item in built:
        key = (item.event["type"], item.event["subject"], item.event["data"].get("valid_from", ""))
        if key in first:
            message = f"{item.event['subject']} was told already in line {first[key]}"
            yield Fault(item.row.file, item.row.line, message)
        first.setdefault(key, item.row.line)


def _find_ambiguous_aliases(built: list[_BuiltEvent], units: set[str]) -> Iterator[Fault]:
    named = [item for item in built if item.event["type"] == aliases.KIND]
    rows = {item.row.line: item for item in named}
    meanings = ((item.row.line, item.event["subject"], aliases.meaning_of(item.event["data"])) for item in named)
    for line, first, other in aliases.clashes(meanings):
        alias = rows[line].event["subject"]
        message = f"alias: {alias!r} means {other.unit!r} in line {first} on the same days"
        yield Fault(rows[line].row.file, line, message)
    for item in named:
        if item.event["subject"] in units:
            yield Fault(item.row.file, item.row.line, f"alias: {item.event['subject']!r} is the code of a unit")


def _find_dangling_references(built: list[_BuiltEvent], units: set[str]) -> Iterator[Fault]:
    calendars = {item.event["data"]["calendar"] for item in built if item.event["type"] == "calendar.day_defined"}
    calendars |= {item.event["subject"] for item in built if item.event["type"] == "calendar.defined"}
    for item in built:
        data = item.event["data"]
        for column in ("unit", "parent", "counter"):
            if column in data and data[column] not in units:
                yield Fault(item.row.file, item.row.line, f"{column}: {data[column]!r} is not among the units")
        if item.event["type"] == "unit.defined" and calendars and data.get("calendar", None) not in {None, *calendars}:
            yield Fault(item.row.file, item.row.line, f"calendar: {data['calendar']!r} is not in calendar.csv")
