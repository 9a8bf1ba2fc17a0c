"""Reference facts that other events refer to: units, procedures, working days, targets, tablets, with dates of effect.

Ingest admits them like every event, and Kafka keeps them in a compacted topic; the newest by ``time`` holds.
"""

from __future__ import annotations

from datetime import time
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from contract.events.fields import Amount, CalendarDay, Code, Count, Data, Day, LocalTime, RequiredText, Text, UtcTime
from contract.ratings.reasons import tablet_languages

UnitLevel = Literal["ministry", "city", "department", "centre", "branch", "service_point", "counter", "external"]


def check_tablet_language(value: str) -> str:
    """The language; pydantic's error of a literal when the tablet's page has no texts in it."""
    if value not in tablet_languages():
        expected = " or ".join(map(repr, tablet_languages()))
        raise PydanticCustomError("literal_error", "must be {expected}", {"expected": expected})
    return value


Language = Annotated[str, AfterValidator(check_tablet_language)]
"""A language of the tablet's page."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class UnitDefined(Data):
    """A unit of the tree; ``subject`` = ``unit`` = its code. ``parent`` is empty for the root."""

    name_vi: Text
    name_en: Text
    level: UnitLevel
    parent: Code | None = None
    valid_from: Day
    valid_to: Day | None = None
    calendar: Code | None = None


class Cutoff(BaseModel):
    """From ``valid_from`` on, a dossier received after ``at`` (unit's clock) counts as of the next working day.

    Without ``at`` there is no cut-off hour from that day on.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    valid_from: Day
    at: Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1\d|2[0-3]):[0-5]\d$")] | None = None


def _in_order(cutoffs: list[Cutoff]) -> list[Cutoff]:
    days = [cutoff.valid_from for cutoff in cutoffs]
    if sorted(set(days)) != days:
        raise ValueError("must name each day once, in order")
    return cutoffs


class Term(Data):
    """The term of a procedure, and how it is counted.

    ``term_unit``: working hours, working days of 8 hours, or calendar days. ``count_mode``: ``hour`` counts working
    time to the minute, ``day`` leaves the first day out and ends with the last day (Civil Code, art. 147-148).
    ``deadline_rule``: late is after the due ``day`` (one-stop practice) or after the due ``instant``.
    ``supplement_policy``: the effect of waiting for papers on the due date.
    """

    term: Annotated[int, Field(ge=1, le=100_000)] | None = None
    term_unit: Literal["hour", "working_day", "day"] = "working_day"
    count_mode: Literal["hour", "day"] = "hour"
    deadline_rule: Literal["day", "instant"] = "day"
    supplement_policy: Literal["subtract", "shift", "restart"] = "shift"


class Procedure(Term):
    """Thủ tục hành chính, published or updated; ``subject`` is its code, ``unit`` the publishing unit.

    ``at_desk``: received and given back (``both_ends``) at the one-stop desk, or settled there as well (``whole``).
    ``posted``: shown at the desk on paper or a screen. ``cutoffs``: hours after which its term begins with the next
    working day (15:00 for civil status and certification). ``decision_date`` is when its publication was decided,
    ``effective_date`` from when it holds, ``public_date`` when the national database was told (the event's own day when
    left out).
    """

    name_vi: Text
    name_en: Text | None = None
    field: Text | None = None
    level: Code | None = None
    effective_date: CalendarDay | None = None
    decision_date: CalendarDay | None = None
    public_date: CalendarDay | None = None
    parts_complete: bool | None = None
    service_level: Literal[2, 3, 4] | None = None
    full_online_eligible: bool | None = None
    has_fee: bool | None = None
    fee_vnd: Amount | None = None
    requires_result: bool | None = None
    annual_volume: Count | None = None
    linked_service: Code | None = None
    online_payment: bool | None = None
    restructured: bool | None = None
    at_desk: Literal["both_ends", "whole"] | None = None
    posted: bool | None = None
    cutoffs: Annotated[list[Cutoff], AfterValidator(_in_order)] | None = None


class ProcedureAbolished(Data):
    """A procedure that ends on ``effective_date``."""

    effective_date: CalendarDay | None = None


Session = Annotated[list[LocalTime], Field(min_length=2, max_length=2)]


def _one_after_another(sessions: list[list[time]]) -> list[list[time]]:
    times = [at for session in sorted(sessions) for at in session]
    if sorted(set(times)) != times:
        raise PydanticCustomError("sessions_overlap", "must open before they close, one after another")
    return sessions


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be a time zone of the IANA list, such as Asia/Ho_Chi_Minh")
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
"""A time zone by its name in the IANA list."""


class CalendarDefined(Data):
    """The time zone of a calendar's days and hours; ``subject`` is the calendar.

    The due days and cut-off hours of the units that follow the calendar are counted in that zone, even where no days of
    the calendar are given. The zone of a calendar without this event is Vietnam's.
    """

    zone: Zone = "Asia/Ho_Chi_Minh"


class WorkingDay(Data):
    """One day of a calendar; ``subject`` is ``CALENDAR/YYYY-MM-DD``. No sessions: a day off.

    ``sessions`` are local opening hours, e.g. ``[["08:00", "12:00"], ["13:00", "17:00"]]``.
    """

    calendar: Code
    date: CalendarDay
    sessions: Annotated[list[Session], Field(max_length=10), AfterValidator(_one_after_another)]
    name_vi: Text | None = None
    name_en: Text | None = None


class TargetDefined(Data):
    """A local target of an indicator for ``unit`` and every unit below it; it overrides the catalogue's target."""

    indicator: Code
    op: Literal[">=", "<="]
    value: Annotated[float, Field(ge=-1e15, le=1e15)]
    valid_from: Day
    valid_to: Day | None = None
    source: RequiredText


class AliasDefined(Data):
    """Another name of ``unit`` from one day to another, both included; ``subject`` is that name."""

    valid_from: Day
    valid_to: Day | None = None
    source: Text | None = None


class DevicePaired(Data):
    """A tablet and its place; ``subject`` is the device. Only a hash of its token is kept.

    ``since`` is the earliest time of its ratings, for a tablet that stood there before this pairing; by default the
    pairing's own time.
    """

    counter: Code | None = None
    token_sha256: Sha256
    name: Text | None = None
    kiosk: Literal["counter", "exit"] = "counter"
    since: UtcTime | None = None


class DeviceRevoked(Data):
    """The tablet's token is invalid from now on."""

    reason: Text | None = None


class DeviceConfigured(Data):
    """The configuration of the tablets at ``unit`` and below, or of one ``device``; ``subject`` is that unit or device.

    A configuration replaces the earlier one of its subject. A field that it leaves out is inherited from the unit
    above, and finally from the tablet's setup. ``languages`` are offered in this order, the first to each new citizen;
    ``idle_s`` after another was chosen the page returns to it. ``follow_up``: an unsatisfied citizen is asked why. An
    unknown field is refused, because nobody at the tablet would notice that it has no effect.
    """

    model_config = ConfigDict(extra="forbid")

    device: Code | None = None
    faces: Literal[3, 4, 5] | None = None
    languages: Annotated[list[Language], Field(min_length=1, max_length=10)] | None = None
    idle_s: Annotated[int, Field(ge=10, le=300)] | None = None
    mirrored: bool | None = None
    large_text: bool | None = None
    follow_up: bool | None = None


class ImportRetracted(Data):
    """The retraction of a whole import, for good; ``subject`` is the ``source`` of its events (``import/NAME``).

    No figure counts any event of the source, earlier or later, except its reference facts
    (contract/events/retractions.py). Instants are not compared, so the order of arrival does not matter. ``unit`` is
    the root of the tree, ``by`` the person who retracted it.
    """

    by: Code
    reason: Text


CONFIGURED_FIELDS = tuple(name for name in DeviceConfigured.model_fields if name not in {"unit", "device"})

REFERENCE_EVENTS: dict[str, type[Data]] = {
    "unit.defined": UnitDefined,
    "procedure.published": Procedure,
    "procedure.updated": Procedure,
    "procedure.abolished": ProcedureAbolished,
    "calendar.defined": CalendarDefined,
    "calendar.day_defined": WorkingDay,
    "target.defined": TargetDefined,
    "alias.defined": AliasDefined,
    "device.paired": DevicePaired,
    "device.revoked": DeviceRevoked,
    "device.configured": DeviceConfigured,
    "import.retracted": ImportRetracted,
}
