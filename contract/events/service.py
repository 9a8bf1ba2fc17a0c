"""Events at the counter: queue tickets, ratings, petitions and staff shifts; also acknowledgements of trouble, loads of
reference data, and heartbeats of tablets.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contract.events.fields import Code, Comment, Count, Data, Text, UtcTime
from contract.ratings.scales import LEVELS, Scale


class Queue(Data):
    """A ticket's step; ``subject`` is the ticket, unique over time (put unit and day in front of the number)."""

    counter: Code | None = None
    staff: Code | None = None
    visit_id: Code | None = None
    procedure: Code | None = None


REPLACEABLE_FOR = timedelta(days=1)
"""For how long after a rating another may replace it."""


class Replaced(BaseModel):
    """The replaced rating, by its ``id`` and ``time``."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    id: UUID
    time: UtcTime


class Rating(Data):
    """One citizen's answer. ``score`` is the overall answer on ``scale`` (contract/ratings/scales.py); high is good.

    ``answers`` holds further items by name, on the same scale. ``device_time``, ``monotonic_ms`` and ``counter_n``
    reveal a wrong tablet clock. ``reasons`` are codes of contract/ratings/reasons.yaml. A rating that ``replaces``
    another of the same dossier and unit counts instead of it; its id follows from the other's (``replacement_id``).
    """

    channel: Literal["tablet", "online", "post", "phone", "paper"]
    scale: Scale
    score: int
    answers: Annotated[dict[Code, int], Field(max_length=100)] | None = None
    reasons: Annotated[list[Code], Field(max_length=10)] | None = None
    comment: Comment | None = None
    device: Code | None = None
    counter: Code | None = None
    staff: Code | None = None
    dossier: Code | None = None
    ticket: Code | None = None
    procedure: Code | None = None
    instrument: Code | None = None
    language: Code | None = None
    device_time: UtcTime | None = None
    monotonic_ms: Annotated[float, Field(ge=0, le=1e15)] | None = None
    counter_n: Count | None = None
    replaces: Replaced | None = None

    @model_validator(mode="after")
    def _of_a_dossier(self) -> Self:
        if self.replaces and not self.dossier:
            raise PydanticCustomError("no_dossier", "only a rating that names its dossier can replace another")
        return self

    @model_validator(mode="after")
    def _within_scale(self) -> Self:
        levels = LEVELS[self.scale]
        for name, score in [("score", self.score), *(self.answers or {}).items()]:
            if not levels.lowest <= score <= levels.highest:
                raise PydanticCustomError(
                    "score_outside_scale",
                    "{name} is {score}, but {scale} goes from {lowest} to {highest}",
                    {
                        "name": name,
                        "score": score,
                        "scale": self.scale.value,
                        "lowest": levels.lowest,
                        "highest": levels.highest,
                    },
                )
        return self


class RatingComment(Data):
    """A comment written on a phone within half an hour of a tap; ``subject`` is the rating's id.

    A comment is not a rating, and no figure counts it. A comment on an unknown rating is kept and never shown.
    """

    comment: Comment
    language: Code | None = None


class Petition(Data):
    """Phản ánh, kiến nghị; ``subject`` is the petition's code."""

    category: Literal["regulation", "behaviour", "other"] | None = None
    dossier: Code | None = None
    like: bool | None = None
    reopened: bool | None = None
    confirmed: bool | None = None
    reason: Text | None = None


class StaffShift(Data):
    """One person's duty; ``subject`` is the staff code."""

    starts_at: UtcTime
    ends_at: UtcTime
    role: Code | None = None


class PointCapability(Data):
    """Capabilities of a reception point and the number of results in force that it holds, from the event's time on."""

    digitisation_workflow: bool | None = None
    e_certified_copy: bool | None = None
    results_in_force: Count | None = None
    results_digitised: Count | None = None


class Acknowledgement(Data):
    """A supervisor takes charge of a trouble at the unit; ``subject`` is the trouble.

    The subject is an indicator's id, ``severe`` or ``silent``. ``by`` is the supervisor, ``comment`` the measure taken.
    """

    by: Code
    comment: Comment | None = None


class DeviceSeen(Data):
    """A tablet's heartbeat: its state; ``subject`` is the tablet. Values unknown to its browser are left out.

    ``waiting`` taps are not acknowledged yet, ``quarantined`` ones were refused. ``clock_skew_ms`` is how far the
    server's clock is ahead of the tablet's. ``configuration`` is the version of the tablet's configuration.
    """

    battery_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    charging: bool | None = None
    online: bool | None = None
    network: Code | None = None
    waiting: Count | None = None
    oldest_unsent_s: Count | None = None
    quarantined: Count | None = None
    clock_skew_ms: Annotated[int, Field(ge=-(10**15), le=10**15)] | None = None
    storage_used_bytes: Annotated[int, Field(ge=0, le=2**53)] | None = None
    storage_quota_bytes: Annotated[int, Field(ge=0, le=2**53)] | None = None
    storage_persisted: bool | None = None
    page_version: Code | None = None
    configuration: Code | None = None
    last_tap_at: UtcTime | None = None


class ReferenceLoaded(Data):
    """One load of reference data: by whom, from which files, with which changes; ``subject`` is the files' SHA-256.

    ``files`` counts the ``lines`` of each file and how many are ``new``, ``changed`` and ``unchanged`` (left out where
    not known). ``unit`` is the root of the loaded units, ``refused`` the number of events that ingest refused.
    """

    by: Code
    name: Text
    files: Annotated[dict[Code, Annotated[dict[Code, Count], Field(max_length=20)]], Field(max_length=100)]
    refused: Count = 0


SERVICE_EVENTS: dict[str, type[Data]] = {
    "queue.ticket_issued": Queue,
    "queue.called": Queue,
    "queue.served": Queue,
    "queue.abandoned": Queue,
    "rating.submitted": Rating,
    "rating.commented": RatingComment,
    "petition.received": Petition,
    "petition.refused": Petition,
    "petition.supplement_asked": Petition,
    "petition.resolved": Petition,
    "petition.published": Petition,
    "petition.rated": Petition,
    "staff.shift": StaffShift,
    "point.capability": PointCapability,
    "alert.acknowledged": Acknowledgement,
    "device.seen": DeviceSeen,
    "reference.loaded": ReferenceLoaded,
}
