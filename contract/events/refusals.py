"""Reasons for refusing an event: a closed list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Every reason. Senders may branch on these values, and metrics are labelled with them."""

    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    INVALID_VALUE = "invalid_value"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_UNIT = "unknown_unit"
    SCORE_OUTSIDE_SCALE = "score_outside_scale"
    TIME_IN_FUTURE = "time_in_future"
    TIME_TOO_OLD = "time_too_old"
    ID_CONFLICT = "id_conflict"
    FORBIDDEN = "forbidden"
    TOO_MANY = "too_many"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused event: the reason, a sentence that names the field, and the event's id if it could be read."""

    reason: Reason
    detail: str
    id: str | None = None
