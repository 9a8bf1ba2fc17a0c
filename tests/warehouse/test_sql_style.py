"""SQL outside the migrations names bits, steps and the zone, and its placeholders all stand for something."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from contract.indicators.cohorts import ATTRIBUTES, STEPS, cohort
from warehouse.sql import Room, UnknownPlaceholderError, fill_placeholders, sql_files, statement

ROOT = Path(__file__).parents[2]
WIDTH = 120
BARE_BIT = re.compile(
    r"bitShiftLeft\([^{}]*UInt64, \d|bitTest(?:All|Any)?\(\w+(?:, \d+)+\)|bitAnd\(\w*attributes, \d|bitShiftLeft\(\d"
)
ZONE = "Asia/Ho_Chi_Minh"
FILES_WITH_ZONE = 3
FILES = [
    path
    for path in sorted((ROOT / "warehouse").rglob("*.sql"))
    if path.relative_to(ROOT).parts[1] not in {"migrations", "schema.sql"}
]
ROOMS: tuple[Room, ...] = get_args(Room)


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_statement_has_the_number_of_a_bit() -> None:
    assert lines_with(BARE_BIT) == []


@pytest.mark.parametrize(
    "line", ["bitShiftLeft(1::UInt64, 43)", "bitTest(x, 20)", "bitAnd(attributes, 6)", "bitTestAll(attributes, 1, 2)"]
)
def test_a_bare_bit_is_noticed(line: str) -> None:
    assert BARE_BIT.search(line)


def test_the_zone_is_named_by_its_placeholder() -> None:
    assert len({line.partition(":")[0] for line in lines_with(re.compile(ZONE))}) <= FILES_WITH_ZONE


def test_lines_are_no_wider_than_code() -> None:
    assert lines_with(re.compile(rf".{{{WIDTH + 1}}}")) == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_placeholder_stands_for_something(room: Room) -> None:
    for name in sql_files(room):
        assert not re.search(r"\{[a-z_]+(?::[a-z_]+)?\}", statement(room, name)), name


@pytest.mark.parametrize(
    "placeholder", ["{zon}", "{attribute:onlin}", "{step:eaten}", "{include:nothing}", "{bit:online}"]
)
def test_an_unknown_placeholder_is_named_with_its_file(placeholder: str) -> None:
    with pytest.raises(UnknownPlaceholderError, match=f"warehouse/x.sql: {re.escape(placeholder)}"):
        fill_placeholders(f"SELECT {placeholder}", "warehouse/x.sql")


def test_parameters_of_clickhouse_stay() -> None:
    text = "SELECT {step:String}, {units:Array(String)}, {end:DateTime64(3, 'UTC')}"
    assert fill_placeholders(text, "warehouse/x.sql") == text


def test_placeholders_have_the_numbers_of_the_contract() -> None:
    name = list(ATTRIBUTES)[9]
    bit = int(fill_placeholders(f"{{attribute:{name}}}", ""))
    assert cohort(f"received[{name}]").wanted - cohort("received").wanted == 1 << bit
    for step in STEPS:
        number, shift = re.findall(r"\d+(?=::|\))", fill_placeholders(f"{{step:{step}}}", ""))
        assert cohort(step).wanted == int(number) << int(shift)


def test_folders_of_sql_are_short() -> None:
    folders: dict[Path, int] = {}
    for path in FILES:
        folders[path.parent] = folders.get(path.parent, 0) + 1
    assert max(folders.values()) <= 15, folders
