"""Why a mapping file cannot be used, in sentences with the key and an example, for people who know no pydantic."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

_EXAMPLES = {
    "mapping": "mapping: phuong-a",
    "rows": "rows: case (a row is a dossier) or rows: event (a row is a step)",
    "case": "case: Mã hồ sơ",
    "unit": "unit: {constant: H26.66.01}",
    "time": "time: {zone: Asia/Ho_Chi_Minh, formats: '%d/%m/%Y %H:%M'}",
    "zone": "zone: Asia/Ho_Chi_Minh",
    "formats": "formats: ['%d/%m/%Y %H:%M', '%d/%m/%Y']",
    "events": "events: [{event: dossier.accepted, time: Tiếp nhận}]",
    "event": "event: dossier.accepted",
    "when": "when: {Trả kết quả: present, Trạng thái: {is: [Xong, Đã trả]}}",
    "when_any_row": "when_any_row: {Hoạt động: {is: Rút hồ sơ}}",
    "when_no_row": "when_no_row: {Hoạt động: {is: Rút hồ sơ}}",
    "data": "data: {procedure: Mã thủ tục, channel: {constant: direct}}",
    "translate": "translate: {Qua mạng: online, Bưu điện: post}",
    "join": "join: [Đơn vị, Số hồ sơ]",
    "entries": "entries: {thai_do: Câu 1, thoi_gian: Câu 2}",
    "endings": "endings: [withdrawn, completed], or endings: latest",
    "units": "units: {valid_from: 2020-01-01, defined: [{code: X01, name_vi: A, name_en: A, level: branch}]}",
    "procedures": "procedures: {published: 2020-01-01, from_columns: {thu_tuc: {column: Thủ tục, unit: X01}}}",
    "from_columns": "from_columns: {phong: {column: Phòng, parent: X01, level: service_point}}",
    "calendar": "calendar: none, calendar: VN-HN, or calendar: {code: X01-LICH, days: [{kind: week, date_from: "
    "2024-01-01, date_to: 2026-12-31, weekdays: 1-5, sessions: 08:00-12:00 13:00-17:00}]}",
    "valid_from": "valid_from: 2020-01-01",
    "published": "published: 2020-01-01",
    "missing": 'missing: ["-", "N/A"]',
    "file": "file: {encoding: utf-16, delimiter: ';'}",
}
_REASONS = {
    "missing": "is missing",
    "dict_type": "must be a table of keys, not {shown}",
    "model_type": "must be a table of keys, not {shown}",
    "model_attributes_type": "must be a table of keys, not {shown}",
    "list_type": "must be a list, not {shown}",
    "string_type": "must be a text, not {shown}",
    "literal_error": "{shown} is none of {expected}",
    "too_short": "has {actual_length} entries, but needs {min_length}",
    "string_too_short": "is empty",
    "string_too_long": "has more than {max_length} characters",
    "date_from_datetime_parsing": "{shown} is no day such as 2020-01-31",
    "date_parsing": "{shown} is no day such as 2020-01-31",
    "date_type": "must be a day such as 2020-01-31, not {shown}",
    "int_parsing": "{shown} is no whole number",
    "greater_than": "{shown} is not more than {gt}",
    "greater_than_equal": "{shown} is less than {ge}",
    "less_than_equal": "{shown} is more than {le}",
    "less_than": "{shown} is not less than {lt}",
    "enum": "{shown} is none of {expected}",
    "too_long": "has {actual_length} entries, more than {max_length}",
    "int_type": "{shown} is no whole number",
    "float_type": "{shown} is no number",
    "float_parsing": "{shown} is no number",
    "bool_type": "{shown} is neither true nor false",
    "bool_parsing": "{shown} is neither true nor false",
}
_PATTERNS = {
    r"^[a-z0-9][a-z0-9_-]{0,60}$": "{shown} is no name: small letters a-z, digits, _ and - only, as in phuong-a",
    r"^\S(.*\S)?$": "{shown} begins or ends with a blank or is empty",
}
_MOST_CHARACTERS = 60


def sentences(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Each fault once, as ``key: sentence, as in example``; ``model`` is the model that the file did not fit."""
    return list(dict.fromkeys(_sentence(fault, model) for fault in error.errors(include_url=False)))


def _sentence(fault: Any, model: type[BaseModel]) -> str:
    places = [part for part in fault["loc"] if not str(part).startswith(("function-", "<"))]
    key = ".".join(map(str, places)) or "mapping"
    if fault["type"] == "extra_forbidden":
        return f"{key}: there is no such key{_nearest(places, model)}"
    if fault["type"] == "value_error":
        return f"{key}: {fault['msg'].removeprefix('Value error, ')}"
    name = next((str(part) for part in reversed(places) if isinstance(part, str)), "mapping")
    example = _EXAMPLES.get(name)
    return f"{key}: {reason(fault)}" + (f", as in {example}" if example else "")


def reason(fault: Any) -> str:
    """The fault as a sentence; ``fault`` is one of pydantic's own entries."""
    context = {**fault.get("ctx", {}), "shown": _shorten(fault["input"])}
    if fault["type"] == "string_pattern_mismatch":
        sentence = _PATTERNS.get(context["pattern"], "{shown} has not the form {pattern}")
    else:
        sentence = _REASONS.get(fault["type"], fault["msg"].replace("{", "{{").replace("}", "}}"))
    return sentence.format(**context)


def _shorten(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"


def _nearest(places: list[Any], model: type[BaseModel]) -> str:
    """The keys that may stand there: the one that resembles the wrong one, else all."""
    allowed = sorted({key for inner in _models_at(places[:-1], model) for key in _keys(inner)})
    alike = get_close_matches(str(places[-1]), allowed, 1)
    if alike:
        return f"; is {alike[0]!r} meant?"
    return f"; there are {', '.join(allowed)}" if allowed else ""


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_at(places: list[Any], model: type[BaseModel]) -> list[type[BaseModel]]:
    """The models that may stand at a place of the file."""
    forms: list[Any] = [model]
    for place in places:
        inner: list[Any] = []
        for form in forms:
            if isinstance(form, type) and issubclass(form, BaseModel):
                fields = {field.alias or name: field for name, field in form.model_fields.items()}
                inner += list(_forms(fields[place].annotation)) if place in fields else []
            else:
                inner += [inner_form for part in get_args(form)[-1:] for inner_form in _forms(part)]
        forms = inner
    return [form for form in forms if isinstance(form, type) and issubclass(form, BaseModel)]


def _forms(annotation: Any) -> Iterator[Any]:
    """Models, lists and tables that an annotation allows."""
    kind = get_origin(annotation)
    if kind is Annotated:
        yield from _forms(get_args(annotation)[0])
    elif kind in (Union, UnionType):
        for part in get_args(annotation):
            yield from _forms(part)
    elif kind in (list, dict) or isinstance(annotation, type):
        yield annotation
