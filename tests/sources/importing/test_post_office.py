"""Ratings that the post office collected, from its sheet to the figures."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from contract.events.envelope import AnyEvent, decode
from contract.events.refusals import Refusal
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, Rejected
from sources.importing.events_of_file import read_events
from sources.importing.importer import run
from sources.mapping.mapping_file import load
from tests.support import Stack, unit

SHEET = Path(__file__).parents[2] / "samples" / "import" / "post_office.csv"
MAPPING = Path(__file__).parents[3] / "mappings" / "post-office.yaml"
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-10", "channel": "post", "comments": "true"}


def made() -> tuple[list[AnyEvent | Refusal], list[Rejected]]:
    mapping = load(MAPPING)
    found = list(read_events(SHEET, mapping, CompiledMapping(mapping)))
    events = [decode(one.line) for one in found if isinstance(one, MappedEvent)]
    return events, [one for one in found if isinstance(one, Rejected)]


def test_each_row_is_a_rating_of_the_place_that_the_post_office_means() -> None:
    ratings = [event for event in made()[0] if not isinstance(event, Refusal)]
    told = [(event.data.unit, event.data.score, event.data.comment) for event in ratings]
    assert sorted(told, key=lambda one: -one[1]) == [
        ("H26.66.01.005", 5, None),
        ("H26.66.01.005", 4, "Nhân viên bưu điện giao tận nhà"),
        ("H26.66.01.005", 3, None),
        ("H26.66.01.004", 1, "Phải đi lại ba lần, gọi cho tôi theo số 0912 345 678"),
    ]
    assert {(event.type, event.data.channel, event.data.scale) for event in ratings} == {
        ("rating.submitted", "post", "csat5")
    }
    assert {event.subject for event in ratings} == {event.data.dossier for event in ratings}
    assert {event.time.isoformat() for event in ratings if event.data.score == 1} == {"2026-11-02T17:00:00+00:00"}


def test_a_place_that_is_not_listed_and_a_score_that_is_none_are_named() -> None:
    events, rejected = made()
    assert [(one.place, one.column, one.reason) for one in rejected] == [
        (6, "Bưu cục", "'BC Đống Đa' is not listed under translate")
    ]
    assert [event.detail for event in events if isinstance(event, Refusal)] == [
        "data.score: 7 is outside csat5, which has 1 to 5"
    ]


@pytest.mark.stack
def test_the_sheet_is_counted_once_however_often_it_comes_and_comments_are_masked(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stack.send([unit("H26.66.01.004"), unit("H26.66.01.005")]) == []
    assert run(stack.settings, SHEET, MAPPING) == 1
    once = counted(stack)
    printed = capsys.readouterr().out
    assert "BC Đống Đa" in printed
    assert "skipped by the mapping's rules" in printed
    assert [(row["score"], row["channel"]) for row in once["H26.66.01.004"]] == [(1, "post")]
    (complaint,) = (row["comment"] for row in once["H26.66.01.004"])
    assert "Phải đi lại ba lần" in complaint
    assert "345" not in complaint
    assert sorted(row["score"] for row in once["H26.66.01.005"]) == [3, 4, 5]
    # The next month's sheet often has this month's rows in it, in another order.
    head, *rows = SHEET.read_text(encoding="utf-8").splitlines()
    again = tmp_path / "again.csv"
    again.write_text("\n".join([head, *reversed(rows)]), encoding="utf-8")
    shutil.copy(SHEET, tmp_path / "same.csv")
    for file in ("again.csv", "same.csv"):
        run(stack.settings, tmp_path / file, MAPPING)
        assert counted(stack) == once


def counted(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    return {
        code: stack.get("/v1/ratings", unit=code, **NOVEMBER)["ratings"] for code in ("H26.66.01.004", "H26.66.01.005")
    }
