"""The outbox keeps accepted events through kill -9, a full disk, a damaged file, repeats and restarts."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from contract.events.refusals import Reason, Refusal
from ingest.outbox import store as outbox_store
from ingest.outbox.batch import Admitted, Batch, OutboxError, Refused, Stored, Volume
from ingest.outbox.chunks import Chunk
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.outbox import Outbox
from ingest.outbox.refused import REFUSED_ROW_BYTES
from ingest.outbox.store import drop_old_ids
from tests.support import wait_until

DAY_S = 86_400
REPOSITORY = Path(__file__).parents[2]
REFUSED_MAX = 1_000_000


def admitted_event(number: int, content: str = "x", size: int = 100) -> Admitted:
    value = f"{number} {content}".ljust(size).encode()
    key = "unit"
    return Admitted(
        number.to_bytes(16, "big"), content.encode().ljust(16), "hailong.events", key, value, value, "x", None
    )


def batch(*events: Admitted, refused: int = 0, size: int = 10) -> Batch:
    lines = [Refused(n, Refusal(Reason.NOT_JSON, "why"), bytes([n % 256]) * size) for n in range(refused)]
    return Batch("2026-11-23T01:00:00.000Z", "system", admitted=list(enumerate(events)), refused=lines)


def submit(outbox: Outbox, single: Batch) -> Future[Stored]:
    """The outbox's result for a single batch."""
    answer: Future[Stored] = Future()

    def resolve(done: Future[list[Stored]]) -> None:
        if error := done.exception():
            answer.set_exception(error)
        elif answer.set_running_or_notify_cancel():
            answer.set_result(done.result()[0])

    outbox.enqueue([single]).add_done_callback(resolve)
    return answer


@contextmanager
def outbox_at(path: Path, keep_delivered_s: float = 120, refused_max: int = REFUSED_MAX) -> Iterator[Outbox]:
    outbox = Outbox(path, OutboxLimits(30, refused_max, keep_delivered_s=keep_delivered_s))
    try:
        yield outbox
    finally:
        outbox.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deeper" / "outbox.sqlite"


def rows(path: Path, table: str = "chunks") -> int:
    counted = "coalesce(sum(last_seq + 1 - first_seq), 0)" if table == "chunks" else "count(*)"
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute(f"SELECT {counted} FROM {table}").fetchone()[0]
        return count


def values(outbox: Outbox) -> list[bytes]:
    """Every event that is kept, as the relay would read it."""
    with closing(outbox.open_reader()) as reader:
        kept_values: list[bytes] = []
        after = reader.execute("SELECT min(first_seq) - 1 FROM chunks").fetchone()[0] or 0
        while chunk := outbox.read(after, reader):
            kept_values += chunk.values if isinstance(chunk, Chunk) else [value for _, value in chunk.rescued]
            after = chunk.last_seq
        return kept_values


WRITER = """
import sys
from pathlib import Path
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.outbox import Outbox
from tests.ingest.test_outbox import admitted_event, batch, submit
outbox = Outbox(Path(sys.argv[1]), OutboxLimits(30, 1_000_000))
for n in range(1_000_000):
    submit(outbox, batch(admitted_event(n))).result()
    print(n, flush=True)
"""


def test_what_was_answered_is_in_the_file_of_a_killed_process(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert child.stdout
    answered = [int(child.stdout.readline()) for _ in range(50)]
    os.kill(child.pid, signal.SIGKILL)
    answered += [int(line) for line in child.stdout.read().split()]
    child.stdout.close()
    child.wait()
    with outbox_at(path) as outbox:
        kept = [int(value.split()[0]) for value in values(outbox)]
        assert kept[: len(answered)] == answered
        assert outbox.delivered_seq == 0
        assert submit(outbox, batch(admitted_event(answered[-1]))).result().repeated == 1


def test_many_senders_share_few_commits(path: Path) -> None:
    commits: list[str] = []
    with outbox_at(path) as outbox:
        outbox._jobs.put(None)  # the thread is stopped, and its work done here, where it can be watched
        outbox._thread.join()
        futures = [submit(outbox, batch(admitted_event(n))) for n in range(200)]
        with closing(outbox.open_reader()) as write:
            write.set_trace_callback(commits.append)
            while jobs := outbox._take_jobs(0.01):
                outbox._commit(write, jobs)
        assert [future.result().last_seq for future in futures] == list(range(1, 201))
    assert commits.count("COMMIT") == 4  # of up to 64 senders each


def test_concurrent_senders_all_get_their_own_answer(path: Path) -> None:
    def send(start: int) -> None:
        for n in range(start, start + 50):
            answers.append(submit(outbox, batch(admitted_event(n))).result(timeout=30).accepted)

    answers: list[int] = []
    with outbox_at(path) as outbox:
        threads = [threading.Thread(target=send, args=(start,)) for start in range(0, 1000, 50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (sum(answers), outbox.last_seq, len(set(values(outbox)))) == (1000, 1000, 1000)


def test_an_id_is_stored_once_within_a_request_across_requests_and_across_restarts(path: Path) -> None:
    with outbox_at(path) as outbox:
        first = submit(outbox, batch(admitted_event(1), admitted_event(1), admitted_event(2))).result()
        assert (first.accepted, first.repeated) == (3, 1)
        again = submit(outbox, batch(admitted_event(2), admitted_event(3))).result()
        assert (again.accepted, again.repeated) == (2, 1)
    with outbox_at(path) as outbox:
        again = submit(outbox, batch(admitted_event(1), admitted_event(2), admitted_event(3))).result()
        assert (again.accepted, again.repeated, outbox.last_seq) == (3, 3, 3)


def test_other_content_under_a_known_id_is_a_conflict_and_the_first_stays(path: Path) -> None:
    with outbox_at(path) as outbox:
        within = submit(outbox, batch(admitted_event(1, "a"), admitted_event(1, "b"))).result()
        across = submit(outbox, batch(admitted_event(2, "a"), admitted_event(1, "c"))).result()
        assert [(c.index, c.refusal.reason) for c in within.conflicts] == [(1, Reason.ID_CONFLICT)]
        assert (within.accepted, across.accepted) == (1, 1)
    with outbox_at(path) as outbox:
        later = submit(outbox, batch(admitted_event(1, "d"))).result()
        assert later.conflicts[0].refusal.id == "00000000-0000-0000-0000-000000000001"
        assert [value.split()[1] for value in values(outbox)] == [b"a", b"a"]
        assert [row[-1].split() for row in outbox.read_refusals(0, 10)] == [[b"1", b"b"], [b"1", b"c"], [b"1", b"d"]]


def test_refused_lines_come_back_as_they_were_in_pages(path: Path) -> None:
    with outbox_at(path) as outbox:
        submit(outbox, batch(refused=5, size=3)).result()
        first = outbox.read_refusals(0, 2)
        assert [row[-1] for row in first] == [b"\0\0\0", b"\1\1\1"]
        assert [row[0] for row in outbox.read_refusals(first[-1][0], 10)] == [3, 4, 5]
        assert 15 + 5 * REFUSED_ROW_BYTES < outbox.refused_bytes < 5 * 250
        counted = outbox.refused_bytes
    with outbox_at(path) as outbox:
        assert outbox.refused_bytes == counted


def test_the_oldest_refused_lines_make_room_and_never_stop_events(path: Path) -> None:
    with outbox_at(path) as outbox:
        submit(outbox, batch(refused=5, size=100)).result()
        five_bytes = outbox.refused_bytes
    path.unlink()
    with outbox_at(path, refused_max=five_bytes) as outbox:
        submit(outbox, batch(refused=20, size=100)).result()
        assert outbox.refused_bytes <= five_bytes
        assert [row[0] for row in outbox.read_refusals(0, 100)] == [16, 17, 18, 19, 20]
        assert rows(path, "refused") == 5


def test_a_full_disk_is_reported_and_writing_continues_once_there_is_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_store, "CACHE_KIB", 64)
    with outbox_at(path) as outbox:
        submit(outbox, batch(admitted_event(0))).result()
        with sqlite_limit(outbox, pages=40):
            with pytest.raises(OutboxError, match="the outbox did not take the events: database or disk is full"):
                submit(outbox, batch(*(admitted_event(n, size=1000) for n in range(1, 500)))).result()
            assert (outbox.last_seq, rows(path)) == (1, 1)
        submit(outbox, batch(*(admitted_event(n, size=1000) for n in range(1, 500)))).result()
        assert (outbox.last_seq, rows(path)) == (500, 500)


@contextmanager
def sqlite_limit(outbox: Outbox, pages: int) -> Iterator[None]:
    """Bounds the file as a full disk would: SQLite reports both with the same error."""
    outbox._write.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        outbox._write.execute("PRAGMA max_page_count = 1073741823")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"?" * len(content),
        lambda content: content[: len(content) // 2],
        lambda content: content[:4096] + b"\xa5" * 8192 + content[12288:],
    ],
    ids=["overwritten", "cut in half", "torn pages"],
)
def test_a_damaged_file_is_named_and_left_as_it_is(path: Path, damage: object) -> None:
    with outbox_at(path) as outbox:
        submit(outbox, batch(*(admitted_event(n, size=500) for n in range(200)))).result()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(
        OutboxError, match=r"outbox.sqlite cannot be used as the outbox and was left as it is: it is damaged"
    ):
        Outbox(path, OutboxLimits(30, REFUSED_MAX))
    assert path.read_bytes() == before


def test_one_file_is_for_one_ingest(path: Path) -> None:
    with outbox_at(path), pytest.raises(OutboxError, match="in use by another ingest; set HAILONG_OUTBOX_PATH"):
        Outbox(path, OutboxLimits(30, REFUSED_MAX))
    with outbox_at(path) as outbox:
        assert outbox.last_seq == 0


def test_nobody_else_may_read_the_file(path: Path) -> None:
    with outbox_at(path) as outbox:
        submit(outbox, batch(admitted_event(1))).result()
        assert {file.stat().st_mode & 0o077 for file in path.parent.glob("*.sqlite*") if file.suffix != ".lock"} == {0}


def test_a_restart_starts_with_what_kafka_may_not_have(path: Path) -> None:
    with outbox_at(path) as outbox:
        submit(outbox, batch(*(admitted_event(n) for n in range(10)))).result()
        outbox.note_delivery(4, 400)
        assert outbox.pending_bytes == 600
    with outbox_at(path) as outbox:
        assert (outbox.delivered_seq, outbox.last_seq, outbox.pending_bytes) == (0, 10, 1000)


def test_rows_go_some_time_after_delivery_and_never_before(path: Path) -> None:
    with outbox_at(path, keep_delivered_s=0.2) as outbox:
        submit(outbox, batch(*(admitted_event(n) for n in range(6)))).result()
        submit(outbox, batch(*(admitted_event(n) for n in range(6, 10)))).result()
        time.sleep(2.2)
        assert rows(path) == 10
        outbox.note_delivery(6, 600)
        wait_until(lambda: rows(path) < 10, 10)
        assert [value.split()[0] for value in values(outbox)] == [b"6", b"7", b"8", b"9"]
    with outbox_at(path, keep_delivered_s=0.2) as outbox:
        assert (outbox.delivered_seq, outbox.last_seq) == (6, 10)


def test_numbers_go_on_behind_rows_that_are_gone(path: Path) -> None:
    with outbox_at(path, keep_delivered_s=0) as outbox:
        submit(outbox, batch(admitted_event(1), admitted_event(2))).result()
        outbox.note_delivery(2, 200)
        wait_until(lambda: rows(path) == 0, 10)
    with outbox_at(path) as outbox:
        assert (outbox.delivered_seq, outbox.pending_bytes) == (2, 0)
        assert submit(outbox, batch(admitted_event(3))).result().last_seq == 3


def test_ids_are_forgotten_by_age_only(path: Path) -> None:
    today = int(time.time()) // DAY_S
    with outbox_at(path) as outbox:
        submit(outbox, batch(*(admitted_event(n) for n in range(10)))).result()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE seen SET day = ? WHERE id < ?", (today - 31, (5).to_bytes(16, "big")))
        connection.execute("UPDATE seen SET day = ? WHERE id = ?", (today - 30, (7).to_bytes(16, "big")))
    with outbox_at(path) as outbox:
        wait_until(lambda: rows(path, "seen") < 10, 10)
        assert rows(path, "seen") == 5
        assert rows(path) == 10
        assert submit(outbox, batch(admitted_event(7))).result().repeated == 1


def test_the_walk_through_the_ids_looks_at_each_once(path: Path) -> None:
    with outbox_at(path) as outbox:
        submit(outbox, batch(*(admitted_event(n) for n in range(25)))).result()
    with closing(sqlite3.connect(path)) as connection:
        after: bytes | None = b""
        steps = []
        while after is not None:
            after = drop_old_ids(connection, after, 10**6, 10)
            steps.append(connection.execute("SELECT count(*) FROM seen").fetchone()[0])
        assert steps == [15, 5, 0]


def test_what_waits_for_a_disk_that_stands_still_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.outbox.outbox.MAX_WAITING_EVENTS", 10)
    monkeypatch.setattr("ingest.outbox.outbox.MAX_WAITING_S", 0.3)
    with outbox_at(path) as outbox, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [submit(outbox, batch(admitted_event(n))) for n in range(11)]
        assert outbox.waiting == Volume(11, 1100)
        with pytest.raises(OutboxError, match="11 events wait for the disk already"):
            submit(outbox, batch(admitted_event(11)))
        monkeypatch.setattr("ingest.outbox.outbox.MAX_WAITING_EVENTS", 100)
        time.sleep(0.5)
        with pytest.raises(OutboxError, match="the disk has not answered for"):
            submit(outbox, batch(admitted_event(11)))
        other.execute("COMMIT")
        assert [future.result(timeout=10).last_seq for future in waiting] == list(range(1, 12))
        assert outbox.waiting == Volume()


def test_what_is_kept_after_delivery_is_bounded_by_its_bytes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.outbox.pruning.KEEP_DELIVERED_BYTES", 1000)
    with outbox_at(path) as outbox:
        submit(outbox, batch(*(admitted_event(n) for n in range(10)))).result()
        outbox.note_delivery(10, 1000)
        time.sleep(2.2)
        assert rows(path) == 10
        submit(outbox, batch(admitted_event(10, size=1100))).result()
        outbox.note_delivery(11, 1100)
        wait_until(lambda: rows(path) == 1, 10)


def test_a_file_of_an_older_version_is_named_and_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE outbox (seq INTEGER PRIMARY KEY, value BLOB)")
    with pytest.raises(
        OutboxError, match=r"outbox.sqlite cannot be used as the outbox and was left as it is: an older version"
    ):
        Outbox(path, OutboxLimits(30, REFUSED_MAX))


def test_a_batch_that_cannot_be_written_does_not_stop_the_next(path: Path) -> None:
    with outbox_at(path) as outbox:
        broken = batch(refused=1)
        broken.refused[0] = Refused(0, Refusal(Reason.NOT_JSON, "\ud800"), b"")
        with pytest.raises(OutboxError, match="surrogates not allowed"):
            submit(outbox, broken).result(timeout=10)
        assert submit(outbox, batch(admitted_event(1))).result(timeout=10).accepted == 1


def test_a_sender_that_went_away_does_not_disturb_the_others(path: Path) -> None:
    with outbox_at(path) as outbox:
        gone, stays = submit(outbox, batch(admitted_event(1))), submit(outbox, batch(admitted_event(2)))
        gone.cancel()
        assert stays.result(timeout=10).accepted == 1
        assert rows(path) == 2
