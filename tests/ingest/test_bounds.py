"""One request is bounded in its answer, in memory and disk, and in the time that it takes from others."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

import httpx
import pytest

from ingest.http.request import MAX_REFUSED, MAX_REJECTED, MAX_UNREADABLE
from ingest.process import MEGABYTE
from tests.ingest.test_http import (
    BATCH,
    HOME,
    KEY,
    LINES,
    SINGLE,
    Ingest,
    ingest_in,
    now,
    pairing_event,
    raw,
    sum_received,
    sum_refused,
    summarize,
    tap,
)
from tests.support import tapped

BODY_MB = 4
TOKEN = "token-of-tab-7"
MOST_MB_LEFT = 50
GETS = ("/v1/refusals", "/v1/damaged", "/v1/device-configuration", "/readyz", "/healthz", "/metrics", "/openapi.json")


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    folder = tmp_path_factory.mktemp("bounds")
    with ingest_in(folder, HOME, pairing_event("TAB-7", 1, TOKEN), max_body_mb=BODY_MB, outbox_max_mb=64) as running:
        for kind in (SINGLE, BATCH, LINES):
            running.post(b"[]", kind)
        yield running


@contextmanager
def taps_meanwhile(ingest: Ingest) -> Iterator[list[float]]:
    """Sends taps all the time; yields the list of their response times in seconds."""
    ended, waits_s = threading.Event(), list[float]()

    def send() -> None:
        with httpx.Client(base_url=ingest.http.base_url, timeout=60, trust_env=False) as client:
            while not ended.is_set() or not waits_s:
                started = time.monotonic()
                headers = {"Content-Type": SINGLE, "Authorization": f"Bearer {KEY}"}
                assert client.post("/v1/events", content=raw(tap()), headers=headers).status_code == 202
                waits_s.append(time.monotonic() - started)
                ended.wait(0.05)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield waits_s
    finally:
        ended.set()
        sending.join()


def test_an_answer_names_so_many_refused_lines_and_counts_the_others(ingest: Ingest) -> None:
    before = ingest.metrics()
    count = MAX_REJECTED + 2_500
    answer = ingest.post(b"\n".join([b"{}"] * count + [raw(tap())]))
    body = answer.json()
    assert (answer.status_code, body["accepted"]) == (202, 1)
    assert (len(body["rejected"]), body["rejected_more"]) == (MAX_REJECTED, 2_500)
    assert [entry["index"] for entry in body["rejected"]] == list(range(MAX_REJECTED))
    after = ingest.metrics()
    assert sum_refused(after) - sum_refused(before) == count
    assert sum_received(after) - sum_received(before) == count + 1
    assert len([entry for entry in ingest.refusals() if entry["reason"] == "missing_field"]) == count


def test_conflicts_beyond_the_bound_are_counted_too(ingest: Ingest) -> None:
    first = tap()
    other = raw({**first, "source": "other"})
    body = ingest.post(b"\n".join([raw(first), *repeat(other, MAX_REJECTED + 10)])).json()
    assert (body["accepted"], len(body["rejected"]), body["rejected_more"]) == (1, MAX_REJECTED, 10)


def test_an_answer_that_lists_all_refused_lines_has_no_count_of_more(ingest: Ingest) -> None:
    assert ingest.post(b"{}\n" + raw(tap())).json().keys() == {"accepted", "rejected"}


@pytest.mark.parametrize(
    ("line", "limit", "detail"), [(b"x", MAX_UNREADABLE, "cannot be read"), (b"1", MAX_REFUSED, "refused")]
)
def test_after_too_many_refused_lines_the_rest_of_the_body_is_not_read(
    ingest: Ingest, line: bytes, limit: int, detail: str
) -> None:
    before, first = ingest.metrics(), tap()
    with taps_meanwhile(ingest) as waits_s:
        answer = ingest.post(b"\n".join([raw(first), *repeat(line, 500_000)]))
    body = answer.json()
    assert (answer.status_code, body["accepted"]) == (400, 1)
    assert detail in body["detail"]
    count = len(body["rejected"]) + body.get("rejected_more", 0)
    print(f"{count} of 500000 lines refused, slowest tap meanwhile {max(waits_s):.2f} s")
    assert limit <= count < limit + 1_000
    assert sum_refused(ingest.metrics()) - sum_refused(before) == count
    assert summarize(ingest.send(first)) == (202, 1, [])


def test_the_metric_of_refused_bytes_is_the_disk_space_they_take(tmp_path: Path) -> None:
    """The file stays within its bound under a flood of tiny lines, and the metric is right."""
    with ingest_in(tmp_path, HOME, outbox_max_mb=8, max_body_mb=8) as ingest:
        for _ in range(2):
            ingest.post(b"{}\n" * 20_000)
        metric_bytes = ingest.metrics()["hailong_outbox_refused_bytes"]
        file_bytes = sum(path.stat().st_size for path in tmp_path.glob("outbox.sqlite*"))
        print(f"told {metric_bytes:.0f}, files {file_bytes} bytes")
        assert metric_bytes <= 8 * MEGABYTE / 4
        # The write-ahead log has its own bound, that of one commit.
        assert file_bytes < 3 * 8 * MEGABYTE
        kept = ingest.refusals()
        assert metric_bytes / (8 * MEGABYTE / 4) > 0.5
        assert 5_000 < len(kept) < 20_000


def test_a_tablet_may_send_one_megabyte(ingest: Ingest) -> None:
    assert ingest.post(b" \n" * MEGABYTE + raw(tapped("TAB-7", "H26.01", now())), key=TOKEN).status_code == 413
    assert summarize(ingest.send(tapped("TAB-7", "H26.01", now()), key=TOKEN)) == (202, 1, [])
    bomb = gzip.compress(b" \n" * MEGABYTE)
    assert ingest.post(bomb, key=TOKEN, **{"Content-Encoding": "gzip"}).status_code == 413


def test_an_array_may_have_so_many_events(ingest: Ingest) -> None:
    answer = ingest.post(b"[" + b"1," * 110_000 + b"1]", BATCH)
    assert answer.status_code == 413
    assert LINES in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        (SINGLE, b" "),
        (BATCH, b" "),
        (LINES, b"\n"),
        (LINES, b"1\n"),
        (LINES, b"{}\n"),
        (LINES, b"x"),
        (LINES, b'{"type":"rating.","comment":"1 -+-+'),
    ],
)
def test_ten_times_the_bound_is_refused_and_costs_no_memory(ingest: Ingest, kind: str, unit: bytes) -> None:
    limit = 65_536 if kind == SINGLE else BODY_MB * MEGABYTE
    body = (unit * (10 * limit // len(unit) + 1))[: 10 * limit]
    before_mb = ingest.memory_mb()
    with taps_meanwhile(ingest) as waits_s:
        answer = ingest.post((body[at : at + 65_536] for at in range(0, len(body), 65_536)), kind)
    after_mb = ingest.memory_mb()
    print(f"{kind} of {unit[:3]!r}: {before_mb:.0f} -> {after_mb:.0f} MB, slowest tap {max(waits_s):.2f} s")
    assert answer.status_code in {400, 413}
    assert after_mb - before_mb < MOST_MB_LEFT


@pytest.mark.parametrize("path", GETS)
def test_a_body_where_none_is_asked_for_is_not_kept(ingest: Ingest, path: str) -> None:
    before_mb = ingest.memory_mb()
    for method in ("GET", "POST"):
        try:
            answer = ingest.http.request(
                method,
                path,
                content=(b"x" * 65_536 for _ in range(160)),
                headers={"Authorization": f"Bearer {KEY}"},
            )
            assert answer.status_code < 500
        except httpx.TransportError:
            pass  # closed before all of it was sent
    print(f"{path}: {before_mb:.0f} -> {ingest.memory_mb():.0f} MB")
    assert ingest.memory_mb() - before_mb < MOST_MB_LEFT


def test_lines_that_are_hard_to_mask_keep_nobody_waiting(ingest: Ingest) -> None:
    hard = raw(tap(note=("1 -+-+" * 11_000)[:60_000]))
    body = b"\n".join([hard] * 5)
    with taps_meanwhile(ingest) as waits_s:
        started = time.monotonic()
        assert ingest.post(body).status_code == 202
        took_s = time.monotonic() - started
    print(f"{took_s:.1f} s for the hard lines; slowest of {len(waits_s)} taps meanwhile {max(waits_s):.2f} s")
    assert max(waits_s) < max(1.0, took_s / 2)


FAULTY = """
import ingest.admission.admission as admission
def fail_on_poison(candidate):
    if b"poison" in candidate.raw:
        raise KeyError("data")
admission.ADMISSION = (*admission.ADMISSION, fail_on_poison)
"""


def test_a_line_that_ingest_fails_on_is_refused_alone_and_logged_once(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME, run_first=FAULTY) as ingest:
        poison = raw(tap(comment="poison 0912345678"))
        for _ in range(3):
            answer = ingest.post(b"\n".join([raw(tap()), poison, raw(tap())]))
            assert summarize(answer) == (202, 2, [(1, "not_judged")])
        assert "report it" in answer.json()["rejected"][0]["detail"]
        kept = ingest.refusals()
        assert [entry["reason"] for entry in kept] == ["not_judged"] * 3
        metric = 'hailong_ingest_events_refused_total{reason="not_judged"}'
        assert ingest.metrics()[metric] == 3
    lines = [json.loads(line) for line in (tmp_path / "ingest.log").read_text().splitlines() if line[0] == "{"]
    (entry,) = [line for line in lines if line["event"] == "line_not_judged"]
    assert "KeyError" in entry["exception"]
    assert entry["remedy"]
    assert "0912345678" not in (tmp_path / "ingest.log").read_text()
