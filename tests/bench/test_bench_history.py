"""The benchmark's history: what it makes are admitted events, and what it asks is what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from bench import raw
from bench.data.generator import Making, calendar_lines, slots, working_days
from bench.data.messages import DAY, reference_set
from bench.data.provinces import moved
from bench.harness.stack import Stores, stores
from bench.questions import Question, Waits, asker, of_a_period, of_any_month, of_no_period, rows_of, windows
from contract.events.envelope import canonical, check_time, decode, recorded
from contract.events.refusals import Refusal
from contract.time import VIETNAM
from sources.simulation.command import hanoi
from warehouse.migrate import migrate
from warehouse.write.rebuild import rebuild
from warehouse.write.store import insert_lines, new_batch, recompute, touched_kinds, unreadable_lines

NOW = datetime(2026, 11, 20, 10, 44, tzinfo=VIETNAM)
DOSSIERS_A_DAY = 400


@pytest.fixture(scope="module")
def making() -> Making:
    reference = hanoi()
    days = working_days(reference.working_time, DAY - timedelta(days=45), DAY)
    return Making(reference.points, reference.working_time, days, DOSSIERS_A_DAY)


@pytest.fixture(scope="module")
def filled(making: Making) -> Iterator[Stores]:
    """A store with some weeks of dossiers, rebuilt."""
    with stores("clickhouse") as ours:
        migrate(ours.client(), "history")
        client, batch = ours.client("history"), new_batch()
        insert_lines(client, batch, [message.value for message in reference_set()])
        recompute(client, [batch], touched_kinds(client, [batch]))
        _make(client, making)
        for _ in rebuild(client):
            pass
        yield ours


def _make(client: Client, making: Making) -> None:
    for first, dossiers in making.months(making.days[0], making.days[-1]):
        making.store(client, first, dossiers, NOW, "H26")


def _bodies(client: Client) -> list[bytes]:
    answer = client.query("SELECT body FROM events WHERE source = 'bench' ORDER BY occurred_at, event_id")
    return [str(body).encode() for (body,) in answer.result_rows]


def test_made_events_are_what_ingest_would_write(filled: Stores) -> None:
    for body in _bodies(filled.client("history")):
        event = decode(body)
        assert not isinstance(event, Refusal), event
        assert check_time(event, NOW.astimezone(UTC)) is None
        assert event.recordedtime is not None
        assert event.sender is not None
        assert recorded(canonical(event), event.recordedtime, event.sender) == body


def test_the_columns_of_made_events_are_those_that_landing_makes_of_their_bodies(filled: Stores) -> None:
    client, batch = filled.client("history"), new_batch()
    columns = "event_id, type, source, unit, subject, occurred_at, recorded_at, sender, body"
    every = f"SELECT {columns} FROM events WHERE source = 'bench' ORDER BY event_id"
    rows = client.query(every).result_rows
    migrate(filled.client(), "landed")
    landed = filled.client("landed")
    insert_lines(landed, batch, _bodies(client))
    assert unreadable_lines(landed, [batch]) == set()
    assert landed.query(every).result_rows == rows


def test_made_again_they_are_the_same_events(filled: Stores, making: Making) -> None:
    client = filled.client("history")
    every = "SELECT uniqExact(event_id), uniqExact(body) FROM events"
    before = client.query(every).result_rows
    _make(client, making)
    assert client.query(every).result_rows == before


def test_a_dossier_has_about_four_events_and_a_hundredth_ends_late(filled: Stores) -> None:
    steps = filled.client("history").query(
        "SELECT countIf(type = 'dossier.accepted'), count() FROM (SELECT DISTINCT event_id, type FROM events"
        " WHERE source = 'bench')"
    )
    dossiers, events = steps.result_rows[0]
    assert 3.5 < events / dossiers < 4.5
    month = windows(DAY)[2]
    question = Question("late", "/v1/indicators", {"unit": "H26", **month.parameters(), "ids": "TIM_OVERDUE_RATE"})
    with asker(filled, "history", NOW) as ask:
        (overdue,) = ask.answer(question)["indicators"]
    assert 0 < overdue["numerator"] / overdue["denominator"] < 0.02


def test_raw_rows_give_what_is_served(filled: Stores) -> None:
    window = next(window for window in windows(DAY) if window.name == "30 days")
    period = datetime(2026, 10, 21, 17, tzinfo=UTC), NOW.astimezone(UTC)
    client = filled.client("history")
    client.command("OPTIMIZE TABLE events FINAL")
    with asker(filled, "history", NOW) as ask:
        rows = list(raw.rows_of(client, ask, ("H26", "H26.66.01"), window, period, "some"))
    assert len(rows) == 6


def test_every_question_is_answered(filled: Stores) -> None:
    questions = [question for window in windows(DAY) for question in of_a_period("H26.66.01", window)]
    with asker(filled, "history", NOW) as ask:
        for question in [*questions, *of_no_period("bench")]:
            assert ask.answer(question)


def test_the_windows_are_the_pages_and_a_closed_month() -> None:
    assert [(window.name, window.start, window.end) for window in windows(date(2027, 1, 31))] == [
        ("today", date(2027, 1, 31), None),
        ("7 days", date(2027, 1, 25), None),
        ("30 days", date(2027, 1, 2), None),
        ("November", date(2026, 11, 1), date(2026, 12, 1)),
    ]


def test_any_month_is_one_that_is_stored_from_its_first_day(filled: Stores) -> None:
    units = ["H26", "H26.66.01", "H26.66.01.003"]
    questions = of_any_month(units, date(2026, 9, 15), DAY)
    assert {(question.parameters["from"], question.parameters["to"]) for question in questions} == {
        ("2026-10-01", "2026-11-01"),
        ("2026-11-01", DAY.isoformat()),
    }
    assert {question.parameters["unit"] for question in questions} == set(units)
    with asker(filled, "history", NOW) as ask:
        took_ms = ask.once_ms(questions[:5])
    assert took_ms == sorted(took_ms)
    assert len(took_ms) == 5


def test_before_the_calendar_begins_mondays_to_fridays_are_made_known() -> None:
    days = working_days(hanoi().working_time, date(2023, 12, 29), date(2024, 1, 2))
    assert days == [date(2023, 12, 29), date(2024, 1, 2)]
    (line,) = calendar_lines(days)
    assert b'"VN-HN/2023-12-29"' in line


def test_slots_are_as_many_as_the_shares_say() -> None:
    assert slots([(1, 0.5), (2, 1.0), (3, 0.5)], 8) == [1, 1, 2, 2, 2, 2, 3, 3]


def test_months_number_their_dossiers_without_gaps(making: Making) -> None:
    months = list(making.months(making.days[0], making.days[-1]))
    assert [first for first, _ in months[1:]] == [first + dossiers for first, dossiers in months[:-1]]
    assert sum(dossiers for _, dossiers in months) == len(making.days) * DOSSIERS_A_DAY


def test_noon_is_not_worked(making: Making) -> None:
    noon = NOW.replace(hour=12, minute=30)
    assert making.worked_until(noon) - making.worked_until(NOW) == 76 * 60


def test_an_event_moves_to_a_province_under_another_id() -> None:
    line = b'{"id":"01935689-0000-7000-8000-000000000001","data":{"unit":"H26.66"}}'
    assert moved(line, 7, 255) == b'{"id":"000000ff-0000-7000-8000-000000000001","data":{"unit":"P07.66"}}'


def test_a_wait_is_told_beside_its_peers() -> None:
    waits, peers = {"units": Waits([1.0, 2.0, 9.0], 30.0)}, {"units": Waits([1.0], 1.0)}
    (row,) = rows_of("history", "all", waits, peers, "less")
    assert (row.value, row.ratio, row.against) == (2.0, 2.0, "less")
    assert "p99 9, cold 30 ms" in row.note
