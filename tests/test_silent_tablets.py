"""A tablet is silent when people are served at its counter and nobody taps; quiet places are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.devices import SILENT_AFTER_SERVED
from dashboards import page_lists
from dashboards.page_texts import texts_in
from tests.support import event, put, rating
from warehouse.evidence import tablets
from warehouse.periods import Period
from warehouse.rebuild import rebuild

OPENS = datetime(2026, 11, 23, 1, tzinfo=UTC)
DAY = Period(OPENS.replace(hour=0), OPENS + timedelta(hours=10))
U = "H26.TS"


def paired(device: str, counter: str = "", at: str = "2026-11-01T00:00:00Z", unit: str = U) -> dict[str, Any]:
    place = {"counter": counter} if counter else {}
    return event("device.paired", device, at, unit=unit, token_sha256="0" * 64, name=f"Quầy {counter}", **place)


def served(counter: str, minutes: list[int], type_: str = "queue.served") -> list[dict[str, Any]]:
    return [
        event(type_, f"{U}-{type_}-{counter}-{n}", (OPENS + timedelta(minutes=n)).isoformat(), unit=U, counter=counter)
        for n in minutes
    ]


def tapped(device: str, minute: int) -> dict[str, Any]:
    return rating(U, (OPENS + timedelta(minutes=minute)).isoformat(), device=device, key=f"{device}{minute}")


def found(store: Client, within: tuple[str, ...] = (U,), period: Period = DAY) -> dict[str, Any]:
    return {row["device"]: row for row in tablets(store, within, period)}


def test_only_where_people_are_served_and_nobody_taps(store: Client) -> None:
    put(store, [paired("HANGS", "Q1"), paired("WORKS", "Q2"), paired("QUIET", "Q3"), paired("EXIT")])
    put(store, served("Q1", list(range(0, 60, 2))) + served("Q2", list(range(1, 60, 2))))
    put(store, [tapped("HANGS", 5), tapped("WORKS", 55), tapped("EXIT", 30)])
    rows = found(store)
    assert {device: row["served_since"] for device, row in rows.items()} == {
        "HANGS": 27,
        "WORKS": 2,
        "QUIET": 0,
        "EXIT": 14 + 15,
    }
    assert rows["HANGS"]["last_tap_at"] == (OPENS + timedelta(minutes=5)).replace(tzinfo=None)
    assert rows["QUIET"]["last_tap_at"] is None
    assert [device for device, row in rows.items() if row["served_since"] >= SILENT_AFTER_SERVED] == ["EXIT", "HANGS"]


def test_a_result_fetched_at_the_counter_counts_as_served(store: Client) -> None:
    put(store, [paired("T", "Q1"), *served("Q1", [1, 2], "dossier.returned"), *served("Q9", [3], "dossier.returned")])
    assert found(store)["T"]["served_since"] == 2


def test_a_tablet_stands_where_the_last_word_puts_it(store: Client) -> None:
    moved = paired("MOVED", "Q2", "2026-11-20T00:00:00Z")
    gone = event("device.revoked", "GONE", "2026-11-20T00:00:00Z", unit=U)
    away = paired("AWAY", "Q1", "2026-11-20T00:00:00Z", unit="H26.OTHER")
    put(store, [moved, gone, away])
    put(store, [paired("MOVED", "Q1"), paired("GONE", "Q1"), paired("AWAY", "Q1"), *served("Q1", [1, 2, 3])])
    assert {device: row["counter"] for device, row in found(store).items()} == {"MOVED": "Q2"}
    assert found(store)["MOVED"]["served_since"] == 0
    before = Period(DAY.start - timedelta(days=10), DAY.end - timedelta(days=9))
    assert found(store, (U,), before).keys() == {"MOVED", "GONE", "AWAY"}
    assert found(store, ("H26.OTHER",)).keys() == {"AWAY"}


def test_a_rebuild_finds_the_tablets_again(store: Client) -> None:
    put(store, [paired("T", "Q1"), *served("Q1", [1, 2])])
    before = found(store)
    store.command("TRUNCATE TABLE tablets")
    assert found(store) == {}
    for _ in rebuild(store, again=True):
        pass
    assert found(store) == before


@pytest.mark.parametrize(("language", "words"), [("vi", "chưa có"), ("en", "none yet")])
def test_the_page_says_where_and_since_when(language: str, words: str) -> None:
    rows: list[dict[str, Any]] = [
        {"unit": "X", "device": "<T>", "last_tap_at": None, "served_since": 21},
        {"unit": "X", "device": "T2", "last_tap_at": "2026-11-23T09:05:00+07:00", "served_since": 1_234},
    ]
    shown = page_lists.silent_list(rows, {}, texts_in(language))
    assert words in shown
    assert "&lt;T&gt;" in shown
    assert "23/11 09:05" in shown
    assert ("1.234" if language == "vi" else "1,234") in shown
