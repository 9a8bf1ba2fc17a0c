"""Checks the time forms of a mapping: each must read the example that it writes itself."""

from __future__ import annotations

from datetime import UTC, datetime

from sources.compiled.instants import instant_reader
from sources.mapping.rules import TimeRules

NAMED = ("iso8601", "epoch_s", "epoch_ms", "excel_serial")
_EXAMPLE = datetime(2026, 11, 25, 14, 35, 47, tzinfo=UTC)
_CLOCK = ("%H", "%I", "%c", "%X", "%s")


def readable(rules: TimeRules) -> TimeRules:
    """The same rules; ValueError with the pattern and a better one where a pattern would refuse every row."""
    for form in rules.formats:
        fault = None if form in NAMED else _fault(form)
        if fault:
            raise ValueError(
                f"formats: {form!r} {fault}; there are {', '.join(NAMED)} and patterns such as "
                "'%d/%m/%Y %H:%M' (25/11/2026 14:35), '%m/%d/%Y %I:%M:%S %p' (11/25/2026 02:35:47 PM) or '%d/%m/%Y'"
            )
    return rules


def _fault(form: str) -> str | None:
    if "%" not in form:
        return "is no pattern: it has no % in it"
    if "%I" in form and "%p" not in form:
        return "does not say which half of the day: %I needs %p, else write %H"
    example = _EXAMPLE.strftime(form)
    try:
        read = datetime.fromisoformat(instant_reader(TimeRules(zone="UTC", formats=[form]))(example))
    except ValueError:
        return f"does not read its own example, {example!r}"
    if read.date() != _EXAMPLE.date():
        return f"does not say year, month and day: it reads {example!r} as {read.date()}"
    if any(directive in form for directive in _CLOCK) and read.hour != _EXAMPLE.hour:
        return f"does not say the hour: it reads {example!r} as {read:%H:%M}"
    return None
