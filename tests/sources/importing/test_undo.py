"""``hailong import --undo``: what it shows, what goes, what stays, and what ingest says to that import afterwards."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from commands.main import app
from runtime.settings import Settings
from sources.importing.importer import run
from sources.importing.undo import undo
from tests.ingest.test_http import HOME, ingest_in, summarize, tap
from tests.support import Stack, event, rating, unit

SHEET = Path(__file__).parents[2] / "samples" / "import" / "post_office.csv"
MAPPING = Path(__file__).parents[3] / "mappings" / "post-office.yaml"
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-10"}
PLACES = ("H26.UNDO.004", "H26.UNDO.005")


def mapping_named(name: str, folder: Path) -> Path:
    """The post office's mapping under another name, for places that no other test asks for."""
    path = folder / f"{name}.yaml"
    text = MAPPING.read_text(encoding="utf-8").replace("mapping: post-office", f"mapping: {name}")
    path.write_text(text.replace("H26.66.01.", "H26.UNDO."), encoding="utf-8")
    return path


@pytest.mark.stack
def test_an_import_is_taken_back_and_the_mended_one_counts(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stack.send([unit(place) for place in PLACES]) == []
    live = rating(PLACES[0], "2026-11-03T09:00:00+07:00", source="live/undo")
    assert stack.send([live]) == []
    stack.wait_stored("live/undo", 1)
    before = {place: stack.get("/v1/ratings", unit=place, **NOVEMBER)["total"] for place in PLACES}
    run(stack.settings, SHEET, mapping_named("wrong", tmp_path))
    dossier = event("dossier.accepted", "UNDO-1", live["time"], unit=PLACES[0], source="import/wrong")
    assert stack.send([dossier]) == []
    stack.wait_stored("import/wrong", 5)
    assert stack.get("/v1/dossiers/UNDO-1")["steps"][0]["retracted"] is False
    capsys.readouterr()

    assert undo(stack.settings, "wrong", "HCC", "sai cột", lambda _question: False) == 2
    assert "brought 5 events, 5 of them are counted" in capsys.readouterr().out
    assert stack.get("/v1/imports", source="import/wrong")["retracted"] is None

    assert undo(stack.settings, "wrong", "HCC", "sai cột", lambda _question: True) == 0
    shown = capsys.readouterr().out
    assert "taken back: 5 events are in no figure any more" in shown
    assert {place: stack.get("/v1/ratings", unit=place, **NOVEMBER)["total"] for place in PLACES} == before
    assert stack.get("/v1/counts", source="import/wrong") == {"source": "import/wrong", "rows": 5, "stored": 0}
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        stack.get("/v1/dossiers/UNDO-1")
    assert undo(stack.settings, "import/wrong", "HCC", "noch einmal", lambda _question: True) == 0
    assert "already taken back" in capsys.readouterr().out

    assert run(stack.settings, SHEET, mapping_named("wrong", tmp_path)) == 2
    assert "give the mended mapping another name" in capsys.readouterr().out.replace("\n", " ")
    run(stack.settings, SHEET, mapping_named("mended", tmp_path))
    after = {place: stack.get("/v1/ratings", unit=place, **NOVEMBER)["total"] for place in PLACES}
    assert sum(after.values()) == sum(before.values()) + 4


@pytest.mark.stack
def test_an_import_that_nobody_knows_is_named_with_those_that_are(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert undo(stack.settings, "never-heard-of", "HCC", "?", lambda _question: True) == 1
    assert "no event came from the source 'import/never-heard-of'" in capsys.readouterr().out.replace("\n", " ")


def test_it_is_said_who_and_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("commands.imports.read_settings", lambda: Settings(state_dir=tmp_path))
    assert CliRunner().invoke(app, ["import", "--undo", "wrong", "--yes"]).exit_code == 2
    assert CliRunner().invoke(app, ["import"]).exit_code == 2


def test_ingest_takes_nothing_new_of_it_and_what_it_knows_as_ever(tmp_path: Path) -> None:
    known, new, other = (tap(source=source) for source in ("import/wrong", "import/wrong", "import/other"))
    by = {"by": "HCC", "reason": "sai cột"}
    word = event("import.retracted", "import/wrong", known["time"], unit="H26.01", **by)
    of_live = event("import.retracted", "live", known["time"], unit="H26.01", **by)
    with ingest_in(tmp_path, HOME) as ingest:
        assert summarize(ingest.send(known)) == (202, 1, [])
        assert summarize(ingest.send(of_live, word)) == (202, 1, [(0, "invalid_value")])
    # Also after a restart, while Kafka is away.
    with ingest_in(tmp_path, HOME) as ingest:
        answer = ingest.send(known, new, other)
        assert summarize(answer) == (202, 2, [(1, "forbidden")])
        assert "give the mended mapping another name" in answer.json()["rejected"][0]["detail"]
        figures = ingest.metrics()
        # The unit that is told at each start, and the event that was known.
        assert figures["hailong_ingest_events_repeated_total"] == 2
        assert figures["hailong_ingest_events_received_total"] == 4
