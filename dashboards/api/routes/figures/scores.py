"""Points by a rule set, of one unit or of all units of a level."""

from __future__ import annotations

from fastapi import HTTPException

from contract.events.reference import UnitLevel
from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import evaluate
from contract.indicators.points import CardPoints, ComponentPoints, Score, places, score
from dashboards.answers import scores as answers
from dashboards.api.context import QuestionDep
from dashboards.api.figure_json import with_those_for_points
from dashboards.api.file_formats import with_files
from dashboards.api.filters import RuleSet
from warehouse.read.counts import UnitRow
from warehouse.read.last_year_fallback import counts_of


@with_files("scores")
def get_scores(question: QuestionDep, level: UnitLevel | None = None, rule_set: RuleSet = "qd766") -> answers.Scores:
    """Points by a rule set, of the unit or of each unit of a level below it: total, cards, what can be attained."""
    rules = catalogue().rule_set(rule_set)
    if rules is None or not rules.cards:
        raise HTTPException(422, f"no rule set with points has the id {rule_set!r}")
    tree = question.tree
    as_of = question.context.as_of()
    indicators = [catalogue().indicators[name] for name in rules.needed]
    members = tree.members(question.unit, level) if level else question.whole_unit()
    counts_of_units = counts_of(question.client, members, question.period, with_those_for_points(indicators))
    scores: list[tuple[UnitRow, Score]] = []
    for unit, counts in counts_of_units.items():
        figures = {indicator.id: evaluate(indicator, counts) for indicator in indicators}
        scores.append((tree.units[unit], score(rules.cards, rules.bands, figures, tree.units[unit].level)))
    return {
        "unit": question.unit,
        "level": level,
        **question.context.period_fields(question.period),
        "as_of": as_of,
        "rule_set": rules.id,
        "name_vi": rules.name_vi,
        "name_en": rules.name_en,
        "total": rules.total.id if rules.total else None,
        "max_points": rules.max_points,
        "scores": _in_order(scores),
    }


def _in_order(scores: list[tuple[UnitRow, Score]]) -> list[answers.Score]:
    """Units with their scores and places, the most points first."""
    ordered = sorted(scores, key=lambda entry: (-entry[1].points, entry[0].unit))
    numbered = zip(places([score.points for _, score in ordered]), ordered, strict=True)
    return [_score(unit, score, place) for place, (unit, score) in numbered]


def _score(unit: UnitRow, score: Score, place: int) -> answers.Score:
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


def _card(points: CardPoints) -> answers.ScoreCard:
    return {
        "id": points.card.id,
        "name_vi": points.card.name_vi,
        "name_en": points.card.name_en,
        "points": points.points,
        "attainable": points.attainable,
        "max_points": points.card.max_points,
        "components": [_component(component) for component in points.components],
    }


def _component(points: ComponentPoints) -> answers.ScoreComponent:
    return {
        "indicator": points.component.indicator,
        "points": points.points,
        "max_points": points.component.max_points,
        "status": points.status,
    }
