"""What the documents promise about themselves: their size, their numbers, and that every name in them exists."""

from __future__ import annotations

import re
import statistics
from functools import cache
from pathlib import Path

import pytest

from tests.source_code import ROOT, listed_files

DECISIONS = ROOT / "docs" / "decisions"
NUMBERED = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
GUIDES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "mappings").glob("*.md")),
]
SUPERSEDED = re.compile(r"superseded by (\d{4})")
FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
CODE_SUFFIXES = {".py", ".sql", ".js", ".yaml", ".yml", ".toml", ".html", ".jsonl", ".xml", ".json"}
MOST_README_BYTES, MOST_README_LINES, MOST_WORDS_OF_A_SENTENCE = 9_216, 120, 18
MOST_TERMS = 80


@cache
def _code() -> str:
    paths = [Path(name) for name in listed_files() if not name.startswith(("docs/", "tests/house/test_documents"))]
    return "\n".join((ROOT / path).read_text(encoding="utf-8") for path in paths if path.suffix in CODE_SUFFIXES)


@cache
def _names_in_code() -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _code()))


def _names(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_readme_is_one_screen_of_short_sentences() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.encode()) <= MOST_README_BYTES
    assert len(text.splitlines()) <= MOST_README_LINES
    prose = [
        paragraph
        for paragraph in FENCE.sub("", text).split("\n\n")
        if not paragraph.lstrip().startswith(("|", "#", "!", "-"))
    ]
    sentences = [sentence for part in prose for sentence in re.split(r"(?<=[.:])\s+", part) if sentence.strip()]
    assert statistics.median(len(sentence.split()) for sentence in sentences) <= MOST_WORDS_OF_A_SENTENCE


@pytest.mark.parametrize("path", GUIDES, ids=_place)
def test_every_path_in_a_document_exists(path: Path) -> None:
    """Paths (a star or CAPITALS stand for any name), folders, and bare names of modules and statements."""
    assert [name for name in sorted(_names(path.read_text(encoding="utf-8"))) if _is_absent(name)] == []


def _is_absent(name: str) -> bool:
    if re.fullmatch(r"[\w-]+\.(py|sql|js)", name):
        return not any(Path(tracked).name == name for tracked in listed_files())
    top = name.partition("/")[0]
    is_path = re.fullmatch(r"[\w.*-]+(/[\w.*-]+)+/?", name) and any(
        other.startswith(f"{top}/") for other in listed_files()
    )
    if is_path or re.fullmatch(r"[a-z_]+/", name):
        return not any(ROOT.glob(re.sub(r"\b[A-Z_]{2,}\b", "*", name.rstrip("/"))))
    return False


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in NUMBERED] == [f"{number:04d}-" for number in range(1, len(NUMBERED) + 1)]


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem[:4])
def test_a_decision_has_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]}: ")
    status = re.search(r"^- Status: (.+)$", text, re.MULTILINE)
    assert status
    assert re.search(r"^- Date: \d{4}-\d\d-\d\d(, \d{4}-\d\d-\d\d)*$", text, re.MULTILINE)
    if replaced := SUPERSEDED.fullmatch(status[1]):
        assert any(other.name.startswith(f"{replaced[1]}-") for other in NUMBERED if other != path)
    else:
        assert status[1] == "accepted"
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections[:2] == ["Context", "Decision"]
    assert set(sections) <= {"Context", "Decision", "Rejected", "Cost", "Evidence", "Known limit"}


def test_the_index_lists_every_decision_as_it_is() -> None:
    rows = re.findall(
        r"^\| \[(\d{4})\]\((.+?)\) \| (.+?) \| (.+?) \| (.+?) \|$", (DECISIONS / "README.md").read_text(), re.MULTILINE
    )
    assert rows == [_row(path) for path in NUMBERED]


def _row(path: Path) -> tuple[str, ...]:
    text = path.read_text(encoding="utf-8")
    head = re.search(r"^# (\d{4}): (.+)\n\n- Status: (.+)\n- Date: (.+)\n", text)
    assert head
    return head[1], path.name, head[2], head[3], head[4].rpartition(", ")[2]


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem[:4])
def test_a_name_in_an_accepted_decision_is_one_of_the_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if SUPERSEDED.search(text):
        return
    names = {name for name in _names(text) if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name)}
    assert sorted(names - _names_in_code()) == []


def test_the_glossary_is_short_and_its_identifiers_occur_in_the_code() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (`.+?`) \| (.+?) \|$", text, re.MULTILINE)
    assert 40 < len(rows) <= MOST_TERMS
    terms = [english for _, english, _, _ in rows]
    assert len(terms) == len(set(terms))
    identifiers = {name for _, _, cell, _ in rows for name in re.findall(r"`(.+?)`", cell)}
    assert sorted(name for name in identifiers if not re.search(rf"\b{re.escape(name)}\b", _code())) == []


@pytest.mark.parametrize("path", GUIDES, ids=_place)
def test_every_link_to_a_heading_finds_it(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text(encoding="utf-8"))
    absent = [
        f"{file}#{anchor}" for file, anchor in links if anchor not in _anchors(path.parent / file if file else path)
    ]
    assert absent == []


def _anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_test_that_faults_names_exists() -> None:
    named = set(re.findall(r"\btest_\w+", (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")))
    files = [ROOT / name for name in listed_files() if name.startswith("tests/") and name.endswith(".py")]
    functions = {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
    assert sorted(named - functions - {path.stem for path in files}) == []
