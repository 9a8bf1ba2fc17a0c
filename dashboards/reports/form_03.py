"""Form 03 of Circular 01/2018/TT-VPCP: units by the nine indices of Decree 61, and how satisfied citizens were. Pure.

The form says that results are rounded to one decimal: total, class and rank follow from the rounded total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from contract.indicators.catalogue import catalogue
from contract.indicators.points import band_of, places
from dashboards.reports.rounding import to_one_decimal
from dashboards.reports.sheets import Row, Sheet, Value, framed, name_of
from dashboards.texts.by_language import Texts


def form_03(
    scores: Mapping[str, Any],
    whole: Mapping[str, Any],
    ratings: Mapping[str, Any],
    ratings_of_whole: Mapping[str, Any],
    texts: Texts,
) -> Sheet:
    """The units of a level by rank, and all of them together (``whole``); ``ratings`` are SAT_CSAT and SAT_VERY."""
    [together] = whole["scores"]
    by_indicator = {name: {row["unit"]: row for row in rows} for name, rows in ratings["rankings"].items()}
    rounded = [to_one_decimal(score["points"]) or 0.0 for score in scores["scores"]]
    units = sorted(
        zip(places(rounded), scores["scores"], strict=True), key=lambda placed: (placed[0], placed[1]["unit"])
    )
    rows = [
        _row(place, score, {name: rows[score["unit"]] for name, rows in by_indicator.items()}, texts)
        for place, score in units
    ]
    of_whole = {figure["id"]: figure for figure in ratings_of_whole["indicators"]}
    last = _row("", together, of_whole, texts)
    sheet = framed(
        "ranking-nd61", name_of(together, texts, "unit_name"), scores, ("place", "code", "unit"), rows, [], texts
    )
    indices = [texts("index", number=number) for number in range(1, 10)]
    further = [
        texts(f"columns.{name}") for name in ("total", "attainable", "band", "very", "satisfied", "dissatisfied")
    ]
    return replace(
        sheet,
        columns=[*sheet.columns, *indices, *further],
        rows=[*rows, Row(last.cells, is_sum=True)],
        foot=[texts("form_03_note"), *sheet.foot],
        decimals=1,
    )


def _row(place: Value, score: Mapping[str, Any], ratings: Mapping[str, Mapping[str, Any]], texts: Texts) -> Row:
    [card] = score["cards"]
    points = [to_one_decimal(part["points"]) for part in card["components"]]
    total = to_one_decimal(score["points"])
    rules = catalogue().rule_set("nd61_2018")
    band = band_of(rules.bands, total) if rules and score["band"] and total is not None else None
    return Row(
        [
            place,
            score["unit"],
            name_of(score, texts, "unit_name"),
            *points,
            total,
            score["attainable"],
            texts.name_of(vars(band)) if band else texts("no_band"),
            *_shares(ratings["SAT_CSAT"], ratings["SAT_VERY"]),
        ]
    )


def _shares(satisfied: Mapping[str, Any], very: Mapping[str, Any]) -> Sequence[float | None]:
    """Percent of all answers that are very satisfied, satisfied, not; dashes for too few."""
    cases = satisfied["denominator"]
    if satisfied["status"] != "ok":
        return [None, None, None]
    most = very["numerator"] or 0
    counts = (most, satisfied["numerator"] - most, cases - satisfied["numerator"])
    return [to_one_decimal(100 * count / cases) for count in counts]
