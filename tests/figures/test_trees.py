"""The unit tree of a day: merges, splits, renames, closures leave each figure with the unit that its event named."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from dashboards.api.unit_tree import Tree, tree_on
from tests.support import Stack, event, rating, unit
from warehouse.read.counts import UnitRow

CITY = "TR"
CHANGE, BEFORE, AFTER = "2025-07-01", "2024-06-01", "2026-06-01"
UNTIL = "2025-06-30"

# Before: a district with three wards. Since 1 July 2025: two communes under a branch. Wards A and B became commune N;
# ward C was split into N and M, and stands under the branch itself; ward K went on under another name.
UNITS = [
    unit(CITY, level="city", name_vi="Thành phố"),
    unit(f"{CITY}.D", CITY, level="branch", name_vi="Quận D", valid_to=UNTIL),
    *(unit(f"{CITY}.{ward}", f"{CITY}.D", name_vi=f"Phường {ward}", valid_to=UNTIL) for ward in "ABC"),
    unit(f"{CITY}.K", f"{CITY}.D", name_vi="Phường K"),
    unit(f"{CITY}.E", CITY, level="branch", name_vi="Chi nhánh E", valid_from=CHANGE),
    *(unit(f"{CITY}.{name}", f"{CITY}.E", name_vi=f"Phường {name}", valid_from=CHANGE) for name in "NM"),
    *(unit(f"{CITY}.{ward}", f"{CITY}.N", valid_from=CHANGE, valid_to=CHANGE) for ward in "AB"),
    unit(f"{CITY}.C", f"{CITY}.E", valid_from=CHANGE, valid_to=CHANGE),
    unit(f"{CITY}.K", f"{CITY}.E", name_vi="Phường K mới", valid_from=CHANGE),
]

TAPS_IN_2024 = {"A": 11, "B": 12, "C": 13, "K": 14}
TAPS_IN_2026 = {"N": 21, "M": 22, "K": 23}


def word(code: str, parent: str, first: str, last: str | None = None, level: str = "service_point") -> UnitRow:
    return UnitRow(code, parent, level, code, code, date.fromisoformat(first), last and date.fromisoformat(last))  # type: ignore[arg-type]


def tree(day: str) -> Tree:
    definitions = [
        word("A", "D", "2010-01-01", UNTIL),
        word("A", "N", CHANGE, CHANGE),
        word("D", "X", "2010-01-01", UNTIL, "branch"),
        word("N", "X", CHANGE),
        word("X", "", "2010-01-01", level="city"),
    ]
    return tree_on(date.fromisoformat(day), definitions, [])


def test_the_word_that_began_last_holds_and_the_first_before_it() -> None:
    assert tree(UNTIL).units["A"].parent == "D"
    assert tree(CHANGE).units["A"].parent == "N"
    assert tree("2009-01-01").units["A"].parent == "D"
    assert [code for code in "ADNX" if tree(UNTIL).is_open(code)] == ["A", "D", "X"]
    assert [code for code in "ADNX" if tree(AFTER).is_open(code)] == ["N", "X"]


def test_only_open_units_are_heads_and_closed_ones_belong_to_the_nearest() -> None:
    assert tree(BEFORE).members("X", "service_point") == {"A": "A"}
    assert tree(AFTER).members("X", "service_point") == {"A": "N", "N": "N"}
    assert set(tree(BEFORE).below("X")) == set(tree(AFTER).below("X")) == {"X", "A", "D", "N"}


def test_words_that_name_each_other_as_parents_are_walked_once() -> None:
    definitions = [word("A", "B", "2010-01-01"), word("B", "A", "2010-01-01")]
    assert sorted(tree_on(date(2026, 1, 1), definitions, []).below("A")) == ["A", "B"]


@pytest.fixture(scope="module")
def city(stack: Stack) -> Stack:
    taps = [
        rating(f"{CITY}.{code}", f"{day}T09:00:00+07:00", key=str(n), source="test/trees")
        for day, counts in ((BEFORE, TAPS_IN_2024), (AFTER, TAPS_IN_2026))
        for code, cases in counts.items()
        for n in range(cases)
    ]
    assert stack.send(UNITS) == []
    assert stack.send(taps) == []
    stack.wait_stored("test/trees", len(taps))
    return stack


def answered(stack: Stack, name: str, day: str, in_tree: str) -> int:
    period = {"from": day, "to": f"{day}T23:00:00+07:00"}
    answer = stack.get("/v1/indicators", unit=f"{CITY}{name}", ids="SAT_CSAT", tree=in_tree, **period)
    assert answer["tree"] == in_tree
    return int(answer["indicators"][0]["n"])


def ranked(stack: Stack, day: str, in_tree: str, level: str = "service_point") -> dict[str, int]:
    period = {"from": day, "to": f"{day}T23:00:00+07:00"}
    answer = stack.get("/v1/ranking", unit=CITY, level=level, ids="SAT_CSAT", tree=in_tree, **period)
    return {row["unit"].removeprefix(f"{CITY}."): row["n"] for row in answer["rankings"]["SAT_CSAT"]}


@pytest.mark.stack
def test_a_merge_counts_the_past_of_both_wards_for_the_new_one_in_its_tree(city: Stack) -> None:
    assert ranked(city, BEFORE, BEFORE) == {"A": 11, "B": 12, "C": 13, "K": 14}
    assert ranked(city, BEFORE, AFTER) == {"N": 11 + 12, "M": 0, "K": 14}
    assert answered(city, ".N", BEFORE, AFTER) == 23
    assert answered(city, ".N", BEFORE, BEFORE) == 0


@pytest.mark.stack
def test_a_ward_that_was_split_keeps_its_own_figures_where_the_tree_puts_it(city: Stack) -> None:
    assert answered(city, ".C", BEFORE, BEFORE) == answered(city, ".C", BEFORE, AFTER) == 13
    assert ranked(city, BEFORE, BEFORE, "branch") == {"D": 11 + 12 + 13 + 14}
    assert ranked(city, BEFORE, AFTER, "branch") == {"E": 11 + 12 + 13 + 14}


@pytest.mark.stack
def test_a_renamed_ward_is_one_unit_with_the_name_of_the_tree(city: Stack) -> None:
    def name(in_tree: str) -> str:
        units = city.get("/v1/units", tree=in_tree)["units"]
        return next(str(row["name_vi"]) for row in units if row["unit"] == f"{CITY}.K")

    assert (name(BEFORE), name(AFTER)) == ("Phường K", "Phường K mới")
    assert answered(city, ".K", BEFORE, AFTER) == 14
    assert answered(city, ".K", AFTER, BEFORE) == 23


@pytest.mark.stack
def test_a_closed_district_is_told_in_its_own_tree_and_falls_out_of_no_sum(city: Stack) -> None:
    opened = {row["unit"]: row["open"] for row in city.get("/v1/units", tree=AFTER)["units"]}
    assert (opened[f"{CITY}.D"], opened[f"{CITY}.E"]) == (False, True)
    assert answered(city, ".D", BEFORE, BEFORE) == 50
    for day, whole in ((BEFORE, 50), (AFTER, 66)):
        assert answered(city, "", day, BEFORE) == answered(city, "", day, AFTER) == whole


@pytest.mark.stack
def test_the_default_is_todays_tree_and_every_list_takes_another(city: Stack) -> None:
    today = city.get("/v1/indicators", unit=CITY, ids="SAT_CSAT")["tree"]
    assert abs((date.fromisoformat(today) - date.today()).days) <= 1  # noqa: DTZ011 a day's difference is allowed for
    period = {"from": BEFORE, "to": f"{BEFORE}T23:00:00+07:00"}
    for path in ("scores", "ratings", "dossiers", "series"):
        assert city.get(f"/v1/{path}", unit=f"{CITY}.D", tree=BEFORE, **period)["tree"] == BEFORE
    assert city.get("/v1/ratings", unit=f"{CITY}.E", tree=BEFORE, **period)["total"] == 0
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        city.get("/v1/units", tree="2024-13-01")


POST = "TP.POST"


@pytest.mark.stack
def test_a_post_office_collects_ratings_and_reception_elsewhere_is_told_from_the_territory(stack: Stack) -> None:
    offices = [
        unit("TP", level="city"),
        unit("TP.1", "TP", level="branch"),
        unit(POST, "TP", level="external", name_vi="Bưu điện"),
    ]
    submitted: list[dict[str, Any]] = [
        event(
            "dossier.submitted",
            f"TP-{n}",
            "2026-03-03T09:00:00+07:00",
            unit="TP.1",
            procedure="P",
            channel="post" if n < 4 else "direct",
            source="test/post",
            **({"territory_unit": "TP.2" if n < 5 else "TP.1"} if n < 15 else {}),
        )
        for n in range(20)
    ]
    rated = [
        rating(POST, "2026-03-03T10:00:00+07:00", 4 if n < 9 else 1, str(n), channel="post", source="test/post")
        for n in range(12)
    ]
    assert stack.send(offices) == []
    assert stack.send(submitted + rated) == []
    stack.wait_stored("test/post", 32)
    day = {"from": "2026-03-03", "to": "2026-03-04"}
    whole, post = stack.figures("TP", **day), stack.figures(POST, **day)
    # 5 of 20 came from elsewhere: who tells no territory counts as received at home.
    assert (whole["PDG_RATE"]["numerator"], whole["PDG_RATE"]["denominator"], whole["PDG_RATE"]["value"]) == (5, 20, 25)
    assert whole["BCI_RECEIVE"]["value"] == 20
    assert (post["SAT_CSAT"]["n"], post["SAT_CSAT"]["value"]) == (12, 75)
    assert whole["SAT_CSAT"]["n"] == 12
    split = stack.get("/v1/breakdown", unit="TP", of="ratings", by="channel", **day)["parts"]
    assert [(part["part"], part["n"]) for part in split] == [("post", 12)]
