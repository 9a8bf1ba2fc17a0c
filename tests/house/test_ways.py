"""The ways that CONTRIBUTING.md walks through the code lead through functions that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = "## Follow one event, one figure, one row\n"
STEP = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \|", re.MULTILINE)
STEPS = STEP.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0])


def test_contributing_walks_three_ways() -> None:
    assert len(STEPS) > 20


@pytest.mark.parametrize(("file", "function"), STEPS, ids=lambda value: value)
def test_each_step_is_a_function_of_its_file(file: str, function: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    names = set(_functions(ast.parse(text))) if file.endswith(".py") else set(re.findall(r"\w+", text))
    assert function in names


def _functions(node: ast.AST, prefix: str = "") -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}"
