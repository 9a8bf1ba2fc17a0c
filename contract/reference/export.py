"""Reference events written back as CSV files, to be read, changed and loaded again. Pure.

Each line is the newest fact on its subject; abolished and revoked ones are left out. A calendar has a line per day.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from contract.reference.files import FILES, columns

ENDS = {"procedure.abolished": "procedure.published", "device.revoked": "device.paired"}
"""Event types that end facts of another type."""
SAME = {"procedure.updated": "procedure.published"}
FILE_OF = {
    "unit.defined": "units.csv",
    "calendar.defined": "calendar.csv",
    "calendar.day_defined": "calendar.csv",
    "procedure.published": "procedures.csv",
    "target.defined": "targets.csv",
    "device.paired": "tablets.csv",
    "point.capability": "points.csv",
    "alias.defined": "aliases.csv",
    "device.configured": "configurations.csv",
}
SUBJECT_IN = {
    "units.csv": "code",
    "procedures.csv": "code",
    "tablets.csv": "device",
    "aliases.csv": "alias",
    "configurations.csv": "scope",
}
"""The column that holds the event's subject."""


def texts(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The files by name; those without a line are left out. Loading them again gives the same facts."""
    rows: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    newest_time: dict[str, str] = {}
    for event in _newest(events):
        name = FILE_OF[event["type"]]
        rows[name].append(_cells(name, event))
        newest_time[name] = max(newest_time.get(name, event["time"]), event["time"], key=_instant)
    return {name: _text(name, rows[name], newest_time[name]) for name in FILES if name in rows}


def _newest(events: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The newest fact on each subject and day of effect; for points all capabilities merged."""
    newest: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for event in sorted(events, key=lambda event: (_instant(event["time"]), event["id"])):
        kind = SAME.get(event["type"], event["type"])
        key = fact_key(event)
        if kind in ENDS:
            newest.pop(key, None)
        elif kind in FILE_OF:
            before = newest[key]["data"] if kind == "point.capability" and key in newest else {}
            newest[key] = {**event, "type": kind, "data": {**before, **event["data"]}}
    yield from (newest[key] for key in sorted(newest))


def fact_key(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """Type, subject and day of effect of a reference fact; of two facts with one key the newer holds."""
    kind = SAME.get(event["type"], event["type"])
    return ENDS.get(kind, kind), event["subject"], event["data"].get("valid_from", "")


def _cells(name: str, event: Mapping[str, Any]) -> dict[str, str]:
    data = dict(event["data"])
    if name in SUBJECT_IN:
        data[SUBJECT_IN[name]] = event["subject"]
    if event["type"] == "calendar.defined":
        data |= {"calendar": event["subject"], "kind": "zone"}
    elif name == "calendar.csv":
        hours = " ".join(f"{opens[:5]}-{closes[:5]}" for opens, closes in data["sessions"])
        data |= {
            "kind": "work" if hours else "off",
            "date_from": data["date"],
            "date_to": data["date"],
            "sessions": hours,
        }
    required, further = columns()[name]
    return {column: _cell(data[column]) for column in (*required, *further) if data.get(column) is not None}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " ".join(part if isinstance(part, str) else _cutoff(part) for part in value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _text(name: str, rows: list[dict[str, str]], as_of: str) -> str:
    required, further = columns()[name]
    used = {column for row in rows for column in row}
    file = io.StringIO()
    file.write(f"# as of: {as_of}\n")
    # csv quotes only its own line end; a cell with a carriage return would become two lines.
    quoting: Literal[0, 1] = (
        csv.QUOTE_ALL if any("\r" in cell for row in rows for cell in row.values()) else csv.QUOTE_MINIMAL
    )
    columns_used = [*required, *(column for column in further if column in used)]
    table = csv.DictWriter(file, columns_used, lineterminator="\n", quoting=quoting)
    table.writeheader()
    table.writerows(rows)
    return file.getvalue()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _cutoff(cutoff: dict[str, str]) -> str:
    return f"{cutoff['valid_from']}/{cutoff.get('at') or 'none'}"
