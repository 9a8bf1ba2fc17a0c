"""The ways that CONTRIBUTING.md walks through the code lead through functions that exist."""

from __future__ import annotations

import re

import pytest

from tests.source_code import ROOT, functions_in, parse

SECTION = "## Follow one event, one figure, one row\n"
STEP = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \|", re.MULTILINE)
STEPS = STEP.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0])


def test_contributing_walks_three_ways() -> None:
    assert len(STEPS) > 20


@pytest.mark.parametrize(("file", "function"), STEPS, ids=lambda value: value)
def test_each_step_is_a_function_of_its_file(file: str, function: str) -> None:
    if file.endswith(".py"):
        names = set(functions_in(parse(file)))
    else:
        names = set(re.findall(r"\w+", (ROOT / file).read_text(encoding="utf-8")))
    assert function in names
