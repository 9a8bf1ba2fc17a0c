"""The contract of events: what is one event, what is refused and in which words, and that no bytes break it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events.envelope import (
    EVENT_DATA,
    AnyEvent,
    canonical,
    check_time,
    content_hash,
    decode,
    derived_id,
    recorded,
    replacement_id,
)
from contract.events.refusals import Reason, Refusal
from contract.events.topics import EVENTS, HEARTBEATS, REFERENCE, route
from contract.ratings.scales import LEVELS
from tests.strategies import ANYTHING, HOSTILE, OFFSETS, TEXTS, events

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
RATING = {
    "specversion": "1.0",
    "id": "0190c5a0-0000-7000-8000-00000000000a",
    "type": "rating.submitted",
    "source": "tablet",
    "time": "2026-11-23T08:30:00+07:00",
    "subject": "TAB-1",
    "data": {"unit": "H26.01", "channel": "tablet", "scale": "csat4", "score": 3},
}


def raw_of(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def decoded(event: Any) -> AnyEvent:
    found = decode(event if isinstance(event, bytes) else raw_of(event))
    assert not isinstance(found, Refusal), found
    return found


def refused(raw: bytes) -> Refusal:
    found = decode(raw)
    assert isinstance(found, Refusal)
    return found


def with_data(**values: Any) -> bytes:
    return raw_of({**RATING, "data": {**RATING["data"], **values}})  # type: ignore[dict-item]


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


@given(events())
def test_every_kind_of_event_is_read_and_its_canonical_form_is_a_fixed_point(event: dict[str, Any]) -> None:
    once = canonical(decoded(event))
    assert canonical(decoded(once)) == once
    assert b"\n" not in once
    kept = json.loads(once)
    assert kept["data"].keys() >= {name for name in event["data"] if name.startswith("x-")}
    assert kept["data"]["unit"] == event["data"]["unit"]


@given(events(), st.randoms(use_true_random=False), OFFSETS, st.sampled_from([None, 1, 7]))
def test_order_blanks_and_offset_do_not_change_the_content(
    event: dict[str, Any], dice: random.Random, offset: Any, indent: int | None
) -> None:
    keys = dice.sample(list(event), len(event))
    moved = {key: event[key] for key in keys}
    moved["time"] = datetime.fromisoformat(event["time"]).astimezone(offset).isoformat()
    moved["data"] = {key: event["data"][key] for key in dice.sample(list(event["data"]), len(event["data"]))}
    moved["id"] = event["id"].upper()
    written = json.dumps(moved, indent=indent, ensure_ascii=dice.random() < 0.5).encode()
    assert content_hash(canonical(decoded(written))) == content_hash(canonical(decoded(event)))


def test_order_of_answers_and_within_unknown_fields_does_not_change_the_content() -> None:
    one = with_data(answers={"staff": 3, "time": 4}, extra={"a": 1, "b": [{"c": 2, "d": 3}]})
    other = with_data(answers={"time": 4, "staff": 3}, extra={"b": [{"d": 3, "c": 2}], "a": 1})
    assert canonical(decoded(one)) == canonical(decoded(other))


def test_another_score_is_another_content() -> None:
    assert content_hash(canonical(decoded(with_data(score=2)))) != content_hash(canonical(decoded(RATING)))


def _sound(raw: bytes) -> None:
    """Whatever these bytes are: an event whose log line is JSON on one line, or a refusal that can be told."""
    found = decode(raw)
    if isinstance(found, Refusal):
        assert found.reason in Reason
        assert found.detail.encode()
        assert found.id is None or found.id.encode()
        return
    line = recorded(canonical(found), NOW, "system")
    assert b"\n" not in line
    assert canonical(decoded(line)) == canonical(found)
    assert json.loads(line, parse_constant=no_constant)["id"] == str(found.id)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_a_refusal(raw: bytes) -> None:
    _sound(raw)


@given(events(), HOSTILE, st.data())
def test_any_value_in_any_place_is_an_event_or_a_refusal(
    event: dict[str, Any], hostile: str, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([*event, *(f"data/{name}" for name in event["data"]), "new", "data/new"]))
    target = event["data"] if place.startswith("data/") else event
    target[place.removeprefix("data/")] = "@@@"
    _sound(raw_of(event).replace(b'"@@@"', hostile.encode()))


@given(events(), st.data())
def test_any_cut_or_changed_byte_is_an_event_or_a_refusal(event: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(raw_of(event))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    _sound(bytes(raw))


@given(ANYTHING)
def test_any_json_is_an_event_or_a_refusal(value: Any) -> None:
    _sound(raw_of(value))


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        (b"", Reason.NOT_JSON, "the event is not JSON: EOF while parsing a value at line 1 column 0"),
        (b"\xff{}", Reason.NOT_UTF8, "byte 1 of the event is not UTF-8"),
        (b"[]", Reason.WRONG_TYPE, "the event: must be an object {...}"),
        (b"{}", Reason.MISSING_FIELD, "type: is missing"),
        (b'{"type":null}', Reason.MISSING_FIELD, "type: is missing"),
        (b'{"type":7}', Reason.WRONG_TYPE, "type: must be text in quotes"),
        (b'{"type":"rating"}', Reason.UNKNOWN_TYPE, 'type: "rating" is no event type of this system'),
        (b'{"type":"rating.submitted"}', Reason.MISSING_FIELD, "id: is missing"),
        (with_data(score=5), Reason.SCORE_OUTSIDE_SCALE, "data.score: 5 is outside csat4, which has 1 to 4"),
        (
            with_data(answers={"staff": 0}),
            Reason.SCORE_OUTSIDE_SCALE,
            "data.answers.staff: 0 is outside csat4, which has 1 to 4",
        ),
        (
            with_data(score="3"),
            Reason.WRONG_TYPE,
            'data.score: must be a whole number without quotes and decimals, not "3"',
        ),
        (
            with_data(scale="csat9"),
            Reason.INVALID_VALUE,
            "data.scale: must be 'csat3', 'csat4', 'csat5', 'binary', 'star5' or 'nd61', not \"csat9\"",
        ),
        (with_data(unit=""), Reason.INVALID_VALUE, "data.unit: is empty"),
        (with_data(unit=None), Reason.WRONG_TYPE, "data.unit: must be text in quotes"),
        (
            with_data(unit="H26 "),
            Reason.INVALID_VALUE,
            'data.unit: "H26 " begins or ends with a blank, or holds a line break or a character that cannot be seen',
        ),
        (with_data(comment="x" * 1201), Reason.INVALID_VALUE, "data.comment: has more than 1200 characters"),
        (with_data(monotonic_ms=-1), Reason.INVALID_VALUE, "data.monotonic_ms: -1 is less than 0.0"),
        (
            raw_of({**RATING, "time": "2026-11-23T08:30:00"}),
            Reason.INVALID_VALUE,
            'time: "2026-11-23T08:30:00" has no offset from UTC; write it as in "2026-01-31T08:00:00+07:00"',
        ),
        (
            with_data(device_time="0001-01-01T00:00:00+07:00"),
            Reason.INVALID_VALUE,
            'data.device_time: "0001-01-01T00:00:00+07:00" lies outside the years 1 to 9999',
        ),
        (
            raw_of({**RATING, "time": 1795397400}),
            Reason.WRONG_TYPE,
            'time: must be an instant in quotes such as "2026-01-31T08:00:00+07:00", not 1795397400',
        ),
        (raw_of({**RATING, "id": "7"}), Reason.INVALID_VALUE, 'id: "7" is no UUID'),
        (raw_of({**RATING, "specversion": "0.3"}), Reason.INVALID_VALUE, "specversion: must be '1.0', not \"0.3\""),
        (
            raw_of({**RATING, "weight": float("nan")}),
            Reason.INVALID_VALUE,
            "weight: must be a number that JSON can hold; NaN, Infinity and numbers beyond 1.8e308 are none",
        ),
    ],
)
def test_a_refusal_names_the_field_and_what_is_wrong_with_it(raw: bytes, reason: Reason, detail: str) -> None:
    found = refused(raw)
    assert (found.reason, found.detail) == (reason, detail)


@given(events(), HOSTILE, st.data())
def test_no_sentence_speaks_of_our_tools(event: dict[str, Any], hostile: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(event["data"])))
    event["data"][name] = "@@@"
    found = decode(raw_of(event).replace(b'"@@@"', hostile.encode()))
    if isinstance(found, Refusal):
        # The sender's own name of a field stands in the sentence, whatever it is.
        sentence = found.detail.replace(name, "")
        for word in ("Input should", "discriminator", "pydantic", "validator", "Unable to", "\\S"):
            assert word not in sentence


def test_a_refusal_says_which_event_by_the_id_as_written() -> None:
    assert refused(raw_of({"id": "HS-7", "type": "rating.submitted"})).id == "HS-7"
    assert refused(b'{"id":"\\ud800"}').id is None


def test_a_byte_order_mark_in_front_is_no_fault() -> None:
    assert decoded(b"\xef\xbb\xbf" + raw_of(RATING)) == decoded(RATING)


def test_a_field_given_twice_counts_as_last_given() -> None:
    raw = with_data().replace(b'"score": 3', b'"score": 1, "score": 4')
    assert decoded(raw).data.score == 4


def test_what_ingest_alone_may_say_is_not_believed() -> None:
    claimed = {**RATING, "recordedtime": "2020-01-01T00:00:00Z", "sender": "system"}
    assert canonical(decoded(claimed)) == canonical(decoded(RATING))


@given(TEXTS.filter(bool))
def test_the_logged_line_is_json_whoever_sent_it(sender: str) -> None:
    line = json.loads(recorded(canonical(decoded(RATING)), NOW + timedelta(microseconds=999), sender))
    assert (line["sender"], line["recordedtime"]) == (sender, "2026-11-23T01:30:00.000Z")


@pytest.mark.parametrize(
    ("offset", "reason"),
    [
        (timedelta(minutes=5), None),
        (timedelta(minutes=5, milliseconds=1), Reason.TIME_IN_FUTURE),
        (datetime(2000, 1, 1, tzinfo=UTC) - NOW, None),
        (datetime(2000, 1, 1, tzinfo=UTC) - NOW - timedelta(milliseconds=1), Reason.TIME_TOO_OLD),
    ],
)
def test_an_event_may_be_five_minutes_ahead_and_as_old_as_2000(offset: timedelta, reason: Reason | None) -> None:
    found = check_time(decoded({**RATING, "time": (NOW + offset).isoformat()}), NOW)
    assert (found.reason if found else None) == reason


@pytest.mark.parametrize(("scale", "levels"), LEVELS.items())
def test_each_scale_takes_its_own_scores_only(scale: str, levels: Any) -> None:
    scores = range(levels.lowest - 1, levels.highest + 2)
    taken = [score for score in scores if not isinstance(decode(with_data(scale=scale, score=score)), Refusal)]
    assert taken == list(range(levels.lowest, levels.highest + 1))


@given(events())
def test_events_of_one_unit_go_one_way_and_reference_facts_by_subject(event: dict[str, Any]) -> None:
    topic, key = route(decoded(event))
    family = event["type"].partition(".")[0]
    if event["type"] == "device.seen":
        assert (topic, key) == (HEARTBEATS, event["subject"])
    elif event["type"] == "device.configured":
        assert (topic, key) == (REFERENCE, f"configuration/{event['subject']}")
    elif family in {"unit", "procedure", "calendar", "target", "alias", "device", "import"}:
        assert (topic, key.startswith(f"{family}/{event['subject']}"[:90])) == (REFERENCE, True)
    else:
        assert (topic, key) == (EVENTS, event["data"]["unit"])


def test_derived_ids_depend_on_every_part_and_its_border() -> None:
    ids = {derived_id("a", "bc"), derived_id("ab", "c"), derived_id("a", "b", "c"), derived_id("abc")}
    assert len(ids) == 4
    assert derived_id("a", "bc") in ids


def test_there_are_events_of_every_stage() -> None:
    kinds = {kind.partition(".")[0] for kind in EVENT_DATA}
    assert kinds >= {"dossier", "queue", "rating", "petition", "payment", "component", "staff", "unit", "device"}


def replacing(former_time: str = "2026-11-23T08:00:00+07:00", **changed: Any) -> bytes:
    """A rating in place of that of ``RATING``'s id, half an hour after it, unless told otherwise."""
    former = str(RATING["id"])
    data = {**RATING["data"], "dossier": "D-1", "replaces": {"id": former, "time": former_time}}  # type: ignore[dict-item]
    return raw_of({**RATING, "id": replacement_id(UUID(former)), "data": data, **changed})


def test_a_rating_replaces_one_of_the_day_before_under_the_id_that_follows_from_it() -> None:
    event = decoded(replacing())
    assert json.loads(canonical(event))["data"]["replaces"] == {"id": RATING["id"], "time": "2026-11-23T01:00:00Z"}
    assert str(event.id) == str(uuid5(UUID("6f0b3c0e-1d5c-5f7e-9a57-68a1a0000001"), f"replacement\x1f{RATING['id']}"))


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (replacing(id=RATING["id"]), f"id: a rating that replaces {RATING['id']} must have the id"),
        (replacing("2026-11-23T08:30:00+07:00"), "data.replaces.time: 2026-11-23T01:30:00+00:00 is not within a day"),
        (replacing("2026-11-22T08:29:59+07:00"), "data.replaces.time: 2026-11-22T01:29:59+00:00 is not within a day"),
        (with_data(replaces={"id": RATING["id"], "time": RATING["time"]}), "only a rating that names its dossier"),
    ],
    ids=["another_id", "at_the_same_time", "too_late", "no_dossier"],
)
def test_what_cannot_stand_in_the_place_of_a_rating_is_refused(raw: bytes, detail: str) -> None:
    found = refused(raw)
    assert found.reason == Reason.INVALID_VALUE
    assert detail in found.detail
