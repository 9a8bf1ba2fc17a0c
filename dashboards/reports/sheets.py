"""Reports as sheets: a head, a table, some lines below. Pure: the read API's answers in, rows of plain values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from contract.indicators.catalogue import catalogue
from dashboards.texts import formats
from dashboards.texts.by_language import Texts, texts_in

Value = str | int | float | None
"""What a cell holds; None is shown as a dash."""


@dataclass(frozen=True)
class Row:
    """One line of the table; ``is_sum`` for a card's or the total's."""

    cells: Sequence[Value]
    is_sum: bool = False


@dataclass(frozen=True)
class Sheet:
    """A report: ``head`` are pairs of name and text above the table, ``foot`` lines below it.

    ``decimals`` holds for numbers that are not whole.
    """

    title: str
    about: str
    head: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Sequence[Row]
    foot: Sequence[str] = field(default=())
    decimals: int = 2


def points_sheet(kind: str, scores: Mapping[str, Any], figures: Mapping[str, dict[str, Any]], texts: Texts) -> Sheet:
    """One unit's points by a rule set, card by card; ``figures`` are its indicators by id."""
    score = scores["scores"][0]
    rows: list[Row] = []
    number = 0
    for card in score["cards"]:
        rows.append(Row(["", name_of(card, texts), "", "", "", card["points"], card["max_points"], ""], is_sum=True))
        for component in card["components"]:
            number += 1
            figure = figures.get(component["indicator"])
            name = name_of(figure, texts) if figure else component["indicator"]
            counted = [figure["numerator"], figure["denominator"], figure["value"]] if figure else [None, None, None]
            standing = texts(f"standings.{component['status']}")
            rows.append(Row([number, name, *counted, component["points"], component["max_points"], standing]))
    rows.append(Row(["", texts("total"), "", "", "", score["points"], scores["max_points"], ""], is_sum=True))
    band = score["band"]
    band_line = f"{texts('band')}: {name_of(band, texts) if band else texts('no_band')}"
    most = texts("attainable", attainable=_number(score["attainable"], texts), max=_number(scores["max_points"], texts))
    columns = ("number", "indicator", "numerator", "denominator", "value", "points", "max_points", "standing")
    return framed(kind, name_of(score, texts, "unit_name"), scores, columns, rows, [band_line, most], texts)


def scorecard_sheet(answer: Mapping[str, Any], totals: Sequence[Mapping[str, Any]], unit: str, texts: Texts) -> Sheet:
    """A card for a unit's head: the totals by rule set, each with the most that can be attained, above the figures."""
    rows = []
    for scores in totals:
        score = scores["scores"][0]
        points = texts("of", points=_number(score["points"], texts), of=_number(score["attainable"], texts))
        band = name_of(score["band"], texts) if score["band"] else texts("no_band")
        rows.append(Row(["", f"{texts('total')}: {name_of(scores, texts)}", points, "", "", band], is_sum=True))
    figures = figures_sheet(answer, unit, texts)
    title, about = (texts(f"kinds.scorecard.{part}") for part in ("title", "about"))
    return replace(figures, title=title, about=about, rows=[*rows, *figures.rows])


def ranking_sheet(kind: str, scores: Mapping[str, Any], unit: str, texts: Texts) -> Sheet:
    """The units of a level by total points, with the points of each card, or of a single card's components."""
    units = scores["scores"]
    parts = _parts(units[0]) if units else []
    known = catalogue().indicators
    names = [
        name_of(part, texts) if "id" in part else known[part["indicator"]].name_in(texts.language) for part in parts
    ]
    rows = [
        Row(
            [
                score["place"],
                score["unit"],
                name_of(score, texts, "unit_name"),
                *(part["points"] for part in _parts(score)),
                score["points"],
                score["attainable"],
                name_of(score["band"], texts) if score["band"] else texts("no_band"),
            ]
        )
        for score in units
    ]
    sheet = framed(kind, unit, scores, ("place", "code", "unit", "points", "attainable", "band"), rows, [], texts)
    return replace(sheet, columns=[*sheet.columns[:3], *names, *sheet.columns[3:]])


def _parts(score: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    cards: Sequence[Mapping[str, Any]] = score["cards"]
    return cards if len(cards) > 1 else cards[0]["components"]


def figures_sheet(answer: Mapping[str, Any], unit: str, texts: Texts) -> Sheet:
    """A unit's indicators with n, target and whether it is met."""
    page_texts = texts_in(texts.language)
    rows = [
        Row(
            [
                number,
                name_of(figure, texts),
                formats.quantity(figure["value"], figure["unit_of_measure"], page_texts),
                figure["n"],
                formats.target(figure, page_texts) if figure["target"] else "",
                texts(f"states.{formats.STATES[figure['verdict']]}"),
            ]
        )
        for number, figure in enumerate(answer["indicators"], 1)
    ]
    columns = ("number", "indicator", "value", "n", "target", "state")
    return framed("figures", unit, answer, columns, rows, [], texts)


def framed(
    kind: str,
    unit: str,
    answer: Mapping[str, Any],
    columns: Sequence[str],
    rows: Sequence[Row],
    foot: Sequence[str],
    texts: Texts,
) -> Sheet:
    """A sheet with the head that all have (unit, period, time of the newest data) and the command that checks it."""
    first, after = formats.instant(answer["from"]), formats.instant(answer["to"])
    last = after - timedelta(microseconds=1)
    period = texts("from_to", **{"from": f"{first:%d/%m/%Y}", "to": f"{last:%d/%m/%Y}"})
    as_of = formats.day_and_time(formats.instant(answer["as_of"])) if answer["as_of"] else formats.NOTHING
    command = f"hailong verify --from {first:%Y-%m-%d} --to {last:%Y-%m-%d}"
    return Sheet(
        title=texts(f"kinds.{kind}.title"),
        about=texts(f"kinds.{kind}.about"),
        head=[(texts("unit"), unit), (texts("period"), period), (texts("as_of"), as_of)],
        columns=[texts(f"columns.{column}") for column in columns],
        rows=rows,
        foot=[*foot, texts("made_by", command=command)],
    )


def name_of(answer: Mapping[str, Any], texts: Texts, prefix: str = "name") -> str:
    """An answer's name in the sheet's language."""
    return texts.name_of(answer, prefix)


def _number(value: float, texts: Texts) -> str:
    return formats.number(value, texts.language, 0 if value == int(value) else 2)
