"""The sheet of an official: each dossier with its points by Decree 61, and the means; for official and manager."""

from __future__ import annotations

from contract.indicators.staff_sheet import FEWEST, RULE_SET, Case, Line, line
from dashboards.answers.scores import SheetDossier, SheetPoints, StaffSheet
from dashboards.api.context import Store, readable
from dashboards.api.filters import From, Staff, To, Unit
from warehouse.read import evidence


def get_staff_sheet(
    store: Store,
    unit: Unit,
    staff: Staff,
    start: From = None,
    to: To = None,
) -> StaffSheet:
    """Dossiers accepted by an official of the unit that ended with a result in the period, the earliest first.

    ``points`` by index, None where nothing is known; ``total`` is that of indices 1, 2, 3, 4 and 7, of ``attainable``.
    ``whole`` are the means, None with fewer than five dossiers.
    """
    tree, period, _ = store.scope(unit, start, to, None)
    rows = evidence.official_dossiers(store.client, tree.below(unit), period, staff)
    cases = [Case(**{name: row[name] for name in Case._fields}) for row in rows]
    names = evidence.procedure_names(store.client) if rows else {}
    dossiers: list[SheetDossier] = []
    for row, case in zip(rows, cases, strict=True):
        name_vi, name_en = names.get(row["procedure"], ("", ""))
        dossiers.append(
            {
                "dossier": row["dossier"],
                "unit": row["unit"],
                "procedure": row["procedure"],
                "ended_at": readable(row["ended_at"]),
                "procedure_name_vi": name_vi,
                "procedure_name_en": name_en,
                **_points(line([case])),
            }
        )
    whole = line(cases) if len(cases) >= FEWEST else None
    band = whole.band if whole else None
    return {
        "unit": unit,
        "staff": staff,
        **store.told(period),
        "as_of": store.as_of(),
        "rule_set": RULE_SET,
        "n": len(rows),
        "dossiers": dossiers,
        "whole": _points(whole) if whole else None,
        "band": {"name_vi": band.name_vi, "name_en": band.name_en, "icon": band.icon} if band else None,
    }


def _points(found: Line) -> SheetPoints:
    return {"points": dict(found.points), "total": found.total, "attainable": found.attainable}
