"""Validation errors as refusals: a reason, and a sentence that names the field and the fault.

The sentences address the engineer of a one-stop system who knows JSON and the event types but not pydantic.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from contract.events.fields import CODE_PATTERN
from contract.events.refusals import Reason, Refusal

_INSTANT = '"2026-01-31T08:00:00+07:00"'
_SENTENCES: dict[str, tuple[Reason, str]] = {
    "missing": (Reason.MISSING_FIELD, "is missing"),
    "union_tag_not_found": (Reason.MISSING_FIELD, "is missing"),
    "union_tag_invalid": (Reason.UNKNOWN_TYPE, "{tag} is no event type of this system"),
    "json_invalid": (Reason.NOT_JSON, "the event is not JSON: {error}"),
    "score_outside_scale": (Reason.SCORE_OUTSIDE_SCALE, "{score} is outside {scale}, which has {lowest} to {highest}"),
    "model_type": (Reason.WRONG_TYPE, "must be an object {{...}}"),
    "model_attributes_type": (Reason.WRONG_TYPE, "must be an object {{...}}"),
    "dict_type": (Reason.WRONG_TYPE, "must be an object {{...}}"),
    "list_type": (Reason.WRONG_TYPE, "must be a list [...]"),
    "string_type": (Reason.WRONG_TYPE, "must be text in quotes"),
    "int_type": (Reason.WRONG_TYPE, "must be a whole number without quotes and decimals, not {value}"),
    "float_type": (Reason.WRONG_TYPE, "must be a number without quotes, not {value}"),
    "bool_type": (Reason.WRONG_TYPE, "must be true or false without quotes, not {value}"),
    "date_type": (Reason.WRONG_TYPE, 'must be a date in quotes such as "2026-01-31", not {value}'),
    "datetime_type": (Reason.WRONG_TYPE, f"must be an instant in quotes such as {_INSTANT}, not {{value}}"),
    "time_type": (Reason.WRONG_TYPE, 'must be a time of day in quotes such as "08:00", not {value}'),
    "uuid_type": (Reason.WRONG_TYPE, "must be a UUID in quotes, not {value}"),
    "uuid_parsing": (Reason.INVALID_VALUE, "{value} is no UUID"),
    "timezone_aware": (Reason.INVALID_VALUE, f"{{value}} has no offset from UTC; write it as in {_INSTANT}"),
    "datetime_parsing": (Reason.INVALID_VALUE, f"{{value}} is no instant such as {_INSTANT}: {{error}}"),
    "datetime_from_date_parsing": (Reason.INVALID_VALUE, f"{{value}} is no instant such as {_INSTANT}: {{error}}"),
    "digits_as_time": (Reason.INVALID_VALUE, f'{{value}} is no instant or date such as {_INSTANT} or "2026-01-31"'),
    "outside_calendar": (Reason.INVALID_VALUE, "{value} lies outside the years 1 to 9999"),
    "outside_bounds": (Reason.INVALID_VALUE, "{value} lies before 1990 or after 2099; leave the field out for none"),
    "not_local_time": (Reason.INVALID_VALUE, '{value} must be a time of day to the second without offset, "08:00"'),
    "sessions_overlap": (Reason.INVALID_VALUE, "sessions must open before they close, one after another, not {value}"),
    "date_parsing": (Reason.INVALID_VALUE, '{value} is no date such as "2026-01-31": {error}'),
    "date_from_datetime_parsing": (Reason.INVALID_VALUE, '{value} is no date such as "2026-01-31": {error}'),
    "time_parsing": (Reason.INVALID_VALUE, '{value} is no time of day such as "08:00": {error}'),
    "string_too_short": (Reason.INVALID_VALUE, "is empty"),
    "string_too_long": (Reason.INVALID_VALUE, "has more than {max_length} characters"),
    "extra_forbidden": (Reason.INVALID_VALUE, "is no field of this event"),
    "literal_error": (Reason.INVALID_VALUE, "must be {expected}, not {value}"),
    "enum": (Reason.INVALID_VALUE, "must be {expected}, not {value}"),
    "greater_than": (Reason.INVALID_VALUE, "{value} is not greater than {gt}"),
    "greater_than_equal": (Reason.INVALID_VALUE, "{value} is less than {ge}"),
    "less_than": (Reason.INVALID_VALUE, "{value} is not less than {lt}"),
    "less_than_equal": (Reason.INVALID_VALUE, "{value} is greater than {le}"),
    "too_short": (Reason.INVALID_VALUE, "has {actual_length} entries, fewer than {min_length}"),
    "too_long": (Reason.INVALID_VALUE, "has {actual_length} entries, more than {max_length}"),
}
"""Reason and sentence for each error type of pydantic; any other is an invalid value in pydantic's own words."""

_SENTENCES_OF_PATTERNS = {
    CODE_PATTERN: "{value} begins or ends with a blank, or holds a line break or a character that cannot be seen",
    r"^[0-9a-f]{64}$": "{value} is not 64 of the digits 0-9 and a-f",
}
_VALUE_SHOWN = 60
_DETAIL_LENGTH = 500


def refusal_of(raw: bytes, error: ValidationError) -> Refusal:
    """The refusal for bytes that are not a valid event: the first fault, with the field's path and its value."""
    try:
        raw.decode()
    except UnicodeDecodeError as fault:
        return Refusal(Reason.NOT_UTF8, f"byte {fault.start + 1} of the event is not UTF-8")
    first = error.errors(include_url=False)[0]
    kind, context, given = first["type"], first.get("ctx", {}), first["input"]
    # The union prefixes the path with the event type, which the sender knows.
    path = [str(part) for part in first["loc"][1:]]
    if kind.startswith("union_tag"):
        path, given = ["type"], given.get("type") if isinstance(given, dict) else given
        kind = kind if given is None or isinstance(given, str) else "string_type"
        kind = "union_tag_not_found" if given is None else kind
        context = {"tag": _shown(given)}
    elif kind == "score_outside_scale":
        path += ["score"] if context["name"] == "score" else ["answers", context["name"]]
    reason, sentence = _SENTENCES.get(kind, (Reason.INVALID_VALUE, first["msg"].replace("{", "{{").replace("}", "}}")))
    if kind == "string_pattern_mismatch":
        sentence = _SENTENCES_OF_PATTERNS.get(context["pattern"], "{value} has not the form {pattern}")
    detail = sentence.format(**{**context, "value": _shown(given)})
    if reason is not Reason.NOT_JSON:
        detail = f"{'.'.join(path) or 'the event'}: {detail}"
    return Refusal(reason, detail[:_DETAIL_LENGTH], id_in(raw))


def _shown(value: Any) -> str:
    text = to_json(value, inf_nan_mode="constants").decode()
    return text if len(text) <= _VALUE_SHOWN else text[:_VALUE_SHOWN] + "…"


def id_in(raw: bytes) -> str | None:
    """The event's id as the sender wrote it; None when it cannot be read."""
    try:
        body = from_json(raw)
    except ValueError:
        return None
    event_id = body.get("id") if isinstance(body, dict) else None
    return event_id[:100] if isinstance(event_id, str) else None
