"""Models: what their heads state is what the tables are, and each comes behind what it reads."""

from __future__ import annotations

import re

import pytest
from clickhouse_connect.driver.client import Client

from warehouse.models.order import COPIED_BY_VIEWS, FOLDERS, Model, order_models, ordered_models
from warehouse.sql import statement

MODELS = ordered_models()
PLACES = {model.name: place for place, model in enumerate(MODELS)}
WRITERS = {model.table: model.name for model in MODELS if model.table != "touched"}
KINDS_WRITTEN = {
    "dossier": {"touched_by_reference", "touched_by_petitions", "touched_by_replacements"},
    "petition": {"touched_by_reference"},
    # By a view of the rows of dossier_days (migrations/0004_dossier_days.sql).
    "dossier_day": {"dossier_days"},
    # Rows of the hours that events touch are read before these are known: they hold no reference data.
    "rated_hour": {"touched_by_replacements"},
}
"""The kinds of touched keys that models add, by the models that do."""


def tables_read(model: Model) -> set[str]:
    """The tables after FROM and JOIN in a model's statement, but for its own."""
    text = re.sub(r"--.*", "", statement("models", model.name))
    views = {"unit_paths": "units", "marks_of_dossiers": "dossier_days"}
    return {views.get(name, name) for name in re.findall(r"(?:FROM|JOIN)\s+(\w+)", text)} - {model.table}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_each_model_comes_behind_those_that_it_reads(model: Model) -> None:
    for table in tables_read(model) & WRITERS.keys():
        writer = WRITERS[table]
        if writer in model.before:
            assert PLACES[writer] > PLACES[model.name]
        else:
            assert PLACES[writer] < PLACES[model.name], writer


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_each_model_comes_behind_those_that_touch_its_keys(model: Model) -> None:
    text = re.sub(r"--.*", "", statement("models", model.name))
    kinds = {kind for listed in re.findall(r"kind (?:=|IN) \(?((?:'\w+'(?:, )?)+)", text) for kind in listed.split("'")}
    for kind in kinds & KINDS_WRITTEN.keys():
        for writer in KINDS_WRITTEN[kind] - {model.name}:
            if "INSERT INTO touched" not in text:
                assert PLACES[writer] < PLACES[model.name], (kind, writer)


def test_reference_data_comes_first_then_what_figures_are_made_from() -> None:
    phases = [min(FOLDERS.index(model.folder), 2) for model in MODELS]
    assert phases == sorted(phases)
    assert [model.name for model in MODELS if model.is_reference][-1] == "reference_ids"
    assert MODELS[-1].name == "hours_of_events"


def test_only_figures_leave_out_what_was_retracted() -> None:
    assert not [
        model.name for model in MODELS if not model.is_figure and "{retracted:" in statement("models", model.name)
    ]


def test_the_heads_state_the_keys_and_versions_of_the_tables(store: Client) -> None:
    rows = store.query("SELECT name, sorting_key, engine_full FROM system.tables WHERE database = currentDatabase()")
    tables = {name: (key, engine.partition("Tree(")[2].partition(")")[0]) for name, key, engine in rows.result_rows}
    for model in MODELS:
        assert (model.key, model.version) == tables[model.table], model.name
    assert tables.keys() >= set(COPIED_BY_VIEWS)


def test_the_kinds_that_touch_models_are_those_of_the_store(store: Client) -> None:
    enum = store.query("SELECT type FROM system.columns WHERE table = 'touched' AND name = 'kind'").result_rows[0][0]
    kinds = set(re.findall(r"'(\w+)'", enum))
    # A day of dossiers is touched within a recomputation, and a line that cannot be read touches nothing.
    assert frozenset().union(*(model.touched_by for model in MODELS)) == kinds - {"dossier_day", "unreadable"}


def a_model(name: str, after: str = "", before: str = "") -> Model:
    return Model(
        name, "daily", name, "", "", "", frozenset(), frozenset(after.split()), frozenset(before.split()), False
    )


def test_models_are_ordered_by_their_heads() -> None:
    ordered = order_models([a_model("a", after="c"), a_model("b", before="c"), a_model("c")])
    assert [model.name for model in ordered] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([a_model("a", after="b"), a_model("b", after="a")], "after"),
        ([a_model("a", after="z")], "'z', which is no model"),
    ],
)
def test_heads_that_contradict_one_another_are_named(models: list[Model], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        order_models(models)
