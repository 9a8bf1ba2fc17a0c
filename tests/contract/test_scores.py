"""Points: the worked examples of the rules, what has no figure, bands with their bounds, and rule sets that add up."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from contract.indicators.catalogue import Catalogue, RuleSet, catalogue
from contract.indicators.indicator import Figure
from contract.indicators.points import Band, Card, Component, band_of, places, score


def share(percent: float) -> Figure:
    return Figure("ok", percent, percent, 100, 100, None)


NOTHING = Figure("not_available", None, None, 0, 0, None)
FEW = Figure("insufficient", None, None, 3, 3, None)


def rules(name: str) -> RuleSet:
    found = catalogue().rule_set(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("max_points", "full_at", "percent", "points"),
    [
        (20, 100, 98.5, 19.70),  # 2.1: 960 done in time and 25 running in time of 1,000
        (2, 80, 64, 1.60),  # 3.1
        (6, 50, 42, 5.04),  # 3.3
        (6, 50, 50, 6.00),
        (6, 50, 73, 6.00),
        (2, 80, 60, 1.50),  # 4.3
        (6, 90, 88, 5.87),  # 5.4: 3 % overdue and 9 % petitions or dislikes
        (6, 100, 74.1, 4.45),  # payments
        (2, 80, 30, 0.75),
        (2, 80, 50, 1.25),
        (6, 100, 150, 6.00),
        (6, 100, -1, 0.00),
    ],
)
def test_points_follow_the_share_up_to_the_one_that_is_full(
    max_points: float, full_at: float, percent: float, points: float
) -> None:
    component = Component(indicator="X_Y", max_points=max_points, full_at=full_at)
    assert component.points(share(percent), "city").points == points


@pytest.mark.parametrize(
    ("rule", "figure", "level", "points", "status"),
    [
        ({}, NOTHING, "city", None, "no_cases"),
        ({"without_cases": "full"}, NOTHING, "city", 6.0, "no_cases"),  # 5.2: no petition in the period
        ({"without_cases": "zero"}, NOTHING, "city", 0.0, "no_cases"),
        ({"without_cases": "full"}, FEW, "city", None, "insufficient"),
        ({"granted_to": ["service_point"]}, NOTHING, "service_point", 6.0, "granted"),
        ({"granted_to": ["service_point"]}, NOTHING, "city", None, "no_cases"),
    ],
)
def test_without_a_figure_points_are_as_the_rule_says_and_never_silently_zero(
    rule: dict[str, Any], figure: Figure, level: str, points: float | None, status: str
) -> None:
    found = Component.model_validate({"indicator": "X_Y", "max_points": 6, **rule}).points(figure, level)
    assert (found.points, found.status) == (points, status)


def test_what_has_no_figure_lowers_what_can_be_attained_and_leaves_out_the_band() -> None:
    components = (Component(indicator="A_A", max_points=6), Component(indicator="B_B", max_points=4))
    card = Card(id="C", name_vi="c", name_en="c", max_points=10, components=components)
    bands = [
        Band(from_points=0, name_vi="y", name_en="w", icon="▼"),
        Band(from_points=8, name_vi="t", name_en="g", icon="●"),
    ]
    partly = score([card], bands, {"A_A": share(50), "B_B": NOTHING}, "city")
    assert (partly.points, partly.attainable, partly.band) == (3.0, 6.0, None)
    whole = score([card], bands, {"A_A": share(100), "B_B": share(50)}, "city")
    assert (whole.points, whole.attainable, whole.band) == (8.0, 10.0, bands[1])


@pytest.mark.parametrize(
    ("points", "name"),
    [(18, "Excellent"), (15, "Excellent"), (14.99, "Good"), (12, "Good"), (9, "Fair"), (6, "Average"), (5.9, "Weak")],
)
def test_a_band_of_decree_61_begins_at_its_bound(points: float, name: str) -> None:
    band = band_of(rules("nd61_2018").bands, points)
    assert band is not None
    assert band.name_en == name


def test_equal_totals_share_a_place_and_the_next_ones_are_left_out() -> None:
    assert places([95.6, 95.6, 91, 91, 90]) == [1, 1, 3, 3, 5]


def test_decision_766_has_six_cards_of_a_hundred_points_and_decree_61_has_eighteen() -> None:
    assert [card.max_points for card in rules("qd766").cards] == [18, 20, 12, 10, 22, 18]
    assert [rules(name).max_points for name in ("qd766", "nd61_2018", "qd468")] == [100, 18, 0]


RULES: dict[str, Any] = {
    "id": "x",
    "name_vi": "x",
    "name_en": "x",
    "valid_from": "2022-08-01",
    "source": "x",
    "total": {"id": "X_TOTAL", "name_vi": "x", "name_en": "x"},
    "indicators": [],
}


def card_of(*components: dict[str, Any]) -> dict[str, Any]:
    return {"id": "c", "name_vi": "c", "name_en": "c", "max_points": 2, "components": list(components)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "x: cards and the total"),
        ({"cards": [card_of()]}, "c: its components have 0 points, not 2"),
        ({"colour": "red"}, "colour"),
        ({"source": ""}, "source"),
    ],
)
def test_a_wrong_rule_set_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        RuleSet.model_validate({**RULES, **change})


@pytest.mark.parametrize(
    "component",
    [
        {"indicator": "NO_SUCH"},
        {"indicator": "SAT_CSAT", "steps": [{"from_value": 1, "points": 2, "of": "NO_SUCH"}]},
        {"indicator": "SAT_CSAT", "steps": [{"from_value": 1, "points": 2, "also": [{"indicator": "NO_SUCH"}]}]},
    ],
)
def test_points_are_given_for_what_the_catalogue_has(component: dict[str, Any]) -> None:
    cards = [card_of({"max_points": 2, **component})]
    listed = RuleSet.model_validate({**RULES, "cards": cards, "indicators": [catalogue().indicators["SAT_CSAT"]]})
    with pytest.raises(ValidationError, match="x: NO_SUCH is not in the catalogue"):
        Catalogue(rule_sets=(listed,))


@pytest.mark.parametrize(
    ("online", "procedures", "late", "points"),
    [
        (30, 20, 0, 2.0),
        (29.9, 20, 0, 1.0),
        (80, 19.9, 0, 1.0),  # which the text leaves open
        (15, 0, 0, 1.0),
        (14.9, 90, 0, 0.0),
        (90, 90, 1, 0.0),
    ],
)
def test_points_can_ask_for_other_figures_as_well(online: float, procedures: float, late: float, points: float) -> None:
    others = {"Q766_3_1": share(procedures), "ND61_9_LATE": Figure("ok", late, late, 9, 9, None)}
    ninth = rules("nd61_2018").components["ND61_9"]
    assert ninth.points(share(online), "city", others).points == points
    assert ninth.points(share(online), "city", others | {"Q766_3_1": NOTHING}).status == "no_cases"
    assert ninth.points(share(online), "city").points is None


@pytest.mark.parametrize(
    ("whole", "both_ends", "level", "points"),
    [
        (20, 20, "city", 2.0),
        (19.9, 100, "city", 1.0),
        (49.9, 99.9, "branch", 0.0),
        (50, 60, "branch", 2.0),
        (99.9, 100, "service_point", 1.0),
        (100, 100, "service_point", 2.0),
    ],
)
def test_what_is_enough_depends_on_the_level(whole: float, both_ends: float, level: str, points: float) -> None:
    others = {"ND61_5_DESK": share(both_ends)}
    assert rules("nd61_2018").components["ND61_5"].points(share(whole), level, others).points == points


def test_an_indicator_belongs_to_one_rule_set() -> None:
    with pytest.raises(ValidationError, match="ND61_1 is listed 2 times"):
        Catalogue(rule_sets=(rules("nd61_2018"), rules("nd61_2018")))
