"""What a sender may do wrong: poison, unknown and missing fields, clocks that are off."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from contract.events.topics import DEAD_LETTERS, EVENTS
from runtime.kafka import make_producer
from tests.faults.cases import proves
from tests.faults.checker import check
from tests.faults.harness import Harness
from tests.faults.known import Event, Truth, lines
from tests.support import logged, rating

pytestmark = pytest.mark.stack

DAY_S = 86_400.0
LONGER_THAN_IDS_ARE_KEPT_S = 40 * DAY_S


def poison_of(tap: Event) -> dict[str, bytes]:
    """Lines that cannot be events, by the reason to be given."""

    def changed(**parts: Any) -> bytes:
        return json.dumps({**tap, "id": "0198c0de-0000-7000-8000-000000000001", **parts}).encode()

    return {
        "not_json": b"{",
        "not_utf8": b"\xff",
        "wrong_type": changed(data={**tap["data"], "score": "four"}),
        "unknown_type": changed(type="rating.eaten"),
        "missing_field": changed(data={}),
        "score_outside_scale": changed(data={**tap["data"], "score": 99}),
        "too_large": changed(data={**tap["data"], "note": "x" * 10_000_000}),
    }


@proves(16)
def test_poison_in_the_middle_of_a_request(harness: Harness, truth: Truth) -> None:
    tap = next(body for body in truth.events if body["type"] == "rating.submitted")
    poison = poison_of(tap)
    good = lines(truth.events)
    middle = len(good) // 2
    answer = harness.post_lines(good[:middle] + list(poison.values()) + good[middle:])
    truth.sent |= {body["id"] for body in truth.events}
    truth.acknowledged |= truth.sent
    assert answer.status_code == 202
    told = answer.json()
    assert told["accepted"] == len(good)
    assert [entry["reason"] for entry in told["rejected"]] == list(poison)
    assert [entry["index"] for entry in told["rejected"]] == list(range(middle, middle + len(poison)))
    check(harness, truth)


@proves(16)
def test_poison_in_the_middle_of_the_log(harness: Harness, truth: Truth) -> None:
    tap = next(body for body in truth.events if body["type"] == "rating.submitted")
    poison = {**poison_of(tap), "missing_field": json.dumps(tap).encode()}
    del poison["too_large"]
    asked = dead_letters(harness)
    producer = make_producer(harness.settings)
    values = [logged(body) for body in truth.events]
    middle = len(values) // 2
    places = {}
    for value in [*values[:middle], *poison.values(), *values[middle:]]:
        places[value] = producer.send(EVENTS, key=b"poison", value=value).get(timeout=20)
    producer.close()
    truth.sent |= {body["id"] for body in truth.events}
    truth.acknowledged |= truth.sent
    check(harness, truth)
    letters = dead_letters(harness)[len(asked) :]
    assert [letter["offset"] for letter in letters] == [places[value].offset for value in poison.values()]
    assert {letter["partition"] for letter in letters} == {places[values[0]].partition}
    told = [letter["reason"] for letter in letters]
    assert told == list(poison)


@proves(17)
def test_unknown_fields_are_kept_and_optional_ones_may_be_missing(harness: Harness, truth: Truth) -> None:
    truth.events = [
        {**body, "newattribute": "v2", "data": {**body["data"], "mood": {"colour": "green"}}} for body in truth.events
    ]
    assert harness.send(truth.events, truth) == []
    check(harness, truth)
    rows = harness.store.query(
        "SELECT DISTINCT JSONExtractRaw(body, 'data', 'mood'), JSONExtractString(body, 'newattribute')"
        " FROM events WHERE source = {source:String}",
        parameters={"source": truth.source},
    ).result_rows
    assert rows == [('{"colour":"green"}', "v2")]


@proves(23)
def test_clocks_of_senders(harness: Harness, truth: Truth) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    place, around = truth.units["H26.1"], truth.period.start + timedelta(hours=9)
    ahead = rating(place, tomorrow.isoformat(), source=truth.source)
    leap = rating(place, "2016-12-31T23:59:60Z", source=truth.source)
    assert [entry["reason"] for entry in harness.send([ahead, leap], truth)] == ["time_in_future", "invalid_value"]
    a_year_behind = rating(place, (around - timedelta(days=365)).isoformat(), source=truth.source)
    elsewhere = [
        rating(place, around.astimezone(UTC).isoformat(), key=zone, source=truth.source).copy()
        | {"time": around.astimezone(datetime.strptime(zone, "%z").tzinfo).isoformat()}
        for zone in ("+0000", "+0700", "-0330", "+1400")
    ]
    truth.events += [a_year_behind, *elsewhere]
    assert harness.send(truth.events, truth) == []
    check(harness, truth)


@proves(23)
def test_the_clock_of_ingest_jumps(harness: Harness, truth: Truth) -> None:
    quarter = len(truth.events) // 4
    jumps = (DAY_S, -DAY_S, LONGER_THAN_IDS_ARE_KEPT_S, 0.0)
    for number, seconds in enumerate(jumps):
        harness.shift_clock(seconds)
        assert harness.send(truth.events[number * quarter : (number + 1) * quarter], truth) == []
        harness.wait_delivered()
    assert harness.send(truth.events, truth) == []
    check(harness, truth)


def dead_letters(harness: Harness) -> list[dict[str, Any]]:
    """The whole topic."""
    reader = KafkaConsumer(bootstrap_servers=harness.settings.kafka, enable_auto_commit=False)
    place = TopicPartition(DEAD_LETTERS, 0)
    reader.assign([place])
    reader.seek_to_beginning(place)
    end = reader.end_offsets([place])[place]
    letters: list[dict[str, Any]] = []
    while reader.position(place) < end:
        for records in reader.poll(timeout_ms=500).values():
            letters += [json.loads(record.value) for record in records]
    reader.close()
    return letters
