"""A full or failing disk, a clock that jumps, a message that cannot be decoded: reported, and over by itself."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from contract.events import envelope as events
from ingest.admission.follower import apply_fact
from ingest.admission.registry import Registry
from ingest.outbox.batch import OutboxError
from ingest.outbox.day import BELIEVED_AFTER_S, DAY_S, OutboxDay
from ingest.outbox.disk_faults import explain
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.outbox import Outbox
from tests.ingest.test_http import HOME, PADDING, Ingest, ingest_in, small_disk, summarize, tap
from tests.ingest.test_outbox import REFUSED_MAX, admitted_event, batch, outbox_at, rows, sqlite_limit, submit
from tests.support import logged, unit, wait_until

__all__ = ["small_disk"]
TODAY = int(datetime(2026, 11, 30, tzinfo=UTC).timestamp()) // DAY_S


def log_lines(folder: Path, event: str) -> list[dict[str, str]]:
    lines = [json.loads(line) for line in (folder / "ingest.log").read_text().splitlines() if line[:1] == "{"]
    return [line for line in lines if line["event"] == event]


def fill(ingest: Ingest) -> None:
    while ingest.send(*({**tap(), **PADDING} for _ in range(10))).status_code == 202:
        pass


def test_a_full_disk_is_not_ready_says_why_once_and_is_ready_again_by_itself(tmp_path: Path, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_500_000)
    with ingest_in(tmp_path, HOME, outbox_path=small_disk / "outbox.sqlite") as ingest:
        assert ingest.http.get("/readyz").status_code == 200
        fill(ingest)
        for _ in range(5):
            assert ingest.send(*({**tap(), **PADDING} for _ in range(10))).status_code == 503
        answer = ingest.http.get("/readyz")
        assert answer.status_code == 503
        assert "its disk is full" in answer.json()["detail"]
        assert "make room" in answer.json()["detail"]
        time.sleep(2.5)
        assert ingest.http.get("/readyz").status_code == 503
        (entry,) = log_lines(tmp_path, "outbox_does_not_write")
        assert "SQLITE_FULL" in entry["cause"]
        ballast.unlink()
        # Nobody sends meanwhile.
        wait_until(lambda: ingest.http.get("/readyz").status_code == 200, 20)
        assert summarize(ingest.send(tap())) == (202, 1, [])
        assert len(log_lines(tmp_path, "outbox_writes_again")) == 1
        assert log_lines(tmp_path, "outbox_not_pruned") == []


def test_a_start_on_a_full_disk_leaves_an_outbox_that_is_whole_where_it_is(small_disk: Path) -> None:
    path = small_disk / "outbox.sqlite"
    with outbox_at(path) as outbox:
        submit(outbox, batch(*(admitted_event(n) for n in range(100)))).result()
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space"):
        ballast.write_bytes(b"x" * 8_000_000)
    with pytest.raises(OutboxError, match=r"its disk is full.*the file is intact, leave it where it is") as refused:
        Outbox(path, OutboxLimits(30, REFUSED_MAX))
    assert "aside" not in str(refused.value)
    ballast.unlink()
    with outbox_at(path) as outbox:
        assert outbox.last_seq == 100


def test_trouble_is_over_with_the_next_write(tmp_path: Path) -> None:
    with capture_logs() as logs, outbox_at(tmp_path / "outbox.sqlite") as outbox:
        with sqlite_limit(outbox, pages=30):
            for _ in range(3):
                with pytest.raises(OutboxError):
                    submit(outbox, batch(*(admitted_event(n, size=1000) for n in range(500)))).result()
            assert outbox.trouble
            assert "SQLITE_FULL" in outbox.trouble
        submit(outbox, batch(admitted_event(1))).result()
        assert outbox.trouble is None
    assert [entry["event"] for entry in logs] == ["outbox_does_not_write", "outbox_writes_again"]


def test_what_one_batch_is_to_blame_for_is_no_trouble_of_the_disk(tmp_path: Path) -> None:
    with outbox_at(tmp_path / "outbox.sqlite") as outbox:
        broken = batch(admitted_event(1))
        broken.sender = "\ud800"
        broken.refused = batch(refused=1).refused
        with pytest.raises(OutboxError):
            submit(outbox, broken).result()
        assert outbox.trouble is None


@pytest.mark.parametrize(
    ("name", "cause", "remedy"),
    [
        ("SQLITE_IOERR_FSYNC", "its disk fails", "leave it where it is"),
        ("SQLITE_IOERR", "its disk fails", "leave it where it is"),
        ("SQLITE_READONLY", "may not be written", "owner"),
        ("SQLITE_CANTOPEN", "cannot be opened", "folder"),
        ("SQLITE_CORRUPT", "damaged", "move it aside"),
        ("SQLITE_NOTADB", "damaged", "move it aside"),
        ("SQLITE_FULL", "disk is full", "make room"),
    ],
)
def test_each_failure_of_the_file_is_named_with_what_to_do(tmp_path: Path, name: str, cause: str, remedy: str) -> None:
    error = sqlite3.OperationalError("told by SQLite")
    error.sqlite_errorcode, error.sqlite_errorname = getattr(sqlite3, name), name
    explanation = explain(error, tmp_path / "outbox.sqlite")
    assert cause in explanation[0]
    assert name in explanation[0]
    assert remedy in explanation[1]


def test_days_pass_with_the_clock_and_a_jump_is_believed_after_a_day_only() -> None:
    day = OutboxDay(TODAY)
    assert day.advance(1, TODAY * DAY_S + 5) == day
    assert day.advance(1, (TODAY + 1) * DAY_S) == OutboxDay(TODAY + 1)
    for jump in (400, -400, 2, -1):
        jumped = day
        for _ in range(23):
            jumped = jumped.advance(3_600, (TODAY + jump) * DAY_S)
            assert jumped.day == TODAY
        assert jumped.advance(1, TODAY * DAY_S + 9) == day
        assert jumped.advance(3_600, (TODAY + jump) * DAY_S) == OutboxDay(TODAY + jump)
    assert BELIEVED_AFTER_S == DAY_S


@pytest.mark.parametrize("jump_days", [400, -400])
def test_a_wrong_clock_makes_no_id_forgotten(tmp_path: Path, jump_days: int) -> None:
    path = tmp_path / "outbox.sqlite"
    shift_s = 0.0

    def wall_s() -> float:
        return time.time() + shift_s

    def ids(outbox: Outbox) -> int:
        return submit(outbox, batch(admitted_event(1), admitted_event(2))).result().repeated

    with capture_logs() as logs:
        for _ in range(2):
            outbox = Outbox(path, OutboxLimits(30, REFUSED_MAX), wall_s=wall_s)
            try:
                ids(outbox)
                shift_s = jump_days * DAY_S
                time.sleep(2.5)
                submit(outbox, batch(admitted_event(3))).result()
                assert rows(path, "seen") == 3
                assert ids(outbox) == 2
            finally:
                outbox.close()
    assert {entry["event"] for entry in logs} == {"clock_jumped"}
    with closing(sqlite3.connect(path)) as connection:
        assert len(connection.execute("SELECT DISTINCT day FROM seen").fetchall()) == 1


def test_a_reference_message_that_cannot_be_judged_is_skipped_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()

    def decode(value: bytes) -> object:
        if b"poison" in value:
            raise KeyError("data")
        return events.decode(value)

    monkeypatch.setattr("ingest.admission.follower.decode", decode)
    with capture_logs() as logs:
        for value in (b"poison", b"", b"no json", b"\xff", logged(unit("H26.LAST"))):
            apply_fact(registry, value, offset=7)
    assert registry.knows_unit("H26.LAST")
    (entry,) = logs
    assert (entry["event"], entry["offset"]) == ("reference_message_skipped", 7)
