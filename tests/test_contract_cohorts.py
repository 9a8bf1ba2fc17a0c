"""Cohorts and formulas: what is written is what is counted, and what is unknown is named."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from re import MULTILINE, findall

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cohorts import ATTRIBUTES, OFFERED, STEP_SHIFT, STEPS, cohort
from contract.measures import Counts, terms, value_of
from contract.scales import LEVELS
from tests import strategies  # noqa: F401 its profile of hypothesis


def key(step: str, attributes: Iterable[str]) -> int:
    """The number by which the store counts a step with its attributes."""
    bits = sum(1 << list(ATTRIBUTES).index(name) for name in attributes)
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
        ("received[]", "is not of the form"),
        ("received[online", "is not of the form"),
    ],
)
def test_what_is_no_cohort_is_named(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        cohort(text)


CASE = st.tuples(st.sampled_from(list(STEPS)), st.frozensets(st.sampled_from(list(ATTRIBUTES))))


@given(st.dictionaries(CASE, st.integers(1, 9)), CASE, st.frozensets(st.sampled_from(list(ATTRIBUTES))))
def test_a_cohort_is_what_a_look_at_each_dossier_finds(
    cases: dict[tuple[str, frozenset[str]], int], asked: tuple[str, frozenset[str]], without: frozenset[str]
) -> None:
    step, wanted = asked
    unwanted = without - wanted
    words = [*sorted(wanted), *(f"not {name}" for name in sorted(unwanted))]
    text = f"{step}[{', '.join(words)}]" if words else step
    expected = sum(n for (took, has), n in cases.items() if took == step and wanted <= has and not has & unwanted)
    assert cohort(text).count({key(*case): n for case, n in cases.items()}) == expected


def test_the_attributes_leave_room_for_the_step() -> None:
    assert len(ATTRIBUTES) <= STEP_SHIFT


def test_the_store_sets_the_bits_that_the_contract_reads() -> None:
    """Every line of SQL that shifts a bit names its attribute or its step."""
    warehouse = files("warehouse")
    numbers = ("0_procedures", "1_dossier_folds", "1_petitions", "2_dossiers")
    folds = ("migrations/0003_folds.sql", *(f"recompute/{name}.sql" for name in numbers))
    told = "".join(warehouse.joinpath(path).read_text() for path in folds)
    shifted = findall(r"bitShiftLeft\(.*UInt64, (\d+)\).* -- (\w+)$", told, MULTILINE)
    assert sorted((int(bit), name) for bit, name in shifted) == list(enumerate(ATTRIBUTES))
    assert told.count("bitShiftLeft(") == len(ATTRIBUTES)
    days = warehouse.joinpath("migrations/0004_dossier_days.sql").read_text()
    tested = findall(r"bitTest\(attributes, (\d+)\), -- (\w+)$", days, MULTILINE)
    assert len(tested) == days.count("bitTest(")
    assert set(tested) <= {(str(bit), name) for bit, name in enumerate(ATTRIBUTES)}
    numbered = findall(rf"bitShiftLeft\((\d+)::UInt64, {STEP_SHIFT}\).* -- (\w+)$", days, MULTILINE)
    assert [(int(number), name) for number, name in numbered] == list(enumerate(STEPS, 1))[:-3]
    assert "bitShiftLeft(6::UInt64, 56) + attributes" in warehouse.joinpath("queries/procedure_counts.sql").read_text()
    assert list(STEPS)[5:] == [OFFERED, "petitioned", "petition_due"]
    petitions = warehouse.joinpath("queries/petition_counts.sql").read_text()
    assert findall(r"bitShiftLeft\((\d)::UInt64, 56\) .* -- (\w+)$", petitions, MULTILINE) == [
        ("7", "petitioned"),
        ("8", "petition_due"),
    ]


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
