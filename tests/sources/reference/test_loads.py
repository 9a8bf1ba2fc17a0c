"""Loading reference data is an event: who, when, from what, and what it changed."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from commands.main import app
from contract.reference.changes import changes, folder_hash
from tests.contract.test_reference_files import AS_OF, UNITS, parsed
from tests.support import Stack, wait_until

LOADED = UNITS.replace("H26", "RL26")


def test_lines_are_new_changed_or_unchanged_against_what_is_known() -> None:
    before = parsed(units=UNITS).events
    targets = AS_OF + "indicator,unit,op,value,valid_from,source\nSAT_CSAT,H26,>=,95,2025-01-01,plan\n"
    after = parsed(units=UNITS.replace("Branch", "First branch"), targets=targets).events
    assert changes(after, before) == {
        "units.csv": {"lines": 3, "new": 0, "changed": 1, "unchanged": 2},
        "targets.csv": {"lines": 1, "new": 1, "changed": 0, "unchanged": 0},
    }
    assert changes(after, None) == {"units.csv": {"lines": 3}, "targets.csv": {"lines": 1}}


def test_the_hash_is_of_names_and_texts_in_any_order() -> None:
    assert folder_hash({"a.csv": "1", "b.csv": "2"}) == folder_hash({"b.csv": "2", "a.csv": "1"})
    assert folder_hash({"a.csv": "1", "b.csv": "2"}) != folder_hash({"a.csv": "2", "b.csv": "1"})


@pytest.mark.stack
def test_each_load_is_told_with_who_when_and_what_changed(stack: Stack, tmp_path: Path) -> None:
    folder = tmp_path / "of-ours"
    folder.mkdir()
    variables = {
        "HAILONG_API_URL": stack.settings.api_url,
        "HAILONG_INGEST_URL": stack.settings.ingest_url,
        "HAILONG_API_KEY": stack.key,
    }

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["reference", *arguments], env=variables)
        assert result.exit_code == 0, result.output
        return result.output

    def loads() -> list[dict[str, Any]]:
        return [load for load in stack.get("/v1/reference/loads")["loads"] if load["name"] == "of-ours"]

    (folder / "units.csv").write_text(LOADED, encoding="utf-8")
    run("load", str(folder), "--by", "Sở A")
    wait_until(lambda: len(loads()) == 1, 30)
    (folder / "units.csv").write_text(LOADED.replace("Branch", "First"), encoding="utf-8")
    run("load", str(folder))
    wait_until(lambda: len(loads()) == 2, 30)
    later, first = loads()
    assert (first["unit"], first["by"], later["by"]) == ("RL26", "Sở A", getpass.getuser())
    assert first["files"] == {"units.csv": {"lines": 3, "new": 3, "changed": 0, "unchanged": 0}}
    assert later["files"] == {"units.csv": {"lines": 3, "new": 0, "changed": 1, "unchanged": 2}}
    assert first["sha256"] == folder_hash({"units.csv": LOADED})
    assert first["time"] < later["time"]
    assert "of-ours" in run("history")
