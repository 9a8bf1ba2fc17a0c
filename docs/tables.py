"""The tables of the documents, made from the code: ``python docs/tables.py`` rewrites them.

Each table stands between ``<!-- table: NAME -->`` and ``<!-- /table -->``; a test compares it with the one made here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY
from pydantic import SecretStr
from pydantic_core import PydanticUndefined
from typer.main import get_command

import runtime.telemetry  # noqa: F401 its import makes the metrics
from commands.main import app
from contract.events.envelope import EVENT_DATA
from contract.events.fields import EARLIEST, LATEST, Data
from contract.events.refusals import Reason
from contract.ratings.scales import LEVELS
from dashboards.api.app import ROUTES
from docs import indicators
from runtime.settings import Settings
from tests.faults.cases import CASES

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
    ROOT / "docs" / "faults.md",
    ROOT / "docs" / "indicators.md",
)
"""The documents that hold tables."""

PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- /table -->)", re.DOTALL)

REFUSALS: dict[Reason, str] = {
    Reason.NOT_UTF8: "The bytes are not UTF-8. Export the file again as UTF-8.",
    Reason.NOT_JSON: "The line is not a JSON object.",
    Reason.TOO_LARGE: "The event or the body is larger than its limit; send large bodies in parts.",
    Reason.MISSING_FIELD: "A required field is absent; the detail names it.",
    Reason.WRONG_TYPE: "A field has the wrong JSON type (text for a number, say).",
    Reason.INVALID_VALUE: "A field's value is not allowed; the detail says what is.",
    Reason.UNKNOWN_TYPE: "No event type has this name; [events](events.md) lists them.",
    Reason.UNKNOWN_UNIT: "No unit has this code. Load the units first, then send again.",
    Reason.SCORE_OUTSIDE_SCALE: "The score is not on the scale that the rating names.",
    Reason.TIME_IN_FUTURE: "`time` is over five minutes ahead of ingest's clock. Set the sender's clock right.",
    Reason.TIME_TOO_OLD: "`time` is before the year 2000, or older than a tablet may send; the detail says which.",
    Reason.ID_CONFLICT: "This `id` came before with other content. Give the new event a new `id`.",
    Reason.FORBIDDEN: "A tablet may send only taps and heartbeats of its own place; an import that was taken back may"
    " send nothing. The detail names the cause.",
    Reason.TOO_MANY: "A tablet sent more ratings of one minute or hour than people can tap. Look at that tablet.",
    Reason.NOT_JUDGED: "hailong itself failed on this line. The line is kept; report it, and go on.",
}


BOUNDS: dict[str, tuple[str, str]] = {
    "`time`": ("RFC 3339 with an offset; from 2000 to five minutes ahead of ingest's clock", "refused"),
    "any other instant": (
        f"RFC 3339 with an offset; {EARLIEST:%Y-%m-%d} to {LATEST - timedelta(days=1):%Y-%m-%d}",
        "refused",
    ),
    "a day of a calendar or of a procedure": ("the same years, `YYYY-MM-DD`", "refused"),
    "the first or last day of a validity": ("the years 1 to 9999, `YYYY-MM-DD`", "refused"),
    "sessions of a working day": ("at most 10, to the second, one after another, without an offset", "refused"),
    "a code, `subject`, `source`": (
        "1 to 100 visible characters (`source` 200); blanks only between them",
        "refused",
    ),
    "free text": ("2,000 characters; a comment 1,200", "longer ones refused"),
    "characters of free text": (
        "visible ones, tabs, line feeds, joiners; in composed letters (NFC)",
        "control characters and other line ends become blanks; marks of direction and invisible marks are removed",
    ),
    "a count": ("0 to 10^12", "refused"),
    "an amount in đồng": ("0 to 10^15", "refused"),
    "a term": ("1 to 100,000 hours or days", "refused"),
    "a target": ("-10^15 to 10^15", "refused"),
    "`reasons`, `answers`": ("10 codes; 100 answers, each within its scale", "refused"),
    "a field that the contract does not name": (
        "any JSON without NaN and Infinity; it is kept and never computed with",
        "—",
    ),
    "the event": ("`HAILONG_MAX_EVENT_BYTES`, as sent and as written out", "refused"),
}
"""By kind of field: the values that are admitted, and what happens to any other value."""


def with_tables(text: str) -> str:
    """Returns the document with every table rewritten; KeyError for the name of a table that does not exist."""
    return PLACE.sub(lambda match: match[1] + TABLES[match[2]]() + match[3], text)


def table_names(text: str) -> list[str]:
    """Names of the tables in a document."""
    return [match[2] for match in PLACE.finditer(text)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _commands() -> str:
    return _table(("command", "what it does"), sorted(_walk(get_command(app), "hailong")))


def _walk(command: Any, name: str) -> Iterator[tuple[str, str]]:
    if hasattr(command, "commands"):
        for child in command.commands.values():
            yield from _walk(child, f"{name} {child.name}")
        return
    parts = [name]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            parts.append(parameter.name.upper() if parameter.required else f"[{parameter.name.upper()}]")
        else:
            flag = parameter.opts[0] if parameter.is_flag else f"{parameter.opts[0]} {parameter.name.upper()}"
            parts.append(flag if parameter.required else f"[{flag}]")
    yield f"`{' '.join(parts)}`", (command.help or "").split("\n")[0]


def _settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = "" if default in ("", PydanticUndefined) else f"`{default}`"
        rows.append((f"`HAILONG_{name.upper()}`", shown, field.description or ""))
    return _table(("variable", "default", "meaning"), rows)


def _refusals() -> str:
    return _table(("reason", "meaning, and what to do"), [(f"`{reason}`", REFUSALS[reason]) for reason in Reason])


def _bounds() -> str:
    rows = [(field, bounds, outside) for field, (bounds, outside) in BOUNDS.items()]
    return _table(("field", "bounds", "outside them"), rows)


def _events() -> str:
    types: dict[type[Data], list[str]] = {}
    for name, model in EVENT_DATA.items():
        types.setdefault(model, []).append(name)
    rows = [
        (", ".join(f"`{name}`" for name in names), _fields(model, required=True), _fields(model, required=False))
        for model, names in types.items()
    ]
    return _table(("type", "required in `data`", "may be given"), rows)


def _fields(model: type[Data], *, required: bool) -> str:
    names = [name for name, field in model.model_fields.items() if field.is_required() == required]
    return ", ".join(f"`{name}`" for name in names) or "—"


def _scales() -> str:
    rows = [
        (f"`{scale}`", f"{levels.lowest} to {levels.highest}", str(levels.satisfied_from), str(levels.very_from or "—"))
        for scale, levels in LEVELS.items()
    ]
    return _table(("scale", "scores", "satisfied from", "very satisfied from"), rows)


def _metrics() -> str:
    rows = []
    for metric in REGISTRY.collect():
        if metric.name.startswith("hailong_"):
            name = f"{metric.name}_total" if metric.type == "counter" else metric.name
            rows.append((f"`{name}`", metric.type, metric.documentation))
    return _table(("metric", "kind", "meaning"), rows)


def _routes() -> str:
    rows = [(f"`{path.replace(':path', '')}`", _first_paragraph(route)) for path, route in ROUTES.items()]
    return _table(("question", "answer"), rows)


def _first_paragraph(route: Callable[..., Any]) -> str:
    return " ".join((route.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")


def _faults() -> str:
    return _table(("", "fault", "expected"), [(str(number), *case) for number, case in CASES.items()])


TABLES: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "settings": _settings,
    "bounds": _bounds,
    "rule_sets": indicators.rule_sets,
    "qd468": indicators.section("qd468"),
    "qd766": indicators.section("qd766"),
    "nd61_2018": indicators.section("nd61_2018"),
    "nd61_staff": indicators.section("nd61_staff"),
    "lateness": indicators.lateness,
    "formula_words": indicators.formula_words,
    "refusals": _refusals,
    "events": _events,
    "scales": _scales,
    "routes": _routes,
    "metrics": _metrics,
    "faults": _faults,
}


def main() -> None:
    """Rewrites every table of every document."""
    for path in DOCUMENTS:
        path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
