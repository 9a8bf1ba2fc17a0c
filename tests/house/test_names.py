"""Names are plain: none without meaning, and none that stands for two things in different stages."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_code import ROOT, listed_files

STAGES = (
    *("contract", "runtime", "warehouse", "ingest", "feedback_app", "sources", "stream", "dashboards", "local"),
    "commands",
)
BANNED = frozenset({"told", "found", "said", "word", "words", "asked", "lent", "thing", "things"})
"""They say that something is there, not what it is."""

PUBLIC_FIELDS = frozenset({"lent_by", "told_at", "told"})
"""Fields of answers and of rule files, which others read."""

ALLOWED = (
    PUBLIC_FIELDS
    | {"NOT_FOUND", "WORDS_A_MINUTE", "_PROTOCOL_WORDS"}
    | {f"_{kind}_WORD" for kind in ("ACCOUNT", "IDENTITY", "PHONE")}
    | {"_WORD_START"}
)
"""Public fields, an HTTP status, and names that mean words of a text."""

SHARED_CLASSES = frozenset(
    {
        *("Acknowledgement", "Answer", "Band", "Batch", "Calendar", "Closed", "Comparison", "Difference", "Dossier"),
        *("Figure", "Freshness", "Funnel", "Lane", "Pairings", "Part", "Period", "Petition", "Point", "Rating"),
        *("Recount", "Reference", "Refused", "Row", "Score", "Step", "Tablet", "Target", "Texts", "Units", "Work"),
    }
)
"""Names that still stand in more than one stage; a name that needs to be added here needs another name instead."""


def product_files() -> list[Path]:
    """Every Python file of the product."""
    return [ROOT / name for name in listed_files(*STAGES) if name.endswith(".py")]


def bound_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every name that a module binds, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


@pytest.mark.parametrize("stage", STAGES)
def test_no_name_is_without_meaning(stage: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in product_files()
        if path.is_relative_to(ROOT / stage)
        for line, name in bound_names(ast.parse(path.read_text(encoding="utf-8")))
        if BANNED & set(name.lower().strip("_").split("_")) and name not in ALLOWED
    ]
    assert not wrong


def test_a_class_name_stands_in_one_stage() -> None:
    stages = defaultdict[str, set[str]](set)
    for path in product_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                stages[node.name].add(path.relative_to(ROOT).parts[0])
    twice = {name: sorted(where) for name, where in stages.items() if len(where) > 1}
    assert twice.keys() == SHARED_CLASSES, twice
