"""The sheet of an official: each dossier with its points by Decree 61, and the means; for official and manager."""

from __future__ import annotations

from contract.indicators.staff_sheet import FEWEST, RULE_SET, Case, Line
from contract.indicators.staff_sheet import line as line_of
from dashboards.answers.scores import SheetDossier, SheetPoints, StaffSheet
from dashboards.api.context import QuestionDep, to_json_value
from dashboards.api.filters import Staff
from warehouse.read import evidence


def get_staff_sheet(question: QuestionDep, staff: Staff) -> StaffSheet:
    """Dossiers accepted by an official of the unit that ended with a result in the period, the earliest first.

    ``points`` by index, None where nothing is known; ``total`` is that of indices 1, 2, 3, 4 and 7, of ``attainable``.
    ``whole`` are the means, None with fewer than five dossiers.
    """
    rows = evidence.official_dossiers(question.client, question.units_below(), question.period, staff)
    cases = [Case(**{name: row[name] for name in Case._fields}) for row in rows]
    names = evidence.procedure_names(question.client) if rows else {}
    dossiers: list[SheetDossier] = []
    for row, case in zip(rows, cases, strict=True):
        name_vi, name_en = names.get(row["procedure"], ("", ""))
        dossiers.append(
            {
                "dossier": row["dossier"],
                "unit": row["unit"],
                "procedure": row["procedure"],
                "ended_at": to_json_value(row["ended_at"]),
                "procedure_name_vi": name_vi,
                "procedure_name_en": name_en,
                **_points(line_of([case])),
            }
        )
    whole = line_of(cases) if len(cases) >= FEWEST else None
    band = whole.band if whole else None
    return {
        "unit": question.unit,
        "staff": staff,
        **question.context.period_fields(question.period),
        "as_of": question.context.as_of(),
        "rule_set": RULE_SET,
        "n": len(rows),
        "dossiers": dossiers,
        "whole": _points(whole) if whole else None,
        "band": {"name_vi": band.name_vi, "name_en": band.name_en, "icon": band.icon} if band else None,
    }


def _points(line: Line) -> SheetPoints:
    return {"points": dict(line.points), "total": line.total, "attainable": line.attainable}
