"""Events whose fields hold values from the edges: the longest, the earliest, what looks like another thing.

Some of them must be refused; which is for the contract to say. What it admits, every later stage has to bear.
"""

from __future__ import annotations

import json
import random
import types
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from contract.events.envelope import EVENT_DATA

INSTANTS = (
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1753-01-01T00:00:00+07:00", "1899-12-31T23:59:59Z"),
    *("1970-01-01T00:00:00Z", "1989-12-31T23:59:59.999Z", "1990-01-01T00:00:00Z", "2038-01-19T03:14:08Z"),
    *("2099-12-31T23:59:59.999999Z", "2100-01-01T00:00:00Z", "2106-02-07T06:28:16Z", "2262-04-11T23:47:16Z"),
    *("2299-12-31T23:59:59Z", "2300-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999+00:00", "9999-12-31T23:59:59-12:00"),
    *(
        "20261105170000",
        "20261105",
        "1793872800",
        "1793872800000",
        "-1",
        "1e9",
        "",
        "2026-11-05",
        "2026-13-45T99:99:99Z",
    ),
    *("2026-11-05T24:00:00Z", "2026-11-05T23:59:60+07:00", "2026-11-05t08:00:00z", "2026-11-05 08:00:00+07:00"),
    *(
        "2026-11-05T08:00:00.123456789+07:00",
        "2026-11-05T08:00:00",
        "2026-11-05T08:00:00+23:59",
        "2026-02-29T00:00:00Z",
    ),
)
DAYS = (
    *("0001-01-01", "1582-10-15", "1899-12-31", "1900-01-01", "1925-01-01", "1970-01-01", "1989-12-31", "1990-01-01"),
    *("2099-12-31", "2100-01-01", "2149-06-06", "2283-11-11", "2299-12-31", "2300-01-01", "9999-12-31", "2024-02-29"),
    *("20261105", "1793872800", "2026-11-05T00:00:00", "2026-02-30", "", "0000-00-00", "10000-01-01", "-2026-01-01"),
)
TIMES = (
    "00:00",
    "00:00:00",
    "07:59:59",
    "23:59",
    "23:59:59",
    "24:00",
    "08:00:00.5",
    "08:00+07:00",
    "0800",
    "28800",
    "",
)
NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, -(2**31), 2**31, 2**32, 2**53, -(2**53), 10**12, 10**15, 10**15 + 1, 2**63 - 1, 2**63, 2**64, 10**30),
    *(-0.0, 0.5, 1e15, 1e16, 1e300, 5e-324, "150.000", "12", True, None),
)
TEXTS = (
    *("", " ", "\t", "\n", "a\r\nb", "\0", "Điểm tiếp nhận\x0bThôn 3", "Điểm\u2028số 2", "a\x85b", "\x1b[31m", "\x7f"),
    *(
        "\u202egnol",
        "a\u200bb",
        "\ufeffHS-3",
        "a\u00a0b",
        "\u0110ie\u0302\u0309m",
        "👨\u200d👩\u200d👧",
        "🇻🇳",
        "\U0010ffff",
    ),
    *("=1+1", "+84", "@a", "-1", "＝1+1", "'", '"', "\\", "%", "#", "?a=b&c", "../../v1/units?", "a/b", "NaN", "null"),
    *(
        "D'Ran",
        "<b>x</b>",
        "**đậm**",
        "$x$",
        "{x:String}",
        "${unit}",
        "-- x",
        "a" * 99,
        "a" * 100,
        "a" * 101,
        "ă" * 100,
    ),
    *("x" * 1200, "x" * 1201, "ắ" * 2000, "x" * 2001, "😞" * 1200, "9" * 400, "H26.99", "a,b;c\td", '["a"]', "\u0000x"),
)
FREE: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        10**400,
        1e308,
        5e-324,
        "",
        "\0",
        "x" * 5_000,
        [],
        {},
        [[[[[]]]]],
        {"": {"\u2028": [None, 1.5]}},
    ),
    *({"=1+1": "\x0b"}, {"a" * 300: 1}, {"unit": "H26"}, ["😞"], {"due_at": "9999-12-31T00:00:00Z"}),
)
DEEPEST = 3
SPECIAL = {"token_sha256": "0" * 64, "zone": "Asia/Ho_Chi_Minh"}
"""Usual values of fields that take few texts."""


def edge_events(dice: random.Random, units: Sequence[str], around: datetime) -> Iterator[dict[str, Any]]:
    """Without end: events of every type, each with up to three fields from the edges; most of them within reach."""
    kinds = sorted(EVENT_DATA)
    while True:
        kind = dice.choice(kinds)
        model = EVENT_DATA[kind]
        data = {name: _usual(dice, field.annotation, name) for name, field in model.model_fields.items()}
        data = {
            name: value
            for name, value in data.items()
            if model.model_fields[name].is_required() or (name != "replaces" and dice.random() < 0.6)
        }
        data["unit"] = dice.choice(units)
        _set_right(kind, data)
        if dice.random() < 0.8 and (names := [name for name in data if name != "unit"]):
            for name in dice.sample(names, min(len(names), dice.randint(1, DEEPEST))):
                data[name] = _edge(dice, model.model_fields[name].annotation)
        if dice.random() < 0.2:
            data[dice.choice(["x", *TEXTS])] = dice.choice(FREE)
        subject = dice.choice(TEXTS) if dice.random() < 0.2 else f"{kind.partition('.')[0]}-{dice.randrange(200)}"
        subject = {
            "unit.defined": data["unit"],
            "calendar.day_defined": f"{data.get('calendar')}/{data.get('date')}",
            "device.configured": data.get("device", data["unit"]),
        }.get(kind, subject)
        happened_at = around - timedelta(seconds=dice.randrange(3 * 86_400))
        yield {
            "specversion": "1.0",
            "id": str(UUID(int=dice.getrandbits(128), version=4)),
            "type": kind,
            "source": dice.choice(TEXTS) if dice.random() < 0.05 else "edges",
            "time": dice.choice(INSTANTS) if dice.random() < 0.05 else happened_at.isoformat(),
            "subject": subject,
            "data": data,
        }


def _set_right(kind: str, data: dict[str, Any]) -> None:
    """What fits together in events of this type, so that most are admitted."""
    if kind == "rating.submitted":
        data |= {"scale": "csat4", "score": 1, "answers": {"staff": 2}}
    elif kind == "calendar.day_defined":
        data["sessions"] = [["08:00:00", "12:00:00"], ["13:00:00", "17:00:00"]]
    elif kind == "unit.defined":
        data.pop("parent", None)


def _usual(dice: random.Random, annotation: Any, name: str) -> Any:
    kind = kind_of(annotation)
    if get_origin(kind) is Literal:
        return dice.choice(get_args(kind))
    if get_origin(kind) is list:
        return [_usual(dice, get_args(kind)[0], name)]
    if get_origin(kind) is dict:
        return {"a": _usual(dice, get_args(kind)[1], name)}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields.items()
        return {part: _usual(dice, field.annotation, part) for part, field in fields if field.is_required()}
    if kind in (AwareDatetime, datetime):
        moved = timedelta(seconds=dice.randrange(-(10**6), 10**6))
        return (datetime(2026, 3, 13, 3, tzinfo=UTC) + moved).isoformat()
    usual: dict[Any, Any] = {date: "2026-03-13", time: "08:00:00", bool: True, int: 3, float: 3.5}
    return usual.get(kind, SPECIAL.get(name, f"{name}-{dice.randrange(20)}"))


def _edge(dice: random.Random, annotation: Any) -> Any:
    kind = kind_of(annotation)
    if get_origin(kind) is list:
        return [_edge(dice, get_args(kind)[0]) for _ in range(dice.choice([0, 1, 2, 2, 3, 11]))]
    if get_origin(kind) is dict:
        return {dice.choice(TEXTS): _edge(dice, get_args(kind)[1]) for _ in range(dice.choice([0, 1, 3, 120]))}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {part: _edge(dice, field.annotation) for part, field in kind.model_fields.items()}
    choices: dict[Any, Sequence[Any]] = {
        AwareDatetime: INSTANTS, datetime: INSTANTS, date: DAYS, time: TIMES, int: NUMBERS, float: NUMBERS
    }  # fmt: skip
    return dice.choice(choices.get(kind, FREE if kind is bool else TEXTS))


def kind_of(annotation: Any) -> Any:
    """The type without its constraints and without None."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        parts = get_args(annotation)
        annotation = parts[0] if get_origin(annotation) is Annotated else next(p for p in parts if p is not type(None))
    return annotation


def written(event: dict[str, Any]) -> bytes:
    """The event as its sender writes it."""
    return json.dumps(event, ensure_ascii=False).encode()
