"""Ingest's HTTP against the real application on a socket, Kafka being away."""

from __future__ import annotations

import base64
import gzip
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.process import MEGABYTE
from tests.ingest.test_admission import hash_of
from tests.support import event, free_port, rating, tapped, unit, wait_until

KEY = "key-of-the-tests"
FEEDBACK = "http://127.0.0.1:28082"
SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
HOME = unit("H26.01")
LIMIT = 65_536
REPOSITORY = Path(__file__).parents[2]
PADDING = {"source": "x" * 200, "subject": "s" * 90, "note": "x" * 8_000}
numbers = count(1)


@dataclass
class Ingest:
    """A running ingest and a client of it."""

    http: httpx.Client
    pid: int

    def post(self, body: Any, kind: str = LINES, key: str = KEY, **headers: str) -> httpx.Response:
        headers = {"Content-Type": kind, "Authorization": f"Bearer {key}", **headers}
        return self.http.post("/v1/events", content=body, headers=headers)

    def send(self, *events: dict[str, Any], key: str = KEY) -> httpx.Response:
        return self.post(b"\n".join(raw(event) for event in events), key=key)

    def metrics(self) -> dict[str, float]:
        lines = self.http.get("/metrics").text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    def memory_mb(self) -> float:
        """The resident memory of its process."""
        return int(Path(f"/proc/{self.pid}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024

    def refusals(self) -> list[dict[str, Any]]:
        """Every refused line that is kept."""
        entries: list[dict[str, Any]] = []
        while True:
            after = entries[-1]["seq"] if entries else 0
            query = {"after": after, "limit": 1000}
            page = self.http.get("/v1/refusals", params=query, headers={"Authorization": f"Bearer {KEY}"})
            if not page.text:
                return entries
            entries += [json.loads(line) for line in page.text.splitlines()]


ACK_TIMEOUT_S = 0.5
RUN = f"""
import commands.services, ingest.app
ingest.app.KAFKA_ACK_TIMEOUT_S = {ACK_TIMEOUT_S}
commands.services.ingest()
"""


@contextmanager
def ingest_in(folder: Path, *known: dict[str, Any], run_first: str = "", **values: Any) -> Iterator[Ingest]:
    """An ingest process on a free port with Kafka away, with ``known`` units.

    ``run_first`` is Python that its process runs first.
    """
    values = {"kafka": "127.0.0.1:1", "outbox_path": folder / "outbox.sqlite", "feedback_url": FEEDBACK, **values}
    url = f"http://127.0.0.1:{free_port()}"
    variables = {f"HAILONG_{name.upper()}": str(value) for name, value in values.items()}
    environment = {**os.environ, "HAILONG_API_KEY": KEY, **variables, "HAILONG_INGEST_URL": url}
    with (folder / "ingest.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", f"{run_first}\n{RUN}"],
            env=environment,
            cwd=REPOSITORY,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            wait_until(lambda: client.get("/healthz").is_success, 60)
            ingest = Ingest(client, child.pid)
            if known:
                ingest.send(*known)
            yield ingest
    finally:
        child.terminate()
        assert child.wait(timeout=10) in {0, -15}


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    with ingest_in(tmp_path_factory.mktemp("ingest"), HOME, max_body_mb=2) as running:
        yield running


def raw(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def tap(**data: Any) -> dict[str, Any]:
    """A rating that was never sent before."""
    return rating("H26.01", "2026-01-05T08:30:00+07:00", key=str(next(numbers)), **data)


def summarize(answer: httpx.Response) -> tuple[int, int, list[tuple[int, str]]]:
    """Status, accepted events, and index and reason of each rejected one."""
    body = answer.json()
    return answer.status_code, body["accepted"], [(entry["index"], entry["reason"]) for entry in body["rejected"]]


def test_a_single_event_a_batch_and_lines_are_all_taken(ingest: Ingest) -> None:
    assert summarize(ingest.post(raw(tap()), SINGLE)) == (202, 1, [])
    assert summarize(ingest.post(raw([tap(), tap()]), f"{BATCH}; charset=utf-8")) == (202, 2, [])
    assert summarize(ingest.post(b"\n".join([raw(tap()), raw(tap())]))) == (202, 2, [])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b"\n \t\r\n"], ids=["LF", "CRLF", "blank", "blanks"])
@pytest.mark.parametrize("last", [b"", b"\n"], ids=["open", "closed"])
def test_lines_may_end_in_every_usual_way_and_blank_ones_are_not_counted(
    ingest: Ingest, end: bytes, last: bytes
) -> None:
    body = end.join([raw(tap()), b"{}", raw(tap())]) + last
    assert summarize(ingest.post(body)) == (202, 2, [(1, "missing_field")])


def test_lines_are_taken_in_pieces_of_any_size(ingest: Ingest) -> None:
    body = b"\n".join(raw(tap(comment="Chị Hoa đợi lâu")) for _ in range(30))
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    assert summarize(ingest.post(pieces)) == (202, 30, [])


def test_each_refused_line_is_listed_by_its_index(ingest: Ingest) -> None:
    lines = [raw(tap()) for _ in range(1200)]
    for at in (0, 499, 500, 777, 1199):
        lines[at] = b'{"type":"rating.submitted"}'
    lines[1000] = raw(rating("H26.77", "2026-01-05T08:30:00+07:00"))
    expected = [(at, "missing_field") for at in (0, 499, 500, 777)] + [(1000, "unknown_unit"), (1199, "missing_field")]
    assert summarize(ingest.post(b"\n".join(lines))) == (202, 1194, expected)


def test_the_good_of_a_mixed_batch_are_taken_and_the_bad_named(ingest: Ingest) -> None:
    good, bad = tap(), {**tap(), "time": "yesterday"}
    answer = ingest.post(raw([bad, good, 5]), BATCH)
    assert summarize(answer) == (202, 1, [(0, "invalid_value"), (2, "wrong_type")])
    assert answer.json()["rejected"][0]["id"] == bad["id"]
    assert "yesterday" in answer.json()["rejected"][0]["detail"]


def test_the_same_event_again_is_accepted_and_another_under_its_id_is_not(ingest: Ingest) -> None:
    first = tap()
    assert summarize(ingest.send(first, first)) == (202, 2, [])
    assert summarize(ingest.send({**first, "source": "other"}, tap())) == (202, 1, [(0, "id_conflict")])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", LINES),
        (b"\n \r\n", LINES),
        (b"no\njson", LINES),
        (b"\xff\xfe{", SINGLE),
        (b"", SINGLE),
        (b"{", BATCH),
        (b"{}", BATCH),
        (b"[1 2]", BATCH),
        (b"[1,]", BATCH),
        (b"[1] 2", BATCH),
        (b"[" * 100_000, BATCH),
        (b'["\xff"]', BATCH),
    ],
)
def test_a_body_in_which_nothing_can_be_read_is_400(ingest: Ingest, body: bytes, kind: str) -> None:
    assert ingest.post(body, kind).status_code == 400


def test_an_empty_array_is_a_batch_of_none(ingest: Ingest) -> None:
    assert summarize(ingest.post(b" [ ] ", BATCH)) == (202, 0, [])


def test_bytes_that_are_hard_to_report_do_not_stop_ingest(ingest: Ingest) -> None:
    assert ingest.post(b'{"id":"\\ud800"}').status_code == 400
    assert ingest.post(b'[{"id":"\\ud800","type":1}]', BATCH).status_code == 400
    assert summarize(ingest.send(tap())) == (202, 1, [])


def test_an_event_keeps_its_bytes_through_a_batch(ingest: Ingest) -> None:
    written = b'{"type" : "none", "x":1.10e1, "y":12345678901234567890123 }'
    ingest.post(b"[ " + written + b" ,{}]", BATCH)
    assert base64.b64decode(ingest.refusals()[-2]["raw"]) == written


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_another_content_type_is_415_and_names_those_that_are_taken(ingest: Ingest, kind: str) -> None:
    answer = ingest.post(raw(tap()), kind)
    assert answer.status_code == 415
    assert LINES in answer.json()["detail"]


@pytest.mark.parametrize("kind", [SINGLE, BATCH, LINES])
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip"])
def test_a_packed_body_is_unpacked(ingest: Ingest, kind: str, coding: str) -> None:
    body = b"[" + raw(tap()) + b"]" if kind == BATCH else raw(tap())
    packed = {"Content-Encoding": coding}
    assert summarize(ingest.post(gzip.compress(body), kind, **packed)) == (202, 1, [])


def test_a_packed_body_may_have_several_parts_and_come_in_pieces(ingest: Ingest) -> None:
    parts = [gzip.compress(raw(tap()) + b"\n") for _ in range(40)]
    body = b"".join(parts) + bytes(512)
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    assert summarize(ingest.post(pieces, **{"Content-Encoding": "gzip"})) == (202, 40, [])


def test_little_that_unpacks_to_much_is_refused_at_the_bound(ingest: Ingest) -> None:
    before = ingest.memory_mb()
    bomb = gzip.compress(gzip.compress(b"x" * 1_000_000) + b"\n" * 300 * MEGABYTE)
    for kind in (LINES, BATCH, SINGLE):
        answer = ingest.post(bomb, kind, **{"Content-Encoding": "gzip"})
        assert answer.status_code == 413
    assert ingest.memory_mb() - before < 50


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (gzip.compress(b"x" * 100)[:-9], "ends too early"),
        (b"no gzip", "is not gzip"),
        (gzip.compress(b"{}") + b"rest", "is not gzip"),
    ],
)
def test_a_body_that_is_not_packed_as_it_says_is_400(ingest: Ingest, body: bytes, detail: str) -> None:
    answer = ingest.post(body, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, detail in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_another_content_coding_is_415_and_names_the_one_that_is_taken(ingest: Ingest, coding: str) -> None:
    answer = ingest.post(b"x", **{"Content-Encoding": coding})
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "gzip")
    assert coding in answer.json()["detail"]


@pytest.mark.parametrize("kind", [SINGLE, LINES])
@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf8_may_be_named_in_the_content_type(ingest: Ingest, kind: str, charset: str) -> None:
    assert summarize(ingest.post(raw(tap()), f"{kind}; charset={charset}")) == (202, 1, [])


@pytest.mark.parametrize("charset", ["utf-16", "windows-1258", "iso-8859-1"])
def test_another_charset_is_415(ingest: Ingest, charset: str) -> None:
    answer = ingest.post(raw(tap()), f"{LINES}; charset={charset}")
    assert (answer.status_code, charset in answer.json()["detail"]) == (415, True)


@pytest.mark.parametrize("kind", [SINGLE, BATCH, LINES])
def test_a_byte_order_mark_before_a_body_is_no_part_of_it(ingest: Ingest, kind: str) -> None:
    body = b"\xef\xbb\xbf" + (b"[" + raw(tap()) + b"]" if kind == BATCH else raw(tap()))
    assert summarize(ingest.post(body, kind)) == (202, 1, [])
    assert ingest.post((body[at : at + 1] for at in range(len(body))), kind).status_code == 202
    assert ingest.post(b"\xef\xbb\xbf", kind).status_code == 400


def test_without_a_token_401_and_with_an_unknown_one_403(ingest: Ingest) -> None:
    assert ingest.http.post("/v1/events", content=b"").status_code == 401
    assert ingest.post(b"", Authorization="Basic a2V5").status_code == 401
    assert ingest.post(raw(tap()), key="wrong").status_code == 403
    strange = {b"Authorization": b"Bearer \xec\x80"}
    assert ingest.http.post("/v1/events", content=b"", headers=strange).status_code == 403


def pairing_event(code: str, day: int, token: str, kind: str = "device.paired") -> dict[str, Any]:
    data = {"token_sha256": hash_of(token)} if kind == "device.paired" else {}
    return event(kind, code, f"2026-01-{day:02}T00:00:00+07:00", unit="H26.01", **data)


def now() -> str:
    return datetime.now(UTC).isoformat()


def test_a_tablet_may_send_its_own_ratings_until_it_is_revoked(ingest: Ingest) -> None:
    own, other = tapped("TAB-7", "H26.01", now()), tapped("TAB-8", "H26.01", now())
    assert ingest.send(own, key="secret").status_code == 403
    ingest.send(pairing_event("TAB-7", 1, "secret"))
    assert summarize(ingest.send(own, other, pairing_event("TAB-8", 1, "x"), key="secret")) == (
        (202, 1, [(1, "forbidden"), (2, "forbidden")])
    )
    for path in ("/v1/refusals", "/v1/devices"):
        assert ingest.http.get(path, headers={"Authorization": "Bearer secret"}).status_code == 403
    ingest.send(pairing_event("TAB-7", 2, "secret", "device.revoked"))
    assert ingest.send(tapped("TAB-7", "H26.01", now()), key="secret").status_code == 403


def test_a_refused_pairing_lets_no_tablet_in(ingest: Ingest) -> None:
    first = pairing_event("TAB-9", 1, "first")
    other = {**first, "data": {**first["data"], "token_sha256": hash_of("second")}}
    assert summarize(ingest.send(first, other)) == (202, 1, [(1, "id_conflict")])
    assert ingest.send(tapped("TAB-9", "H26.01", now()), key="second").status_code == 403
    assert ingest.send(tapped("TAB-9", "H26.01", now()), key="first").status_code == 202


def test_one_request_of_a_tablet_takes_no_more_than_people_can_tap(ingest: Ingest) -> None:
    at = now()
    ingest.send(pairing_event("TAB-MANY", 1, "many"), pairing_event("TAB-FEW", 1, "few"))
    answer = ingest.send(*(tapped("TAB-MANY", "H26.01", at) for _ in range(1_500)), key="many").json()
    assert (answer["accepted"], {entry["reason"] for entry in answer["rejected"]}) == (30, {"too_many"})
    assert summarize(ingest.send(tapped("TAB-FEW", "H26.01", at), key="few")) == (202, 1, [])


def test_a_tablets_body_is_small(ingest: Ingest) -> None:
    ingest.send(pairing_event("TAB-BODY", 1, "body"))
    body = b'{"x":"' + b"a" * 60_000 + b'"}\n'
    assert ingest.post(body * 20).status_code == 202
    assert ingest.post(body * 20, key="body").status_code == 413
    assert ingest.post(b"[" + b",".join([body] * 20) + b"]", BATCH, key="body").status_code == 413


def devices(ingest: Ingest, code: str) -> list[dict[str, Any]]:
    """The list of tablets as the holder of the key gets it, for one tablet."""
    answer = ingest.http.get("/v1/devices", params={"device": code}, headers={"Authorization": f"Bearer {KEY}"})
    entries: list[dict[str, Any]] = answer.json()["devices"]
    return entries


def test_a_revocation_behind_the_pairing_is_refused_and_says_so(ingest: Ingest) -> None:
    ingest.send(pairing_event("TAB-CLOCK", 5, "clock"))
    late = pairing_event("TAB-CLOCK", 4, "", "device.revoked")
    (refused,) = ingest.send(late).json()["rejected"]
    assert (refused["reason"], "send it with a later time" in refused["detail"]) == ("invalid_value", True)
    assert devices(ingest, "TAB-CLOCK")[0]["type"] == "device.paired"
    assert summarize(ingest.send(pairing_event("TAB-CLOCK", 5, "", "device.revoked"))) == (202, 1, [])
    assert ingest.send(tapped("TAB-CLOCK", "H26.01", now()), key="clock").status_code == 403
    # Within one request, too.
    turned = [pairing_event("TAB-TURN", 5, "", "device.revoked"), pairing_event("TAB-TURN", 4, "turn")]
    assert summarize(ingest.send(*turned)) == (202, 1, [(1, "invalid_value")])
    # What was taken once may be sent again, and changes nothing.
    assert summarize(ingest.send(pairing_event("TAB-CLOCK", 5, "clock"))) == (202, 1, [])
    assert devices(ingest, "TAB-CLOCK")[0]["type"] == "device.revoked"


def test_a_fact_that_is_sent_again_changes_neither_memory_nor_what_a_restart_knows(tmp_path: Path) -> None:
    first, second = pairing_event("TAB-7", 1, "first"), pairing_event("TAB-7", 1, "second")
    second["id"] = tapped("TAB-7", "H26.01", now())["id"]

    def answers(ingest: Ingest) -> list[int]:
        sent = [ingest.send(tapped("TAB-7", "H26.01", now()), key=key).status_code for key in ("first", "second")]
        return [*sent, len(devices(ingest, "TAB-7"))]

    with ingest_in(tmp_path, HOME) as ingest:
        assert summarize(ingest.send(first, second)) == (202, 2, [])
        assert summarize(ingest.send(first)) == (202, 1, [])
        before = answers(ingest)
        assert before == [403, 202, 1]
    with ingest_in(tmp_path, HOME) as ingest:
        assert answers(ingest) == before


def test_a_unit_may_be_used_in_the_request_that_defines_it_but_not_before(ingest: Ingest) -> None:
    code = "H26.01.NEW"
    visit = event("queue.called", "T1", "2026-01-05T08:30:00+07:00", unit=code)
    assert summarize(ingest.send(visit, unit(code, parent="H26.01"), visit)) == (202, 2, [(0, "unknown_unit")])
    far = [unit(f"{code}.2", parent=code), *(tap() for _ in range(700)), {**visit, "data": {"unit": f"{code}.2"}}]
    far[-1]["id"] = tap()["id"]
    assert summarize(ingest.send(*far)) == (202, 702, [])


def test_refused_lines_are_kept_with_their_exact_bytes(ingest: Ingest) -> None:
    lines = [b'{"type":  "none", "n": 1}\r', b'{"id":"HS-1"', b"\xff\xfe\x00"]
    ingest.post(b"\n".join(lines))
    kept = ingest.refusals()[-3:]
    assert [base64.b64decode(entry["raw"]) for entry in kept] == lines
    assert [entry["reason"] for entry in kept] == ["unknown_type", "not_json", "not_utf8"]
    assert all(entry["sender"] == "system" and entry["received_at"] and entry["detail"] for entry in kept)


def test_a_line_longer_than_any_event_is_cut_and_the_others_are_taken(ingest: Ingest) -> None:
    body = b"\n".join([raw(tap()), b'{"x":"' + b"a" * 5 * LIMIT + b'"}', raw(tap())])
    assert summarize(ingest.post(body)) == (202, 2, [(1, "too_large")])
    assert len(base64.b64decode(ingest.refusals()[-1]["raw"])) == LIMIT + 1


def test_bodies_beyond_the_bounds_are_413(ingest: Ingest) -> None:
    assert ingest.post(raw(tap(comment="x" * 70_000)), SINGLE).status_code == 413
    assert ingest.post(b" " * 2 * MEGABYTE + b"[]", BATCH).status_code == 413
    assert ingest.post(b"\n" * 2 * MEGABYTE + b"{}").status_code == 413


def test_what_came_before_the_bound_was_taken_and_may_be_sent_again(ingest: Ingest) -> None:
    taps = [tap(comment="x" * 1000) for _ in range(600)]
    answer = ingest.post(b"\n".join(map(raw, taps)) + b"\n" * 2 * MEGABYTE)
    assert (answer.status_code, "sending it again is safe" in answer.json()["detail"]) == (413, True)
    assert summarize(ingest.send(*taps)) == (202, 600, [])


def test_a_sender_that_goes_away_half_way_leaves_no_half_event(ingest: Ingest) -> None:
    before = ingest.metrics()
    body = raw(tap()) + b"\n" + raw(tap())
    address = (ingest.http.base_url.host, ingest.http.base_url.port or 0)
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {LINES}\r\n"
    with socket.create_connection(address) as line:
        line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:-20])
        time.sleep(0.2)
    time.sleep(0.2)
    after = ingest.metrics()
    assert sum_refused(after) == sum_refused(before)
    assert sum_received(after) - sum_received(before) <= 1
    assert summarize(ingest.send(tap())) == (202, 1, [])


def sum_received(metrics: dict[str, float]) -> float:
    return metrics["hailong_ingest_events_received_total"]


def sum_refused(metrics: dict[str, float]) -> float:
    return sum(value for name, value in metrics.items() if name.startswith("hailong_ingest_events_refused_total"))


def test_what_was_received_is_what_was_accepted_and_what_was_refused(ingest: Ingest) -> None:
    before = ingest.metrics()
    again = tap()
    ingest.send(again, again, {**again, "source": "other"}, {}, tap())
    ingest.post(b"{", BATCH)
    after = ingest.metrics()
    accepted = "hailong_ingest_events_accepted_total"
    assert sum_received(after) - sum_received(before) == 6
    assert (after[accepted] - before[accepted], sum_refused(after) - sum_refused(before)) == (3, 3)
    assert sum_received(after) == after[accepted] + sum_refused(after)


def test_the_tablet_page_may_call_from_its_own_address_only(ingest: Ingest) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = ingest.http.options("/v1/events", headers={"Origin": FEEDBACK, **ask})
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, FEEDBACK)
    foreign = ingest.http.options("/v1/events", headers={"Origin": "http://elsewhere", **ask})
    assert "Access-Control-Allow-Origin" not in foreign.headers
    answer = ingest.post(raw(tap()), SINGLE, Origin=FEEDBACK)
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_health_and_readiness_answer_while_kafka_is_away(ingest: Ingest) -> None:
    assert [ingest.http.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]


def test_a_nearly_full_outbox_answers_503_and_is_not_ready(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME, outbox_max_mb=1) as ingest:
        statuses = [ingest.send(*(tap(comment="x" * 1000) for _ in range(50))).status_code for _ in range(30)]
        assert statuses[:10] == [202] * 10
        assert statuses[-1] == 503
        answer = ingest.send(tap())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert ingest.http.get("/readyz").status_code == 503
        assert ingest.http.get("/healthz").status_code == 200


def test_the_least_missed_are_turned_away_first_as_the_outbox_fills(tmp_path: Path) -> None:
    def fill(ingest: Ingest, kind: Callable[[], dict[str, Any]]) -> float:
        """How full the outbox is once such events are turned away."""
        wait_until(lambda: ingest.send(kind()).status_code == 503, 30, pause_s=0)
        return ingest.metrics()["hailong_outbox_fill_ratio"]

    def duty() -> dict[str, Any]:
        hours = {"starts_at": "2026-01-05T08:00:00+07:00", "ends_at": "2026-01-05T17:00:00+07:00"}
        return {**event("staff.shift", f"S{next(numbers)}", "2026-01-05T08:00:00Z", unit="H26.01", **hours), **PADDING}

    def step() -> dict[str, Any]:
        return {**event("dossier.accepted", f"D{next(numbers)}", "2026-01-05T08:00:00Z", unit="H26.01"), **PADDING}

    with ingest_in(tmp_path, HOME, outbox_max_mb=1) as ingest:
        assert 0.8 <= fill(ingest, duty) < 0.9
        assert ingest.http.get("/readyz").status_code == 200
        assert 0.9 <= fill(ingest, lambda: {**tap(), **PADDING}) < 1
        assert ingest.http.get("/readyz").status_code == 503
        assert summarize(ingest.send(step())) == (202, 1, [])
        assert 1 <= fill(ingest, step) < 1.1
        answer = ingest.send(step())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert ingest.metrics()["hailong_ingest_requests_turned_away_total"] == 4


def test_a_request_with_a_kind_that_is_turned_away_may_be_sent_again_whole(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME, outbox_max_mb=1) as ingest:
        while ingest.metrics()["hailong_outbox_fill_ratio"] < 0.9:
            ingest.send(*({**tap(), **PADDING} for _ in range(5)))
        mixed = [event("dossier.accepted", "D-MIXED", "2026-01-05T08:00:00Z", unit="H26.01"), tap()]
        assert ingest.send(*mixed).status_code == 503
        assert summarize(ingest.send(mixed[0])) == (202, 1, [])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small file system cannot be mounted here: {error}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_answered_with_503_and_once_there_is_room_all_goes_on(tmp_path: Path, small_disk: Path) -> None:
    ballast, outbox = small_disk / "ballast", small_disk / "outbox.sqlite"
    ballast.write_bytes(b"x" * 2_500_000)
    taken: list[dict[str, Any]] = []
    with ingest_in(tmp_path, HOME, outbox_path=outbox) as ingest:
        while (answer := ingest.send(*(some := [{**tap(), **PADDING} for _ in range(10)]))).status_code == 202:
            taken += some
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "disk is full" in answer.json()["detail"]
        assert ingest.http.get("/healthz").status_code == 200
        ballast.unlink()
        assert summarize(ingest.send(*some)) == (202, 10, [])
        assert ingest.metrics()["hailong_outbox_pending_events"] == len(taken) + 11
    with closing(sqlite3.connect(outbox)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = b"\n".join(row[0] for row in connection.execute("SELECT lines FROM chunks ORDER BY last_seq"))
    assert [json.loads(line)["id"] for line in kept.splitlines()][1:] == [body["id"] for body in [*taken, *some]]


def test_a_long_body_stops_when_the_outbox_becomes_full(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME, outbox_max_mb=1) as ingest:
        taps = [tap(comment="x" * 1000) for _ in range(4000)]
        assert ingest.send(*taps).status_code == 503
        assert ingest.metrics()["hailong_outbox_pending_bytes"] < 5 * MEGABYTE


def test_refused_lines_alone_never_close_the_door(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME, outbox_max_mb=1) as ingest:
        for _ in range(30):
            ingest.post(b"\n".join([b"x" * 1000] * 100))
            time.sleep(0.1)
        wait_until(lambda: ingest.send(tap()).status_code == 202, 20)
        share = MEGABYTE // 4
        wait_until(lambda: sum(len(base64.b64decode(entry["raw"])) for entry in ingest.refusals()) <= share, 10)


def test_waiting_for_kafka_that_is_away_ends_in_503_though_the_events_are_kept(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME, ack="kafka") as ingest:
        answer = ingest.send(tap())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "the events are kept" in answer.json()["detail"]
        assert ingest.metrics()["hailong_outbox_pending_events"] == 2
        assert summarize(ingest.send({"type": "none"})) == (202, 0, [(0, "unknown_type")])


def test_many_may_wait_for_kafka_at_once_and_health_is_still_told(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME, ack="kafka") as ingest:
        started = time.monotonic()
        waiting = [threading.Thread(target=ingest.send, args=(tap(),)) for _ in range(30)]
        for thread in waiting:
            thread.start()
        assert ingest.http.get("/healthz").status_code == 200
        for thread in waiting:
            thread.join()
        assert time.monotonic() - started < 10


def test_an_ingest_that_never_heard_of_units_asks_to_come_again(tmp_path: Path) -> None:
    with ingest_in(tmp_path) as new:
        assert new.http.get("/readyz").status_code == 503
        assert new.send(tap()).status_code == 503
        assert new.send(tap(), key="a tablet's token").status_code == 503
        assert summarize(new.send(unit("H26.01"), tap())) == (202, 2, [])
        assert new.http.get("/readyz").status_code == 200
        assert new.send(tap(), key="a tablet's token").status_code == 403
        assert summarize(new.send(rating("H26.77", "2026-01-05T08:30:00+07:00"))) == (202, 0, [(0, "unknown_unit")])


def test_units_tablets_and_ids_are_known_after_a_restart_without_kafka(tmp_path: Path) -> None:
    first = tapped("TAB-7", "H26.01", now())
    with ingest_in(tmp_path, HOME) as ingest:
        ingest.send(
            pairing_event("TAB-7", 1, "old"),
            pairing_event("TAB-7", 3, "x", "device.revoked"),
            pairing_event("TAB-8", 1, "kept"),
        )
        ingest.send(pairing_event("TAB-7", 2, "late"), first)
    with ingest_in(tmp_path, HOME) as ingest:
        assert ingest.http.get("/readyz").status_code == 200
        assert ingest.send(first, key="old").status_code == 403
        assert ingest.send(first, key="late").status_code == 403
        assert summarize(ingest.send(tapped("TAB-8", "H26.01", now()), key="kept")) == (202, 1, [])
        assert summarize(ingest.send({**first, "source": "other"})) == (202, 0, [(0, "id_conflict")])


def test_the_hundred_megabytes_of_a_body_are_never_held_at_once(tmp_path: Path) -> None:
    with ingest_in(tmp_path, HOME) as ingest:
        before = largest_mb(ingest.pid)
        line = b'{"type":"none","x":"' + b"a" * 60_000 + b'"}\n'
        answer = ingest.post(line for _ in range(1600))
        assert (answer.status_code, len(answer.json()["rejected"])) == (202, 1600)
        assert largest_mb(ingest.pid) - before < 96


def largest_mb(pid: int) -> float:
    """The most memory a process has ever had."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def test_the_clock_of_a_replayed_day_decides_what_lies_ahead(tmp_path: Path) -> None:
    anchor = datetime.now(UTC).isoformat()
    clock = f"2026-01-05T08:00:00+07:00/{anchor}/1.0/3600.0"
    with ingest_in(tmp_path, HOME, clock=clock) as ingest:
        ahead = rating("H26.01", "2026-01-05T08:10:00+07:00")
        assert summarize(ingest.send(ahead)) == (202, 0, [(0, "time_in_future")])
