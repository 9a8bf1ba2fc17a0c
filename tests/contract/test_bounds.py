"""The bounds of what an event may hold: the same for every field of a kind, whichever event it stands in."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import AwareDatetime

from contract.events.envelope import EVENT_DATA, AnyEvent, canonical, decode
from contract.events.fields import EARLIEST, LATEST, clean_text
from contract.events.refusals import Reason, Refusal
from stream.batch import make_dead_letter
from tests.edges import edge_events, kind_of
from tests.support import message

NOW = datetime(2026, 3, 14, tzinfo=UTC)
OUTSIDE = (
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "1989-12-31T23:59:59.999Z"),
    *("2100-01-01T00:00:00Z", "2262-04-11T23:47:17Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999-12:00"),
)
NO_INSTANTS = ("20261105170000", "20261105", "1793872800", "1793872800000", "-1793872800", "2026", "")


def fields_of(kinds: tuple[Any, ...]) -> list[tuple[str, str]]:
    return [
        (name, field)
        for name, model in EVENT_DATA.items()
        for field, info in model.model_fields.items()
        if kind_of(info.annotation) in kinds
    ]


def event_of(kind: str, **values: Any) -> dict[str, Any]:
    """An event of this type that is admitted without the values."""
    dice = random.Random(kind)
    for event in edge_events(dice, ["H26"], NOW):
        if event["type"] == kind and not isinstance(decode(json.dumps(event).encode()), Refusal):
            event["data"] = {**event["data"], **values}
            return event
    raise AssertionError


def read(event: dict[str, Any]) -> AnyEvent | Refusal:
    return decode(json.dumps(event).encode())


@pytest.mark.parametrize(("kind", "field"), fields_of((AwareDatetime, datetime)))
def test_no_field_holds_an_instant_that_a_later_stage_cannot_compute(kind: str, field: str) -> None:
    event = event_of(kind, **{field: "2026-03-13T08:00:00+07:00"})
    assert not isinstance(read(event), Refusal)
    for text in (*OUTSIDE, *NO_INSTANTS):
        event["data"][field] = text
        refusal = read(event)
        assert isinstance(refusal, Refusal), text
        assert refusal.reason is Reason.INVALID_VALUE
        assert refusal.detail.startswith(f"data.{field}: ")


@pytest.mark.parametrize(("kind", "field"), fields_of((date,)))
def test_digits_alone_are_no_date(kind: str, field: str) -> None:
    event = event_of(kind)
    event["data"][field] = "1793872800"
    assert isinstance(read(event), Refusal)


def test_bounds_hold_for_every_number() -> None:
    for kind, field in fields_of((int, float)):
        for value in (2**63, -(2**63), 10**400):
            event = event_of(kind)
            event["data"][field] = value
            assert isinstance(read(event), Refusal), f"{kind} {field} {value}"


@pytest.mark.parametrize(
    "code", ["HS\x010", "a\u200bb", "a\u2028b", "\u202eabc", "a\x0bb", "\ufeffHS-3", "a\nb", " a", "a" * 101, ""]
)
def test_a_code_holds_only_what_can_be_seen(code: str) -> None:
    event = event_of("dossier.withdrawn")
    refusal = read({**event, "subject": code})
    assert isinstance(refusal, Refusal)
    assert refusal.detail.startswith("subject: ")
    for seen in ("HS 01/2026", "Đ-ộ.Ư", "a\u00a0b", "'\"<b>${x}"):
        assert not isinstance(read({**event, "subject": seen}), Refusal)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Điểm tiếp nhận\x0bThôn 3", "Điểm tiếp nhận Thôn 3"),
        ("Điểm\u2028số 2", "Điểm số 2"),
        ("dòng 1\r\ndòng 2\rdòng 3\tcột", "dòng 1\ndòng 2 dòng 3\tcột"),
        ("a\0b\x7f\x85", "a b  "),
        ("\u202egnol \u200bẩn\ufeff", "gnol ẩn"),
        ("Đie\u0302\u0309m", "Điểm"),
        ("👨\u200d👩\u200d👧 \u0645\u06cc\u200c", "👨\u200d👩\u200d👧 \u0645\u06cc\u200c"),
    ],
)
def test_free_text_is_cleaned_and_stays_readable(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned == clean_text(cleaned)
    event = read(event_of("unit.defined", name_vi=text))
    assert not isinstance(event, Refusal)
    assert json.loads(canonical(event))["data"]["name_vi"] == cleaned


@pytest.mark.parametrize(
    "sessions",
    [
        [["08:00+07:00", "12:00+07:00"]], [["08:00:00.5", "12:00"]], [["12:00", "08:00"]], [["08:00", "08:00"]],
        [["08:00", "12:00"], ["11:00", "17:00"]], [["08:00", "24:00"]], [["08:00", "08:01"]] * 11,
    ],
)  # fmt: skip
def test_sessions_are_hours_of_one_day_one_after_another(sessions: list[list[str]]) -> None:
    assert isinstance(read(event_of("calendar.day_defined", sessions=sessions)), Refusal)
    backwards = event_of("calendar.day_defined", sessions=[["13:00", "17:00"], ["08:00", "12:00"]])
    assert not isinstance(read(backwards), Refusal)


def test_the_media_type_is_read_as_http_reads_it() -> None:
    event = event_of("dossier.withdrawn")
    plain = read(event)
    assert not isinstance(plain, Refusal)
    for written in ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON"):
        same = read({**event, "datacontenttype": written})
        assert not isinstance(same, Refusal)
        assert canonical(same) == canonical(plain)
    assert isinstance(read({**event, "datacontenttype": "text/plain"}), Refusal)


def poison() -> Iterator[bytes]:
    """Bytes that no field's type expects: what ended the stream, and its like."""
    for time in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        yield json.dumps({"type": "rating.submitted", "time": time}).encode()
        yield json.dumps({"type": "rating.submitted", "time": time, "data": []}).encode()
        yield json.dumps({"type": "rating.submitted", "id": str(uuid4()), "time": time, "data": None}).encode()
    yield from (b"", b"null", b"[]", b'"a"', b"\xff", b'{"type":[]}', b'{"type":{}}', b'{"data":{"a":' + b"[" * 9_000)
    yield b'{"type":"rating.submitted","data":' + b"9" * 60_000 + b"}"
    yield b'{"type":"\\ud800"}'


@pytest.mark.parametrize("raw", list(poison()))
def test_poison_is_a_refusal_at_the_door_and_a_dead_letter_in_the_stream(raw: bytes) -> None:
    refusal = decode(raw)
    assert isinstance(refusal, Refusal)
    assert refusal.detail
    assert make_dead_letter(message(raw)).reason is refusal.reason


def test_a_message_that_cannot_be_judged_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_raw: bytes) -> AnyEvent:
        raise KeyError("data")

    monkeypatch.setattr("stream.batch.decode", broken)
    letter = make_dead_letter(message(b"{}"))
    assert letter.raw == b"{}"
    assert "KeyError" in letter.detail


def test_the_bounds_of_instants_are_those_of_the_shortest_column() -> None:
    assert EARLIEST.timestamp() > 0
    assert LATEST.timestamp() < 2**32


@pytest.mark.parametrize("source", ["", " ", "\n", "\u200b"])
def test_a_text_that_must_be_given_holds_something_that_can_be_seen(source: str) -> None:
    refusal = decode(json.dumps(event_of("target.defined", source=source)).encode())
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.detail) == ("invalid_value", "data.source: is empty")
