"""Scores as the read API tells them."""

from __future__ import annotations

from collections.abc import Iterable

from contract.indicators.points import CardPoints, ComponentPoints, Score, places
from dashboards.answers import scores as answers
from warehouse.read.counts import UnitRow


def in_order(scores: Iterable[tuple[UnitRow, Score]]) -> list[answers.Score]:
    """Units with their scores and places, the most points first."""
    ordered = sorted(scores, key=lambda entry: (-entry[1].points, entry[0].unit))
    found = places([score.points for _, score in ordered])
    return [_told(unit, score, place) for (unit, score), place in zip(ordered, found, strict=True)]


def _told(unit: UnitRow, score: Score, place: int) -> answers.Score:
    band = score.band
    return {
        "unit": unit.unit,
        "unit_name_vi": unit.name_vi,
        "unit_name_en": unit.name_en,
        "place": place,
        "points": score.points,
        "attainable": score.attainable,
        "band": {"name_vi": band.name_vi, "name_en": band.name_en, "icon": band.icon} if band else None,
        "cards": [_card(card) for card in score.cards],
    }


def _card(found: CardPoints) -> answers.ScoreCard:
    return {
        "id": found.card.id,
        "name_vi": found.card.name_vi,
        "name_en": found.card.name_en,
        "points": found.points,
        "attainable": found.attainable,
        "max_points": found.card.max_points,
        "components": [_component(component) for component in found.components],
    }


def _component(found: ComponentPoints) -> answers.ScoreComponent:
    return {
        "indicator": found.component.indicator,
        "points": found.points,
        "max_points": found.component.max_points,
        "status": found.status,
    }
