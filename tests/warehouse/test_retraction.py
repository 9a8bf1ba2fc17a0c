"""An import that was taken back: whatever came before, between or behind that, figures are as if it had never come."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from runtime.settings import Settings
from tests.asides import asides
from tests.support import event, logged, own_store, put, rating, unit
from tests.warehouse.test_exactness import (
    DAY,
    PERIOD,
    UNITS,
    BrokenOffError,
    a_day,
    batches,
    broken_off_after,
    expected,
    figures,
    hours,
    hours_expected,
)
from tests.warehouse.test_rebuild import contents
from warehouse import migrate as warehouse_migrate
from warehouse.read import evidence
from warehouse.verify import one_figure as recount_one
from warehouse.verify.verify import Verification
from warehouse.write import retraction as warehouse_retraction
from warehouse.write import store as warehouse_store
from warehouse.write.rebuild import rebuild
from warehouse.write.store import insert_lines, new_batch, recompute, retracted_sources, touched_kinds

WRONG = "import/wrong"
Events = list[dict[str, Any]]


def retraction(source: str = WRONG) -> dict[str, Any]:
    """The event that takes a source back."""
    return event(
        "import.retracted", source, "2026-03-20T08:00:00+07:00", unit="H26.1", source="undo", by="HCC", reason="sai cột"
    )


def of_two_sources(seed: int) -> Events:
    """A day whose dossiers, tickets, petitions and replaced ratings are told of by a system and by a wrong import."""
    dice = random.Random(seed)
    events = a_day(seed, 25)
    for n in range(10):
        when = DAY + timedelta(minutes=dice.randrange(1400))
        events += asides(dice, f"D{seed}-{n}", dice.choice(UNITS), when, share=0.7)
        for step in ("refused", "published", "rated"):
            about: dict[str, Any] = {"dossier": f"D{seed}-{dice.randrange(20)}", "like": dice.random() < 0.5}
            events.append(
                event(f"petition.{step}", f"PAKN-D{seed}-{n}", when.isoformat(), unit=dice.choice(UNITS), **about)
            )
        duty: dict[str, Any] = {"starts_at": when.isoformat(), "ends_at": (when + timedelta(hours=8)).isoformat()}
        events.append(event("staff.shift", f"CB-{n}", when.isoformat(), unit=UNITS[0], **duty))
        held: dict[str, Any] = {"results_in_force": dice.randrange(5, 9), "results_digitised": dice.randrange(5)}
        events.append(event("point.capability", UNITS[1], when.isoformat(), unit=UNITS[1], key=str(n), **held))
    return [body | {"source": WRONG} if dice.random() < 0.5 else body for body in events]


def without(events: Events) -> Events:
    """What a store would hold that never saw the wrong import, the retraction included."""
    return [body for body in events if body["source"] != WRONG]


def assert_never_seen(store: Client, events: Events) -> None:
    """Every figure and list as without the wrong import; the raw events all there."""
    rest = without([*events, retraction()])
    assert figures(store) == expected(rest)
    assert hours(store) == hours_expected(rest)
    kept = store.query("SELECT uniqExact(event_id) FROM events FINAL").result_rows[0][0]
    assert kept == len({body["id"] for body in [*events, retraction()]})
    listed = evidence.ratings(store, UNITS, PERIOD, 10_000)
    assert {str(row["event_id"]) for row in listed} <= {body["id"] for body in rest}
    codes = {row["dossier"] for row in evidence.dossiers(store, UNITS, PERIOD, limit=10_000)}
    assert codes <= {body["subject"] for body in rest if body["type"].startswith("dossier.")}


def shuffled(seed: int, place: str) -> tuple[Events, list[Events]]:
    """All events, and batches of them, some sent twice, with the retraction first, somewhere between, or last."""
    events, dice = of_two_sources(seed), random.Random(seed)
    sent = events + dice.sample(events, len(events) // 3)
    dice.shuffle(sent)
    at = {"first": 0, "between": dice.randrange(len(sent)), "last": len(sent)}[place]
    return events, batches([*sent[:at], retraction(), *sent[at:]], dice)


@pytest.mark.parametrize(("seed", "place"), [(51, "first"), (52, "between"), (53, "last"), (54, "between")])
def test_figures_are_as_if_the_import_had_never_come(store: Client, seed: int, place: str) -> None:
    events, parts = shuffled(seed, place)
    for part in parts:
        put(store, part)
    assert_never_seen(store, events)


def test_the_import_counts_until_it_is_taken_back_and_no_more_when_it_comes_again(store: Client) -> None:
    events = of_two_sources(55)
    put(store, events)
    assert figures(store) == expected(events) != expected(without(events))
    put(store, [retraction()])
    assert_never_seen(store, events)
    again = random.Random(55).sample(events, len(events) // 2)
    new = [rating("H26.1", DAY.isoformat(), key="late", source=WRONG), *of_two_sources(56)]
    put(store, [*again, *new, retraction()])
    assert_never_seen(store, [*events, *new])


@pytest.mark.parametrize("seed", [57])
def test_broken_off_at_any_statement_and_read_again(store: Client, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Each batch, and each slice of what is taken back, ends after 0, 1, 2 … statements, as by kill -9."""
    monkeypatch.setattr(warehouse_retraction, "SLICE_EVENTS", 100)
    events, parts = shuffled(seed, "between")
    dice = random.Random(seed)
    for number, part in enumerate(parts):
        tries = range(3, 36, 8) if retraction() in part else [number % 12]
        for statements in tries:
            with broken_off_after(statements, monkeypatch):
                put(store, part)
        dice.shuffle(part)
        for half in filter(None, (part[::2], part[1::2])):
            put(store, half)
    assert_never_seen(store, events)


def breaking_off_after(slices: int | None, done: list[int]) -> Callable[[Client, Sequence[int], Set[str]], None]:
    """A recomputation that appends each slice's batch to ``done`` and ends the process after so many slices, if any."""

    def recompute_some(client: Client, numbers: Sequence[int], kinds: Set[str]) -> None:
        if len(done) == slices:
            raise BrokenOffError
        done.append(numbers[0])
        recompute(client, numbers, kinds)

    return recompute_some


def test_slices_that_were_done_are_not_done_again(store: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse_retraction, "SLICE_EVENTS", 60)
    events, finished = of_two_sources(59), list[int]()
    put(store, events)
    monkeypatch.setattr(warehouse_retraction, "recompute", breaking_off_after(2, finished))
    with suppress(BrokenOffError):
        put(store, [retraction()])
    slices, done = store.query("SELECT count(), sum(done) FROM retraction_slices FINAL").result_rows[0]
    assert slices > done == len(finished) == 2
    monkeypatch.setattr(warehouse_retraction, "recompute", breaking_off_after(None, finished))
    for _ in range(2):
        put(store, [retraction()])
        assert len(finished) == slices
    assert_never_seen(store, events)


def test_a_stream_that_did_not_know_of_the_retraction_writes_last(
    store: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are made from less, so that they give way to those that were made with the retraction."""
    events = of_two_sources(60)
    batch = new_batch()
    insert_lines(store, batch, [logged(body) for body in events])
    kinds = touched_kinds(store, [batch])
    with monkeypatch.context() as at_once:

        def all_of_it_happens_right_behind(client: Client) -> list[str]:
            known = retracted_sources(client)
            at_once.undo()
            put(client, [retraction()])
            return known

        at_once.setattr(warehouse_store, "retracted_sources", all_of_it_happens_right_behind)
        recompute(store, [batch], kinds)
    assert_never_seen(store, events)


def test_of_two_plans_laid_down_at_once_one_is_followed_whole(store: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse_retraction, "SLICE_EVENTS", 60)
    events = of_two_sources(61)
    put(store, events)
    with monkeypatch.context() as broken, suppress(BrokenOffError):
        broken.setattr(warehouse_retraction, "recompute", breaking_off_after(2, []))
        put(store, [retraction()])
    # What another stream laid down at the same moment, otherwise cut.
    store.command(
        "INSERT INTO retraction_slices SELECT source, 0, 0, min(first_day), max(last_day), '', 'Z', sum(events), 0"
        " FROM retraction_slices GROUP BY source"
    )
    put(store, [retraction()])
    assert store.query("SELECT done FROM retraction_slices FINAL WHERE plan = 0").result_rows == [(1,)]
    assert_never_seen(store, events)


def test_a_rebuild_changes_nothing(store: Client) -> None:
    events = of_two_sources(62)
    put(store, events)
    put(store, [retraction()])
    for how in ({"again": True}, {"from_empty": True}):
        list(rebuild(store, **how))
        assert_never_seen(store, events)


def test_the_second_route_agrees(store: Client) -> None:
    put(store, [unit("H26.1"), unit("H26.2", "H26.1"), *of_two_sources(65)])
    put(store, [retraction()])
    verification = Verification(store, DAY.date(), DAY.date())
    list(verification.run())
    assert verification.compared > 500
    assert verification.differences == []
    for indicator in ("SAT_CSAT", "OPS_WAIT_AVG", "Q766_2_1"):
        recounted = recount_one.recount(store, catalogue().indicators[indicator], UNITS, PERIOD)
        assert recounted.agreement == "equal"
        assert recounted.recounted["denominator"]


def test_rows_that_an_older_version_stored_are_taken_back_too(
    engine: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its copies by subject did not say where they came from, nor did its replaced ratings."""
    everything = warehouse_migrate.migrations()
    monkeypatch.setattr(
        warehouse_migrate, "migrations", lambda: [migration for migration in everything if migration[0] < "0007"]
    )
    with own_store(engine, "older") as store:
        events = of_two_sources(63)
        batch = new_batch()
        insert_lines(store, batch, [logged(body) for body in events])
        for _ in range(2):
            # As after a crash in the middle: all statements are repeated.
            for statement in dict(everything)["0007_retractions.sql"]:
                store.command(statement)
        monkeypatch.undo()
        warehouse_migrate.migrate(store, "older")
        recompute(store, [batch], touched_kinds(store, [batch]))
        assert figures(store) == expected(events)
        put(store, [retraction()])
        assert_never_seen(store, events)


def test_a_dossier_that_two_tell_of_shows_which_steps_were_taken_back(store: Client) -> None:
    accepted = event("dossier.accepted", "D1", "2026-03-13T08:00:00+07:00", unit="H26.1")
    completed = event("dossier.completed", "D1", "2026-03-13T09:00:00+07:00", unit="H26.1", source=WRONG)
    put(store, [accepted, completed])
    put(store, [retraction()])
    steps = [(row["type"], bool(row["retracted"])) for row in evidence.steps(store, "D1")]
    assert steps == [("dossier.accepted", False), ("dossier.completed", True)]
    dossier_row = evidence.dossier(store, "D1")
    assert dossier_row is not None
    assert (dossier_row["ending"], dossier_row["completed_at"], dossier_row["source"]) == ("", None, "test")


def test_what_others_refer_to_stays(store: Client) -> None:
    place = unit("H26.7") | {"source": WRONG}
    put(store, [place, rating("H26.7", DAY.isoformat(), source=WRONG)])
    before = contents(store)
    put(store, [retraction()])
    assert contents(store)["units"] == before["units"] != []
    stored = store.query("SELECT sum(by_source[{source:String}]) FROM hours_of_events FINAL", {"source": WRONG})
    assert stored.result_rows == [(1,)]


def test_only_files_can_be_taken_back_whatever_comes_past_the_door(store: Client) -> None:
    put(store, [rating("H26.1", DAY.isoformat(), source="live"), retraction("live")])
    assert figures(store)["answered"] == 1
