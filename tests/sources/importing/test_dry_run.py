"""``hailong import --dry-run`` tells what an import would do and sends nothing; an import tells what was new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from runtime.settings import Settings
from sources.importing.importer import run
from tests.support import Stack, free_port, serving, unit, wait_until

MAPPING = """
mapping: thu
rows: case
case: {column: Số, prefix: DR-}
unit: Đơn vị
time: {zone: Asia/Ho_Chi_Minh, formats: "%d/%m/%Y"}
events:
  - {event: dossier.accepted, time: Nhận, data: {procedure: Thủ tục}}
  - {event: dossier.completed, time: Xong, when: {Xong: present}}
  - event: rating.submitted
    time: Xong
    when: {Điểm: present}
    data: {channel: {constant: paper}, scale: {constant: csat5}, score: Điểm}
"""
TABLE = """Số,Đơn vị,Thủ tục,Nhận,Xong,Điểm
1,DR.01,TT-1,02/05/2024,03/06/2024,5
2,DR.01,TT-1,02/05/2024,,
2,DR.01,TT-2,02/05/2024,,
3,DR.02,TT-1,02/05/2024,07/05/2024,9
4,DR.99,TT-1,02/05/2024,,
5,DR.02,TT-1,31/13/2024,,
6,DR.02,TT-1,02/05/2999,,
"""


class ReadApi(BaseHTTPRequestHandler):
    """Knows two units, and fails whoever sends it something."""

    def do_GET(self) -> None:
        events = [{"type": "unit.defined", "time": "2024-01-01", "subject": f"DR.0{n}", "data": {}} for n in (1, 2)]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"events": events}).encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    with serving(ReadApi) as address:
        yield address


def write_files(folder: Path, table: str = TABLE) -> tuple[Path, Path]:
    (folder / "map.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "so.csv").write_text(table, encoding="utf-8")
    return folder / "so.csv", folder / "map.yaml"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def cells(text: str) -> dict[str, list[str]]:
    """The lines of the tables that were printed, by their first cell."""
    lines = ([cell.strip() for cell in line.strip("│ ").split("│")] for line in text.splitlines() if "│" in line)
    return {first: others for first, *others in lines}


def test_a_dry_run_tells_all_and_sends_nothing(api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(state_dir=tmp_path, api_url=api, ingest_url=f"http://127.0.0.1:{free_port()}")
    assert run(settings, *write_files(tmp_path), dry_run=True) == 1
    text = capsys.readouterr().out
    table = cells(text)
    assert table["rows"] == ["7"]
    assert table["events that would be sent"] == ["10"]
    assert table["… and taken"] == ["6"]
    assert (table["… dossier.accepted"], table["… dossier.completed"], table["… rating.submitted"]) == (
        ["3"],
        ["2"],
        ["1"],
    )
    refusals = {
        reason: table[f"refused: {reason}"]
        for reason in (
            "id_conflict",
            "score_outside_scale, column Điểm",
            "unknown_unit, column Đơn vị",
            "unreadable, column Nhận",
            "time_in_future, column Nhận",
        )
    }
    assert set(map(tuple, refusals.values())) == {("1",)}
    assert table["from, to"] == ["2024-05-02 00:00+07:00 – 2024-06-03 00:00+07:00"]
    assert table["figures touched"] == ["3 months of 2 units, 2024-05 to 2024-06"]
    assert table["DR.01"] == ["4", "2024-05 to 2024-06 (2)", "yes"]
    assert table["DR.99"] == ["1", "—", "no: refused"]
    assert "so.csv: line 4, case DR-2: id_conflict: id:" in text
    assert "nothing was sent" in text


def test_the_first_event_of_each_type_is_shown_as_it_would_be_sent(
    api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(Settings(state_dir=tmp_path, api_url=api), *write_files(tmp_path), dry_run=True)
    text = capsys.readouterr().out
    decoder, events, place = json.JSONDecoder(), [], text.find("{\n")
    while place >= 0:
        event, end = decoder.raw_decode(text, place)
        events.append(event)
        place = text.find("{\n", end)
    assert [event["type"] for event in events] == ["dossier.accepted", "dossier.completed", "rating.submitted"]
    assert events[0]["data"] == {"unit": "DR.01", "procedure": "TT-1"}


def test_that_units_were_not_looked_up_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(state_dir=tmp_path, api_url=f"http://127.0.0.1:{free_port()}")
    good = "\n".join(TABLE.splitlines()[:3])
    assert run(settings, *write_files(tmp_path, good), dry_run=True) == 0
    assert "whether units are known was not looked up" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_ends_a_dry_run_as_it_ends_an_import(api: str, tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, api_url=api)
    assert run(settings, *write_files(tmp_path, "Số,Nhận\n"), dry_run=True) == 2


@pytest.mark.stack
def test_an_import_tells_what_was_new_and_a_dry_run_stores_nothing(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stack.send([unit("DR.01"), unit("DR.02")]) == []
    wait_until(lambda: "DR.02" in {event["subject"] for event in stack.get("/v1/reference")["events"]}, 60)
    lines = TABLE.splitlines()
    file, mapping = write_files(tmp_path, "\n".join(lines[:3]))
    assert run(stack.settings, file, mapping, dry_run=True) == 0
    assert stack.get("/v1/counts", source="import/thu")["rows"] == 0
    news = []
    for table in (lines[:3], lines[:3], [*lines[:3], "7,DR.02,TT-1,02/05/2024,,"]):
        file.write_text("\n".join(table), encoding="utf-8")
        capsys.readouterr()
        assert run(stack.settings, file, mapping) == 0
        counts = cells(capsys.readouterr().out)
        news.append((counts["… new"], counts["… known already"]))
    nothing = "none: all of it was known already, nothing was changed"
    assert news == [(["4"], ["0"]), ([nothing], ["4"]), (["1"], ["4"])]
