"""Tokens of tablets: random, independent of the API key, revoked one by one or all at once."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from commands.main import app
from contract.links.device_token import behind, new_token, token_hash
from runtime.settings import Settings
from sources.links import set_up_tablet
from sources.reference import load as reference
from sources.reference.pair import revoke
from sources.reference.reference_events import paired_since
from sources.reference.tablet_tokens import TabletTokens
from sources.reference.tablets import Tablet, known_tablets, with_tokens
from tests.contract.test_reference_files import AS_OF, UNITS
from tests.ingest.test_http import HOME, KEY, ingest_in
from tests.support import Stack, event, paired, tapped, unit

EARLY, LATE = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
TABLETS = f"{AS_OF}device,unit,counter,kiosk,name\nT-1,H26.01,,exit,Lối ra\nT-2,H26.01,,exit,Cổng\n"


def by_former_rule(key: str, device: str) -> str:
    """A token by the former rule: it could be computed from the key."""
    return hmac.new(key.encode(), device.encode(), hashlib.sha256).hexdigest()


def folder(at: Path, tablets: str = TABLETS) -> Path:
    at.mkdir(exist_ok=True)
    (at / "units.csv").write_text(UNITS, encoding="utf-8")
    (at / "tablets.csv").write_text(tablets, encoding="utf-8")
    return at


def lines(tmp_path: Path, tablets: str = TABLETS) -> list[dict[str, Any]]:
    return reference.read(folder(tmp_path / "reference", tablets)).events


def tablets_after(events: list[dict[str, Any]]) -> dict[str, Tablet]:
    """The tablets as ingest lists them after these pairings."""
    pairings = [event for event in events if event["type"] == "device.paired"]
    return {
        pairing["subject"]: Tablet(
            pairing["subject"],
            pairing["type"],
            datetime.fromisoformat(pairing["time"]),
            pairing["data"]["unit"],
            None,
            pairing["data"]["token_sha256"],
            datetime.fromisoformat(pairing["data"].get("since") or pairing["time"]),
        )
        for pairing in pairings
    }


def test_tokens_are_made_by_chance() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert (len(tokens), min(map(len, tokens))) == (1_000, 43)


def test_each_unpaired_tablet_gets_a_token_in_a_file_for_one_pair_of_eyes(tmp_path: Path) -> None:
    tokens = TabletTokens(tmp_path / "state")
    pairings = with_tokens(lines(tmp_path), {}, tokens)
    hashes = {e["subject"]: e["data"]["token_sha256"] for e in pairings.events if e["type"] == "device.paired"}
    assert hashes == {device: token_hash(tokens.get_or_make(device)) for device in ("T-1", "T-2")}
    assert pairings.new == ["T-1", "T-2"]
    assert tokens.path.stat().st_mode & 0o777 == 0o600
    assert json.loads(tokens.path.read_text()) == {device: tokens.get(device) for device in hashes}


def test_loading_again_sends_the_same_events_and_ends_no_token(tmp_path: Path) -> None:
    tokens = TabletTokens(tmp_path / "state")
    first = with_tokens(lines(tmp_path), {}, tokens)
    # Where the file is lost, or the load is made elsewhere, the tokens stand all the same.
    again = with_tokens(lines(tmp_path), tablets_after(first.events), TabletTokens(tmp_path / "elsewhere"))
    assert (again.events, again.new, again.outdated) == (first.events, [], [])


def test_a_changed_line_keeps_the_token_and_what_was_tapped_before(tmp_path: Path) -> None:
    tokens = TabletTokens(tmp_path / "state")
    first = with_tokens(lines(tmp_path), {}, tokens)
    changed = TABLETS.replace("Cổng", "Cổng chính").replace("2026-01-01T", "2026-11-01T")
    assert changed != TABLETS
    known = tablets_after(first.events)
    for _ in range(2):
        later = with_tokens(lines(tmp_path, changed), known, tokens)
        pairings = [event["data"] for event in later.events if event["type"] == "device.paired"]
        assert [token_hash(tokens.get_or_make(device)) for device in ("T-1", "T-2")] == [
            d["token_sha256"] for d in pairings
        ]
        assert {datetime.fromisoformat(data["since"]) for data in pairings} == {known["T-1"].since}
        known = tablets_after(later.events)


def test_a_line_behind_a_revocation_or_another_pairing_is_left_out(tmp_path: Path) -> None:
    known = {"T-1": Tablet("T-1", "device.revoked", LATE), "T-2": Tablet("T-2", "device.paired", LATE, "H26.01")}
    pairings = with_tokens(lines(tmp_path), known, TabletTokens(tmp_path / "state"))
    assert [event["type"] for event in pairings.events if event["type"].startswith("device")] == []
    assert [event["subject"] for event in pairings.outdated] == ["T-1", "T-2"]


def test_a_revoked_token_is_not_given_again(tmp_path: Path) -> None:
    tokens = TabletTokens(tmp_path / "state")
    stolen = tokens.get_or_make("T-1")
    known = {"T-1": Tablet("T-1", "device.revoked", EARLY)}
    pairings = with_tokens(lines(tmp_path), known, tokens)
    (hashed,) = [e["data"]["token_sha256"] for e in pairings.events if e["subject"] == "T-1"]
    assert hashed == token_hash(tokens.get_or_make("T-1")) != token_hash(stolen)


def test_a_new_pairing_is_later_than_the_former_one_whatever_the_clocks_show() -> None:
    assert behind(None, EARLY) == EARLY
    assert behind(EARLY, LATE) == LATE
    assert behind(LATE, EARLY) == LATE + timedelta(milliseconds=1)


def test_a_tablet_that_is_paired_again_may_hand_in_what_it_tapped_since_it_first_stood_there() -> None:
    words = [
        paired("T-1", "H26.01", "2025-01-01T00:00:00+07:00"),
        event("device.revoked", "T-1", "2025-02-01T00:00:00+07:00", unit="H26.01"),
        paired("T-1", "H26.02", "2025-03-01T00:00:00+07:00"),
        paired("T-1", "H26.01", "2025-04-01T00:00:00Z", since="2024-12-31T00:00:00Z"),
    ]
    assert paired_since(words, "T-1", "H26.01") == "2024-12-31T00:00:00Z"
    assert paired_since(words[:3], "T-1", "H26.02") == "2025-03-01T00:00:00+07:00"
    assert paired_since(words, "T-2", "H26.01") is None


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Settings]:
    """Settings of an ingest that knows a unit; Kafka and the read API are away."""
    with ingest_in(tmp_path, HOME) as ingest:
        yield settings_of(tmp_path, str(ingest.http.base_url).rstrip("/"))


def settings_of(state_dir: Path, url: str, key: str = KEY) -> Settings:
    return Settings(state_dir=state_dir, ingest_url=url, api_key=SecretStr(key), api_url="http://127.0.0.1:1")


def send(settings: Settings, *events: dict[str, Any], token: str = KEY) -> int:
    """The status; 202 only if all were taken."""
    body = b"\n".join(json.dumps(event).encode() for event in events)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    answer = httpx.post(f"{settings.ingest_url}/v1/events", content=body, headers=headers, trust_env=False)
    return 400 if answer.json().get("rejected") else answer.status_code


def tap(settings: Settings, device: str, token: str) -> int:
    return send(settings, tapped(device, "H26.01", datetime.now(UTC).isoformat()), token=token)


def old_pairing(device: str, key: str = KEY) -> dict[str, Any]:
    held = token_hash(by_former_rule(key, device))
    return event("device.paired", device, "2026-01-01T00:00:00Z", unit="H26.01", token_sha256=held)


def test_a_key_makes_no_token_and_a_new_key_ends_none(tmp_path: Path) -> None:
    place = folder(tmp_path / "reference")
    for n, key in enumerate((KEY, "another-key")):
        with ingest_in(tmp_path, *([HOME] if n == 0 else []), api_key=key) as ingest:
            settings = settings_of(tmp_path, str(ingest.http.base_url).rstrip("/"), key)
            if n == 0:
                assert send(settings, old_pairing("T-OLD")) == 202
            assert reference.run(settings, place) == 0
            assert tap(settings, "T-1", TabletTokens(tmp_path).get_or_make("T-1")) == 202
            # Paired by the former rule, it goes on until it is revoked; no other token follows from a key.
            assert tap(settings, "T-OLD", by_former_rule(KEY, "T-OLD")) == 202
            assert [tap(settings, "T-1", by_former_rule(former, "T-1")) for former in (KEY, key)] == [403, 403]


def test_all_tokens_end_at_once_and_stay_ended_after_a_restart_and_a_load(tmp_path: Path) -> None:
    place = folder(tmp_path / "reference")

    def statuses(settings: Settings) -> list[int]:
        tokens = TabletTokens(tmp_path)
        held = {device: tokens.get_or_make(device) for device in ("T-1", "T-2")}
        return [tap(settings, *tablet) for tablet in (held | {"T-OLD": by_former_rule(KEY, "T-OLD")}).items()]

    with ingest_in(tmp_path, HOME) as ingest:
        settings = settings_of(tmp_path, str(ingest.http.base_url).rstrip("/"))
        assert reference.run(settings, place) == 0
        assert send(settings, old_pairing("T-OLD")) == 202
        assert statuses(settings) == [202, 202, 202]
        assert reference.run(settings, place) == 0
        assert statuses(settings) == [202, 202, 202]
        environment = {"HAILONG_INGEST_URL": settings.ingest_url, "HAILONG_API_KEY": KEY}
        environment |= {"HAILONG_STATE_DIR": str(tmp_path)}
        result = CliRunner().invoke(app, ["reference", "revoke", "--all", "--reason", "key leaked"], env=environment)
        assert (result.exit_code, result.output.count("is revoked")) == (0, 3), result.output
        assert statuses(settings) == [403, 403, 403]
        assert reference.run(settings, place) == 0
        assert statuses(settings) == [403, 403, 403]
    with ingest_in(tmp_path) as ingest:
        assert statuses(settings_of(tmp_path, str(ingest.http.base_url).rstrip("/"))) == [403, 403, 403]


def test_a_revocation_by_a_clock_behind_holds(door: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    assert send(door, paired("T-AHEAD", "H26.01", ahead)) == 202
    assert revoke(door, "T-AHEAD", None) == 0
    assert known_tablets(door)["T-AHEAD"].is_paired is False
    assert revoke(door, "T-AHEAD", None) == 1
    assert "no tablet T-AHEAD is paired" in capsys.readouterr().out


def test_revoke_needs_one_tablet_or_all() -> None:
    for arguments in ([], ["T-1", "--all"]):
        assert CliRunner().invoke(app, ["reference", "revoke", *arguments]).exit_code == 2


def test_the_printed_address_lets_the_tablet_in_and_is_the_same_when_printed_again(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    place = {"unit": "H26.01", "counter": None, "name": "Lối ra"}
    addresses = []
    for _ in range(2):
        assert set_up_tablet(door, "T-NEW", place, qr=None) == 0
        addresses.append(capsys.readouterr().out.strip())
    assert addresses[0] == addresses[1]
    first = addresses[0].partition("#token=")[2]
    assert tap(door, "T-NEW", first) == 202
    assert revoke(door, "T-NEW", "stolen") == 0
    assert set_up_tablet(door, "T-NEW", place, qr=None) == 0
    second = capsys.readouterr().out.strip().rpartition("#token=")[2]
    assert [tap(door, "T-NEW", token) for token in (first, second)] == [403, 202]


@pytest.mark.stack
def test_the_token_of_the_endpoints_is_good_once_reference_data_are_loaded(stack: Stack, tmp_path: Path) -> None:
    endpoints = json.loads((stack.settings.state_dir / "endpoints.json").read_text())
    device, place = "TAB-H26-66-01-1", "H26.66.01"
    assert stack.send([unit("H26", level="city"), unit(place, "H26")]) == []
    line = f"{AS_OF}device,unit\n{device},{place}\n"
    (tmp_path / "tablets.csv").write_text(line, encoding="utf-8")
    assert reference.run(stack.settings, tmp_path) == 0
    sent = tapped(device, place, datetime.now(UTC).isoformat())
    headers = {"Authorization": f"Bearer {endpoints['device_token']}", "Content-Type": "application/cloudevents+json"}
    answer = httpx.post(f"{endpoints['ingest']}/v1/events", json=sent, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": []})
