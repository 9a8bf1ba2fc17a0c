"""What the head of each model states, and the order that follows from it. Pure but for reading the files.

A model is a statement that fills one derived table. Its head has a line for each of:

- ``grain``: what a row of its table stands for;
- ``key``: the table's sorting key, by which rows replace one another;
- ``version``: the column by which the newest of equal keys is chosen, if any;
- ``touched by``: the kinds of touched keys that require it (``touched.kind``);
- ``after``: the models that it reads what a batch changed from;
- ``before``: the models whose table it reads as the batches before left it;
- ``rebuild``: ``kept`` when a rebuild from empty does not empty the table.

Folders are read in the order of ``FOLDERS``: no model of the first two reads figures, and all of them come before the
first figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from warehouse.sql import sql_files, statement

REFERENCE, INPUTS = "reference", "inputs"
FOLDERS = (REFERENCE, INPUTS, "folded", "daily", "hourly")
COPIED_BY_VIEWS = ("ratings", "ticket_events", "dossier_events", "due_days")
"""The derived tables that views fill while events are stored (migrations/)."""

_LINE = re.compile(r"-- (grain|key|version|touched by|after|before|rebuild): (.+)")
_TARGET = re.compile(r"^INSERT INTO (\w+)", re.MULTILINE)


class Model(NamedTuple):
    """A model and its head; ``table`` is what its statement writes to."""

    name: str
    folder: str
    table: str
    grain: str
    key: str
    version: str
    touched_by: frozenset[str]
    after: frozenset[str]
    before: frozenset[str]
    is_kept: bool

    @property
    def is_reference(self) -> bool:
        """Whether it holds reference data."""
        return self.folder == REFERENCE

    @property
    def is_figure(self) -> bool:
        """Whether it is made from what reference data and inputs hold."""
        return self.folder not in (REFERENCE, INPUTS)


@cache
def ordered_models() -> tuple[Model, ...]:
    """All models, each behind those that it comes after. ValueError when heads contradict one another."""
    return tuple(order_models(read_head(name, source.folder) for name, source in sql_files("models").items()))


def order_models(models: Iterable[Model]) -> list[Model]:
    """Models in an order that their heads allow: by folder, and by name where the heads leave it open."""
    by_name = {model.name: model for model in models}
    graph = {name: set(model.after) for name, model in by_name.items()}
    for model in by_name.values():
        for name in (*model.after, *model.before):
            if name not in by_name:
                raise ValueError(f"models: {model.name} names {name!r}, which is no model")
        for later in model.before:
            graph[later].add(model.name)
    for model in by_name.values():
        if model.is_figure:
            graph[model.name] |= {name for name, other in by_name.items() if not other.is_figure}
        elif model.folder == INPUTS:
            graph[model.name] |= {name for name, other in by_name.items() if other.is_reference}
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"models: {' after '.join(error.args[1])}") from error
    ordered: list[Model] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=lambda name: (FOLDERS.index(by_name[name].folder), name))
        ordered += [by_name[name] for name in ready]
        sorter.done(*ready)
    return ordered


def reference_tables() -> tuple[str, ...]:
    """The tables of reference data that a rebuild from empty empties."""
    return tuple(model.table for model in ordered_models() if model.is_reference and not model.is_kept)


def derived_tables() -> tuple[str, ...]:
    """All other tables that a rebuild from empty empties."""
    return (
        *COPIED_BY_VIEWS,
        *(model.table for model in ordered_models() if not model.is_reference and not model.is_kept),
    )


def reference_kinds() -> frozenset[str]:
    """The kinds of touched keys that are reference data."""
    return frozenset().union(*(model.touched_by for model in ordered_models() if model.is_reference))


def read_head(name: str, folder: str) -> Model:
    """The head of a model. ValueError names a line that is missing."""
    text = statement("models", name)
    lines = text.partition("\nINSERT INTO")[0].splitlines()
    head = {match[1]: match[2] for match in map(_LINE.fullmatch, lines) if match}
    for needed in ("grain", "key", "touched by"):
        if needed not in head:
            raise ValueError(f"warehouse/models/{folder}/{name}.sql has no line '-- {needed}: …'")
    target = _TARGET.search(text)
    if target is None:
        raise ValueError(f"warehouse/models/{folder}/{name}.sql inserts into no table")

    def listed(key: str) -> frozenset[str]:
        return frozenset(part.strip() for part in head.get(key, "").split(",") if part.strip())

    return Model(
        name,
        folder,
        target[1].removeprefix("remade_"),
        head["grain"],
        head["key"],
        head.get("version", ""),
        listed("touched by"),
        listed("after"),
        listed("before"),
        head.get("rebuild") == "kept",
    )
