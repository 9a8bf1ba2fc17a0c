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


def bits(*paths: str) -> list[tuple[int, str]]:
    """The bits that statements shift to a constant place, each with the name that stands behind it, in order."""
    told = "".join(WAREHOUSE.joinpath(path).read_text() for path in paths)
    return sorted(
        (int(bit), name) for bit, name in findall(r"bitShiftLeft\(.*UInt64, (\d+)\).* -- (\w+)$", told, MULTILINE)
    )


def test_the_store_sets_the_bits_that_the_contract_reads() -> None:
    """Every line of SQL that shifts a bit names its attribute or its step."""
    steps = [(STEP_SHIFT, name) for name in STEPS]
    dossiers = [
        *("migrations/0003_folds.sql", "models/0_procedures.sql", "models/1_dossier_folds.sql"),
        *("models/2_dossiers.sql", "read/sql/publication_counts.sql"),
    ]
    assert bits(*dossiers) == [*enumerate(ATTRIBUTES), *sorted(steps[8:10])]
    assert bits("models/1_petitions.sql") == list(enumerate(PETITION_ATTRIBUTES))
    assert bits("read/sql/point_counts.sql") == [*enumerate(POINT_ATTRIBUTES), steps[10]]
    days = WAREHOUSE.joinpath("migrations/0004_dossier_days.sql").read_text()
    tested = findall(r"bitTest\(attributes, (\d+)\), -- (\w+)$", days, MULTILINE)
    assert len(tested) == days.count("bitTest(")
    assert set(tested) <= {(str(bit), name) for bit, name in enumerate(ATTRIBUTES)}
    own = sum(1 << bit for bit, name in enumerate(ATTRIBUTES) if name.startswith("procedure_"))
    told = WAREHOUSE.joinpath("read/sql/procedure_counts.sql").read_text()
    assert sum(int(ones) << int(by) for ones, by in findall(r"bitShiftLeft\((\d+)::UInt64, (\d+)\)", told)[:2]) == own


def test_the_store_numbers_the_steps_as_the_contract_does() -> None:
    counting = [
        *("migrations/0004_dossier_days.sql", "read/sql/procedure_counts.sql", "read/sql/petition_counts.sql"),
        *("read/sql/publication_counts.sql", "read/sql/point_counts.sql"),
    ]
    told = "".join(WAREHOUSE.joinpath(path).read_text() for path in counting)
    numbered = findall(rf"bitShiftLeft\((\d+)::UInt64, {STEP_SHIFT}\).* -- (\w+)$", told, MULTILINE)
    assert [(int(number), name) for number, name in numbered] == list(enumerate(STEPS, 1))


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
