"""Reference data written as files tell the same of everything when they are read again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from commands.main import app
from contract.reference.export import texts
from contract.reference.files import parse
from sources.reference import load as reference
from tests.support import Stack, event, unit, wait_until

EARLY, LATER = "2026-01-01T00:00:00+07:00", "2026-02-01T00:00:00+07:00"
CUTOFFS: list[dict[str, str | None]] = [{"valid_from": "2024-07-01", "at": "15:00"}, {"valid_from": "2026-03-01"}]


def state(events: Iterable[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
    return {(each["type"], each["subject"], each["data"].get("valid_from", "")): each["data"] for each in events}


def read_again(files: dict[str, str]) -> list[dict[str, Any]]:
    found = parse(files, "reference/test", lambda _device: "0" * 64)
    assert found.faults == []
    return found.events


def test_hanoi_comes_back_as_it_was() -> None:
    loaded = reference.read(None).events
    tokens = {"token_sha256": "0" * 64}
    expected = {key: {**data, **(tokens if "token_sha256" in data else {})} for key, data in state(loaded).items()}
    assert len(expected) > 1_000
    assert state(read_again(texts(loaded))) == expected


def test_the_last_word_is_written_and_what_was_taken_back_is_not() -> None:
    told = [
        unit("H26", level="city", name_vi='Hà Nội, "thủ đô"'),
        event("procedure.published", "P-1", EARLY, unit="H26", name_vi="Một", term=5),
        event("procedure.updated", "P-1", LATER, unit="H26", name_vi="Một", term=7, posted=True, cutoffs=CUTOFFS),
        event("procedure.published", "P-2", EARLY, unit="H26", name_vi="Hai"),
        event("procedure.abolished", "P-2", LATER, unit="H26"),
        event("device.paired", "T-1", EARLY, unit="H26", token_sha256="1" * 64),
        event("device.revoked", "T-1", LATER, unit="H26"),
        event("point.capability", "H26", EARLY, unit="H26", e_certified_copy=True),
        event("point.capability", "H26", LATER, unit="H26", results_in_force=9),
    ]
    files = texts(reversed(told))
    assert list(files) == ["units.csv", "procedures.csv", "points.csv"]
    found = state(read_again(files))
    assert found["unit.defined", "H26", "2010-01-01"]["name_vi"] == 'Hà Nội, "thủ đô"'
    procedures = {key[1]: data for key, data in found.items() if key[0] == "procedure.published"}
    assert {code: (data["term"], data["posted"]) for code, data in procedures.items()} == {"P-1": (7, True)}
    assert procedures["P-1"]["cutoffs"] == [CUTOFFS[0], {**CUTOFFS[1], "at": None}]
    assert found["point.capability", "H26", ""] == {"unit": "H26", "e_certified_copy": True, "results_in_force": 9}


def test_what_tablets_show_comes_back_as_it_was() -> None:
    told = [
        unit("H26", level="city"),
        event("device.paired", "T-1", EARLY, unit="H26", token_sha256="0" * 64),
        event("device.configured", "H26", EARLY, unit="H26", faces=5, mirrored=True),
        event("device.configured", "H26", LATER, unit="H26", languages=["en", "vi"], idle_s=30, follow_up=False),
        event("device.configured", "T-1", EARLY, unit="H26", device="T-1", faces=3, large_text=True),
    ]
    files = texts(reversed(told))
    assert list(files) == ["units.csv", "tablets.csv", "configurations.csv"]
    found = {key[1]: data for key, data in state(read_again(files)).items() if key[0] == "device.configured"}
    assert found == {
        "H26": {"unit": "H26", "languages": ["en", "vi"], "idle_s": 30, "follow_up": False},
        "T-1": {"unit": "H26", "device": "T-1", "faces": 3, "large_text": True},
    }


def test_a_revoked_tablets_configuration_stays_for_who_pairs_it_again() -> None:
    told = [
        unit("H26", level="city"),
        event("device.configured", "T-1", EARLY, unit="H26", device="T-1", faces=3),
        event("device.revoked", "T-1", LATER, unit="H26"),
    ]
    assert "T-1,H26,T-1,3" in texts(told)["configurations.csv"]


@given(st.text(st.sampled_from(" ,;\"'#=a\n\r\t\x0b\x0c\x1c\x85\u2028\u2029Đế"), min_size=1, max_size=12))
@settings(deadline=None)
def test_a_name_of_any_signs_is_loaded_again(name: str) -> None:
    assume(name.count(",") < 3)  # lines that look like rows of the file are refused
    (back,) = read_again(texts([unit("H26", level="city", name_vi=f"a{name}b")]))
    assert back["data"]["name_vi"] == f"a{name}b"


@pytest.mark.stack
def test_a_running_system_writes_what_it_knows_and_never_over_files(stack: Stack, tmp_path: Path) -> None:
    assert stack.send([unit("RX", level="city", name_vi="Đơn vị xuất ra")]) == []
    variables = {"HAILONG_API_URL": stack.settings.api_url}
    folder = tmp_path / "out"
    wait_until(lambda: any(word["subject"] == "RX" for word in stack.get("/v1/reference")["events"]), 30)
    told = CliRunner().invoke(app, ["reference", "export", str(folder)], env=variables)
    assert told.exit_code == 0, told.output
    assert "Đơn vị xuất ra" in (folder / "units.csv").read_text(encoding="utf-8")
    again = CliRunner().invoke(app, ["reference", "export", str(folder)], env=variables)
    assert again.exit_code == 1
    assert "already" in again.output
    assert "token" not in "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
