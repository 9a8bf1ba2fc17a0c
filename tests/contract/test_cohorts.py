"""Cohorts and formulas: what is written is what is counted, and what is unknown is named."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from re import MULTILINE, findall

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.indicators.cohorts import (
    ATTRIBUTES,
    PETITION_ATTRIBUTES,
    POINT_ATTRIBUTES,
    STEP_SHIFT,
    STEPS,
    attributes_of,
    cohort,
)
from contract.indicators.measures import Counts, terms, value_of
from contract.ratings.scales import LEVELS
from tests import strategies  # noqa: F401 its profile of hypothesis
from warehouse.sql import sql_files


def key(step: str, attributes: Iterable[str]) -> int:
    """The number by which the store counts a step with its attributes."""
    bits = sum(1 << list(attributes_of(step)).index(name) for name in attributes)
    return (list(STEPS).index(step) + 1 << STEP_SHIFT) + bits


CASES = {
    key("received", ["online", "synced"]): 3,
    key("received", ["by_post"]): 2,
    key("settled", ["online"]): 7,
}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("received", 5),
        ("received[online]", 3),
        ("received[not online]", 2),
        ("received[online, not synced]", 0),
        ("settled[online]", 7),
        ("passed", 0),
    ],
)
def test_a_cohort_counts_those_that_have_and_lack_what_it_says(text: str, count: int) -> None:
    assert cohort(text).count(CASES) == count


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lost", "'lost' is no step"),
        ("received[loud]", "'loud' is no attribute"),
        ("received[not loud]", "'loud' is no attribute"),
        ("received[certifies]", "'certifies' is no attribute"),
        ("petitioned[online]", "'online' is no attribute"),
        ("received[]", "is not of the form"),
        ("received[online", "is not of the form"),
        ("received[online, synced, not online]", "asks for online and for its opposite"),
    ],
)
def test_what_is_no_cohort_is_named(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        cohort(text)


CASE = st.sampled_from(list(STEPS)).flatmap(
    lambda step: st.tuples(st.just(step), st.frozensets(st.sampled_from(list(attributes_of(step)))))
)


@given(st.dictionaries(CASE, st.integers(1, 9)), CASE, st.data())
def test_a_cohort_is_what_a_look_at_each_case_finds(
    cases: dict[tuple[str, frozenset[str]], int], asked: tuple[str, frozenset[str]], data: st.DataObject
) -> None:
    step, wanted = asked
    unwanted = data.draw(st.frozensets(st.sampled_from(list(attributes_of(step))))) - wanted
    words = [*sorted(wanted), *(f"not {name}" for name in sorted(unwanted))]
    text = f"{step}[{', '.join(words)}]" if words else step
    expected = sum(n for (took, has), n in cases.items() if took == step and wanted <= has and not has & unwanted)
    assert cohort(text).count({key(*case): n for case, n in cases.items()}) == expected


def test_the_attributes_leave_room_for_the_step() -> None:
    assert len(ATTRIBUTES) <= STEP_SHIFT


WAREHOUSE = files("warehouse")


def numbered_bits(migration: str) -> dict[str, int]:
    """The bits that a migration shifts to a constant place, by the name that stands behind each."""
    text = WAREHOUSE.joinpath("migrations", migration).read_text()
    return {name: int(bit) for bit, name in findall(r"bitShiftLeft\(.*UInt64, (\d+)\).* -- (\w+)$", text, MULTILINE)}


def named(pattern: str) -> list[str]:
    """The names that the statements have in a pattern, in no order."""
    rooms = [sql_files("models"), sql_files("read")]
    texts = [source.file.read_text() for room in rooms for source in room.values()]
    return [name for text in texts for name in findall(pattern, text)]


def named_bits(kind: str) -> list[str]:
    """The attributes that statements set by name."""
    return named(rf"bitShiftLeft\([^{{}}]*UInt64,\s+\{{{kind}:(\w+)\}}\s*\)")


def test_the_store_sets_each_attribute_in_one_place() -> None:
    of_events = numbered_bits("0003_folds.sql")
    assert of_events.items() <= {name: bit for bit, name in enumerate(ATTRIBUTES)}.items()
    assert sorted([*of_events, *named_bits("attribute")]) == sorted(ATTRIBUTES)
    assert sorted(named_bits("petition_attribute")) == sorted(PETITION_ATTRIBUTES)
    assert sorted(named_bits("point_attribute")) == sorted(POINT_ATTRIBUTES)


@pytest.mark.parametrize("migration", ["0004_dossier_days.sql", "0008_appointments.sql"])
def test_migrations_test_the_bits_that_the_contract_numbers(migration: str) -> None:
    text = WAREHOUSE.joinpath("migrations", migration).read_text()
    tested = findall(r"bitTest\(attributes, (\d+)\).* -- (\w+)$", text, MULTILINE)
    assert len(tested) == text.count("bitTest(") > 0
    assert set(tested) <= {(str(bit), name) for bit, name in enumerate(ATTRIBUTES)}


def test_statements_count_the_steps_that_the_views_do_not() -> None:
    assert sorted(named(r"\{step:([a-z_]+)\}")) == sorted(list(STEPS)[5:])


@pytest.mark.parametrize("migration", ["0004_dossier_days.sql", "0008_appointments.sql"])
def test_the_views_number_the_steps_as_the_contract_does(migration: str) -> None:
    text = WAREHOUSE.joinpath("migrations", migration).read_text()
    numbered = findall(rf"bitShiftLeft\((\d+)::UInt64, {STEP_SHIFT}\).* -- (\w+)$", text, MULTILINE)
    assert [(int(number), name) for number, name in numbered] == list(enumerate(STEPS, 1))[:5]


def test_the_store_knows_from_which_score_on_a_citizen_is_content() -> None:
    told = files("warehouse").joinpath("migrations/0001_events.sql").read_text()
    scales, scores = findall(r"score <\s+transform\(envelope.data.scale, \[(.*?)\], \[(.*?)\], 0\)", told)[0]
    assert dict(zip(scales.replace("'", "").split(", "), map(int, scores.split(", ")), strict=True)) == {
        scale.value: levels.satisfied_from for scale, levels in LEVELS.items()
    }


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("answered", 10),
        ("answered - satisfied", 3),
        ("2 * settled[early] + settled[not early, not ended_late]", 9),
        ("waits_s", 4),
    ],
)
def test_a_formula_adds_up_its_measures(formula: str, value: float) -> None:
    counts: Counts = {
        "answered": 10,
        "satisfied": 7,
        "settled[early]": 4,
        "settled[not early, not ended_late]": 1,
        "waits_s": {60: 3, 90: 1},
    }
    assert value_of(formula, counts) == value


@pytest.mark.parametrize(
    "formula", ["", "answered answered", "+ answered", "answered +", "answered / 2", "answered - 2 satisfied"]
)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="is no sum of measures"):
        terms(formula)
