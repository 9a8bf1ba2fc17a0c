"""Events as senders write them, of every type and with every field, for property tests."""

from __future__ import annotations

import types
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime

from contract.events.envelope import EVENT_DATA, replacement_id
from contract.events.fields import check_not_empty
from contract.events.reference import Cutoff, check_tablet_language
from contract.ratings.reasons import tablet_languages
from contract.ratings.scales import LEVELS, Scale

# The same examples at each run, and none refused for a slow or busy machine.
settings.register_profile("hailong", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hailong")

# What a JSON text may hold and no line of a log may break on: quotes, line ends, NUL, other planes.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["", "\n", "\r\n", "\u2028", '"', "\\", "\0", "Chị Hoa đợi lâu quá 😞", "NaN"]
)
CODES = st.from_regex(r"\A[0-9A-Za-zĐđ._/\"'\\-]([0-9A-Za-zĐđ ._/\"'\\-]{0,20}[0-9A-Za-z])?\Z")
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(2000, 1, 3), datetime(2099, 12, 30), timezones=OFFSETS)  # noqa: DTZ001 made aware
# Numbers of a length that no telephone, identity or account number has: those are masked.
NUMBERS = st.integers(-99_999, 99_999) | st.integers(10**24, 10**26) | st.floats(-1_000, 1_000, width=16)
ANYTHING = st.recursive(
    st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
UNKNOWN_FIELDS = st.dictionaries(CODES.map(lambda name: f"x-{name}"), ANYTHING, max_size=2)


SHA256S = st.from_regex(r"\A[0-9a-f]{64}\Z")
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    AwareDatetime: INSTANTS.map(datetime.isoformat),
    date: st.dates(date(1990, 1, 1), date(2099, 12, 31)).map(date.isoformat),
    time: st.times().map(lambda at: f"{at:%H:%M:%S}"),
    bool: st.booleans(),
    float: st.floats(0, 1e15),
}
SCALARS[Cutoff] = st.fixed_dictionaries(
    {"valid_from": SCALARS[date]}, optional={"at": st.times(time(1)).map(lambda hour: f"{hour:%H:%M}")}
)


def _value(annotation: Any, metadata: Sequence[Any] = ()) -> st.SearchStrategy[Any]:
    origin: Any = get_origin(annotation)
    parts: tuple[Any, ...] = get_args(annotation)
    if origin is Annotated:
        return _value(parts[0], [*metadata, *parts[1:]])
    if origin in (Union, types.UnionType):
        return st.one_of([_value(part) for part in parts if part is not type(None)])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is list:
        lengths = [constraint for constraint in _constraints(metadata) if hasattr(constraint, "max_length")]
        least = max((getattr(c, "min_length", 0) for c in _constraints(metadata)), default=0)
        return st.lists(_value(parts[0]), min_size=least, max_size=min([4, *(c.max_length for c in lengths)]))
    if origin is dict:
        return st.dictionaries(CODES, _value(parts[1]), max_size=3)
    return _scalar(annotation, metadata)


def _scalar(kind: Any, metadata: Sequence[Any]) -> st.SearchStrategy[Any]:
    if issubclass(kind, Enum):
        return st.sampled_from([member.value for member in kind])
    if kind is str:
        checks = {getattr(constraint, "func", None) for constraint in _constraints(metadata)}
        if check_not_empty in checks:
            return TEXTS.map(lambda text: f"x{text}")
        if check_tablet_language in checks:
            return st.sampled_from(tablet_languages())
        patterns = " ".join(str(getattr(constraint, "pattern", None) or "") for constraint in metadata)
        return SHA256S if "0-9a-f" in patterns else CODES if patterns.strip() else TEXTS
    if kind is int:
        low = [c.ge for c in _constraints(metadata) if getattr(c, "ge", None) is not None]
        high = [c.le for c in _constraints(metadata) if getattr(c, "le", None) is not None]
        return st.integers(max(low, default=1), min(high, default=2**31))
    return SCALARS[kind]


def _constraints(metadata: Sequence[Any]) -> list[Any]:
    return [inner for outer in metadata for inner in (outer, *getattr(outer, "metadata", ()))]


@st.composite
def data_of(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Data of an event type: every needed field, some of the others, some that nobody knows."""
    knows_all = EVENT_DATA[kind].model_config["extra"] == "forbid"
    data: dict[str, Any] = {} if knows_all else draw(UNKNOWN_FIELDS)
    for name, field in EVENT_DATA[kind].model_fields.items():
        if name != "replaces" and (field.is_required() or draw(st.booleans())):
            data[name] = draw(_value(field.annotation, field.metadata))
    if kind == "rating.submitted":
        levels = LEVELS[Scale(data["scale"])]
        scores = st.integers(levels.lowest, levels.highest)
        data["score"] = draw(scores)
        if "answers" in data:
            data["answers"] = {name: draw(scores) for name in data["answers"]}
    if "sessions" in data:
        times = sorted({at for session in data["sessions"] for at in session})
        data["sessions"] = [list(session) for session in zip(times[::2], times[1::2], strict=False)]
    if "last_day" in data:
        data["first_day"], data["last_day"] = sorted([data["first_day"], data["last_day"]])
    if "cutoffs" in data:
        told = {cutoff["valid_from"]: cutoff for cutoff in data["cutoffs"]}
        data["cutoffs"] = [told[day] for day in sorted(told)]
    return data


@st.composite
def events(draw: st.DrawFn, kinds: Sequence[str] = tuple(EVENT_DATA)) -> dict[str, Any]:
    """An event that must be accepted, as plain JSON values."""
    kind = draw(st.sampled_from(kinds))
    data = draw(data_of(kind))
    subject = draw(CODES)
    if kind == "unit.defined":
        subject = data["unit"]
    elif kind == "device.configured":
        subject = data.get("device", data["unit"])
    elif kind == "calendar.day_defined":
        subject = f"{data['calendar']}/{data['date']}"
    elif kind == "import.retracted":
        subject = f"import/{subject}"
    identity, time = str(draw(st.uuids())), draw(INSTANTS)
    if "dossier" in data and kind == "rating.submitted" and draw(st.booleans()):
        before = timedelta(milliseconds=draw(st.integers(1, 86_400_000)))
        data["replaces"] = {"id": identity, "time": (time - before).isoformat()}
        identity = replacement_id(UUID(identity))
    return {
        **draw(UNKNOWN_FIELDS),
        "specversion": "1.0",
        "id": identity,
        "type": kind,
        "source": draw(CODES),
        "time": time.isoformat(),
        "subject": subject,
        "data": data,
    }


HOSTILE = st.sampled_from(
    [
        "NaN", "-Infinity", "1e999", "-1e999", "1e-999", "-0", "9" * 30, "9" * 5000, "0.1e1", "01", "+1", ".5",
        "[" * 150 + "]" * 150, "[" * 5000, '{"a":' * 300, '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\n"',
        "null", "true", "{}", "[]", '""', '" "', '"a\\nb"', "'a'", "undefined", "",
        '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-12:00"', '"0000-00-00"', '"-0001-01-01T00:00:00Z"',
        '"10000-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"', '"2026-01-01T00:00:00"', '"1e20"', '"99999999999999999"',
    ]
)  # fmt: skip
"""JSON and what is nearly JSON, to stand where a value is expected."""
