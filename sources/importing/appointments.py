"""Dossiers without a computable appointment: their procedure has a term, but their unit has no calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_UNITS_NAMED = 5


def calendar_of(unit: str, units: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The calendar of a unit: its own or that of the nearest unit above; ``units`` are definitions by code."""
    for _ in units:
        data = units.get(unit, {})
        if data.get("calendar"):
            return str(data["calendar"])
        unit = data.get("parent") or ""
    return None


def without_appointment(
    wanted: Iterable[tuple[str, str]], reference: Iterable[Mapping[str, Any]]
) -> set[tuple[str, str]]:
    """The pairs of unit and procedure whose procedure has a term, while the unit has no calendar to count it in.

    ``wanted`` are the pairs of dossiers without a due date of their own, ``reference`` all reference events.
    """
    units, terms = dict[str, Mapping[str, Any]](), set[str]()
    for event in sorted(reference, key=lambda event: str(event["time"])):
        if event["type"] == "unit.defined":
            units[event["subject"]] = event["data"]
        elif event["type"] in {"procedure.published", "procedure.updated"}:
            (terms.add if event["data"].get("term") else terms.discard)(event["subject"])
    return {(unit, code) for unit, code in wanted if code in terms and unit in units and not calendar_of(unit, units)}


def warning_text(pairs: set[tuple[str, str]]) -> str:
    """The warning for these units and procedures, with the remedy."""
    units, procedures = sorted({unit for unit, _ in pairs}), {procedure for _, procedure in pairs}
    named = ", ".join(units[:_UNITS_NAMED]) + (", …" if len(units) > _UNITS_NAMED else "")
    return (
        f"no appointment can be worked out for {len(procedures)} procedures in {len(units)} units ({named}): their "
        "term is counted in the unit's working time, and these units have no calendar. Give them one under "
        "units.calendar in the mapping, or load one with `hailong reference load`; units.calendar: none says that "
        "there is none to be had. Until then no dossier of theirs has an appointment that it could miss or keep"
    )
