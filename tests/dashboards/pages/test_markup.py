"""Markup is made in one module, and escapes all that is not markup already."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dashboards.pages.parts.html import Html, choice, join, link, tag
from dashboards.pages.parts.tables import bar, cell, row, table

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "dashboards" / "pages"
MARKUP = re.compile(r"</?[a-z]")


def strings(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_one_module_alone_writes_markup() -> None:
    writers = [
        path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.py") if any(map(MARKUP.search, strings(path)))
    ]
    assert writers == ["parts/html.py"]


def test_no_module_escapes_by_itself() -> None:
    escaping = [path.name for path in PAGES.rglob("*.py") if re.search(r"\bescape\b", path.read_text(encoding="utf-8"))]
    assert escaping == ["html.py"]


@pytest.mark.parametrize("name", ["<b>x</b>", '"><script>', "a & b"])
def test_text_and_attributes_are_escaped_and_markup_is_not_escaped_twice(name: str) -> None:
    item = tag("li", name, tag("b", name), title=name)
    assert item.count("<") == 4
    assert name not in item
    assert join([item, item]) == item * 2
    # What is put together without `join` is text again.
    assert tag("p", f"{item}").count("<") == 2


def test_hidden_marks_of_others_are_not_shown() -> None:
    assert tag("td", "a\u202eb") == "<td>ab</td>"


def test_attributes_bear_the_names_of_html() -> None:
    assert tag("i", kind="bar", aria_label="1", title=None) == '<i class="bar" aria-label="1"></i>'
    assert link("?a=1&b=2", "A") == '<a href="?a=1&amp;b=2" target="_self">A</a>'


def test_a_choice_marks_the_one_that_is_looked_at() -> None:
    shown = choice({"a": ("A", "?a"), "b": ("B", "?b")}, "b")
    assert re.findall(r'aria-current="true">(.)', shown) == ["B"]


def test_a_table_has_a_caption_and_marks_the_own_row() -> None:
    shown = table("ranking", "Units", ["Unit"], [row(cell("A"), is_own=True), row(cell("B"))])
    assert shown.startswith('<table class="ranking"><caption>Units</caption>')
    assert '<tr class="own" aria-current="true"><td>A</td></tr><tr><td>B</td></tr>' in shown


def test_a_bar_needs_a_value_and_its_interval() -> None:
    assert bar(None, (1, 2), None, 100) == bar(50, None, None, 100) == Html()
    shown = bar(50, (40, 60), 45, 50)
    assert 'aria-label="40.0 – 60.0"' in shown
    assert "left:80.0%;width:40.0%" in shown
    assert 'class="target" style="left:90.0%"' in shown
