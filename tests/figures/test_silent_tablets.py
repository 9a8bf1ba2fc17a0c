"""A tablet is silent when people are served at its counter and nobody taps; quiet places are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.links.device_token import SILENT_AFTER_SERVED
from contract.time import VIETNAM
from dashboards.pages.supervisor.acknowledge import Acknowledgements
from dashboards.pages.supervisor.silent_tablets import silent_list
from dashboards.texts.by_language import texts_in
from tests.support import event, logged, put, rating, unit
from warehouse.read.evidence import tablets
from warehouse.read.periods import Period
from warehouse.write.rebuild import rebuild
from warehouse.write.store import insert_lines, new_batch, touched_kinds

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


def seen(device: str, at: str, **data: Any) -> dict[str, Any]:
    return event("device.seen", device, f"2026-11-23T{at}:00+07:00", unit=U, source=f"tablet/{device}", **data)


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


def test_nobody_served_before_it_was_paired_is_held_against_a_tablet(store: Client) -> None:
    put(store, [paired("NEW", "Q1", (OPENS + timedelta(minutes=30)).isoformat()), *served("Q1", list(range(60)))])
    assert found(store)["NEW"]["served_since"] == 29


def test_the_newest_heartbeat_is_told_in_whatever_order_they_come(store: Client) -> None:
    newest = {"battery_percent": 80, "charging": True, "waiting": 3, "oldest_unsent_s": 61, "quarantined": 0}
    put(store, [paired("T", "Q1"), paired("MUTE", "Q2")])
    put(
        store,
        [
            seen("T", "09:01", **newest, page_version="v2", storage_fault="QuotaExceededError"),
            seen("T", "09:00", battery_percent=81),
        ],
    )
    rows = found(store)
    assert rows["T"]["last_seen_at"] == datetime(2026, 11, 23, 2, 1)  # noqa: DTZ001 as the store gives it
    assert {name: rows["T"][name] for name in newest} == newest
    assert (rows["T"]["page_version"], rows["T"]["unseen_s"]) == ("v2", (8 * 60 + 59) * 60)
    assert (rows["T"]["storage_fault"], rows["MUTE"]["storage_fault"]) == ("QuotaExceededError", "")
    assert {rows["MUTE"][name] for name in (*newest, "last_seen_at", "unseen_s")} == {None}
    before = Period(DAY.start, datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC))
    assert found(store, (U,), before)["T"]["last_seen_at"] is None


def test_a_heartbeat_is_missed_in_opening_hours_only(store: Client) -> None:
    of_day: dict[str, Any] = {
        "calendar": "C",
        "date": "2026-11-23",
        "sessions": [["08:00", "12:00"], ["13:30", "17:00"]],
    }
    put(
        store,
        [
            unit(U, calendar="C"),
            event("calendar.day_defined", "C/2026-11-23", "2026-01-01T00:00:00Z", unit=U, **of_day),
        ],
    )
    put(store, [paired("T"), seen("T", "07:50"), seen("T", "11:50")])

    def unseen_s(hour: int, minute: int) -> int | None:
        end = datetime(2026, 11, 23, hour, minute, tzinfo=VIETNAM)
        told: int | None = found(store, (U,), Period(DAY.start, end.astimezone(UTC)))["T"]["unseen_s"]
        return told

    assert (unseen_s(11, 58), unseen_s(12, 30), unseen_s(13, 40), unseen_s(17, 0)) == (480, None, 600, None)


def test_heartbeats_are_in_no_figure_and_keep_none_fresh(store: Client) -> None:
    put(store, [paired("T"), rating(U, "2026-11-23T08:00:00+07:00")])
    counted = "SELECT sum(events), max(recorded_at) FROM hours_of_events FINAL"
    before = store.query(counted).result_rows
    batch = new_batch()
    insert_lines(store, batch, [logged(seen("T", f"08:{minute:02}", battery_percent=50)) for minute in range(60)])
    assert touched_kinds(store, [batch]) == set()
    assert store.query(counted).result_rows == before
    assert store.query("SELECT count() FROM events WHERE type = 'device.seen'").result_rows == [(0,)]
    assert store.query("SELECT count() FROM tablets").result_rows == [(1,)]


def test_a_rebuild_finds_the_tablets_again(store: Client) -> None:
    put(store, [paired("T", "Q1"), *served("Q1", [1, 2])])
    before = found(store)
    store.command("TRUNCATE TABLE tablets")
    assert found(store) == {}
    for _ in rebuild(store, again=True):
        pass
    assert found(store) == before


AT = "2026-11-23T09:05:00+07:00"
TOLD = {"battery_percent": 12, "charging": False, "waiting": 3, "oldest_unsent_s": 425}
SEEN = {"unit": "X", "last_seen_at": AT, **TOLD}


@pytest.mark.parametrize(("language", "words"), [("vi", "chưa có"), ("en", "none yet")])
def test_the_page_says_where_and_since_when(language: str, words: str) -> None:
    rows: Any = [
        {**SEEN, "device": "<T>", "last_tap_at": None, "served_since": 21, "untapped": True, "unseen": False},
        {**SEEN, "device": "T2", "last_tap_at": AT, "served_since": 1_234, "untapped": True, "unseen": True},
    ]
    shown = silent_list(rows, {}, Acknowledgements([], lambda _: "?", texts_in(language)), texts_in(language))
    assert words in shown
    assert "&lt;T&gt;" in shown
    assert "23/11 09:05" in shown
    assert ("1.234" if language == "vi" else "1,234") in shown
    assert ("pin 12%" if language == "vi" else "battery 12%") in shown
    assert "/?health" not in shown
    kept: Any = [{**row, "storage_fault": "QuotaExceededError"} for row in rows]
    assert "/?health" in silent_list(
        kept, {}, Acknowledgements([], lambda _: "?", texts_in(language)), texts_in(language)
    )
    assert ("cũ nhất 7 phút" if language == "vi" else "the oldest for 7 min") in shown
