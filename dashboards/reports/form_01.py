"""Form 01 of Circular 01/2018/TT-VPCP: an official's dossiers, each with its points, and the means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contract.indicators.staff_sheet import FEWEST, INDICES
from dashboards.reports.rounding import to_one_decimal
from dashboards.reports.sheets import Row, Sheet, framed, name_of
from dashboards.texts import formats
from dashboards.texts.by_language import Texts


def form_01(answer: Mapping[str, Any], unit: str, texts: Texts) -> Sheet:
    """The sheet of one official from the read API's answer; ``unit`` is the name of the office."""
    rows = []
    for number, dossier in enumerate(answer["dossiers"], 1):
        ended = f"{formats.instant(dossier['ended_at']):%d/%m/%Y}"
        procedure = name_of(dossier, texts, "procedure_name") or dossier["procedure"]
        rows.append(Row([number, dossier["dossier"], procedure, ended, *_points(dossier)]))
    whole = answer["whole"]
    foot = []
    if whole:
        rows.append(Row(["", texts("mean"), "", "", *_points(whole)], is_sum=True))
        band = name_of(answer["band"], texts) if answer["band"] else texts("no_band")
        foot = [f"{texts('band')}: {band}"]
    else:
        foot = [texts("few_dossiers", n=answer["n"], fewest=FEWEST)]
    columns = ("number", "dossier", "procedure", "ended")
    sheet = framed("official", unit, answer, columns, rows, [*foot, texts("form_01_note")], texts)
    indices = [texts("index", number=name.removeprefix("ND61_")) for name in INDICES]
    return replace(
        sheet,
        head=[(texts("official"), answer["staff"]), *sheet.head],
        columns=[*sheet.columns, *indices, texts("columns.total_of_five"), texts("columns.attainable")],
        decimals=1,
    )


def _points(line: Mapping[str, Any]) -> list[float | None]:
    points = [to_one_decimal(line["points"][name]) for name in INDICES]
    return [*points, to_one_decimal(line["total"]), line["attainable"]]
