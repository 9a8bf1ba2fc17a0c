"""What type the contract gives a field → how a cell's text becomes a value of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from contract.events.fields import Data
from sources.compiled.numbers import Marks, number_reader
from sources.mapping.mapping_errors import reason

_TRUE = {"true", "1", "yes", "y", "có", "x"}
_FALSE = {"false", "0", "no", "n", "không"}


def field_reader(model: type[Data], name: str, marks: Marks | None = None) -> Callable[[str], Any] | None:
    """How text becomes this field's value; None for an instant, which the mapping's time rules read.

    ``marks`` are those of the mapping's numbers. Fields that the contract does not know stay text. The readers raise
    ValueError.
    """
    if name not in model.model_fields:
        return str
    types = _types_in(model.model_fields[name].annotation)
    if list in types:
        return lambda text: [text]
    if types & {datetime, AwareDatetime}:
        return None
    read_number = number_reader(marks)
    for kind, reader in (
        (bool, _boolean),
        (int, lambda text: _integer(text, read_number)),
        (float, lambda text: float(read_number(text))),
        (date, _day),
    ):
        if kind in types:
            return reader
    return str


def holds_entries(model: type[Data], name: str) -> bool:
    """Whether the field holds several values by name, such as a rating's ``answers``."""
    return name in model.model_fields and dict in _types_in(model.model_fields[name].annotation)


def fault_of(model: type[Data], name: str, text: str) -> str | None:
    """Why the contract would not take this text for the field, or None; instants are not looked at."""
    reader = field_reader(model, name)
    if reader is None or name not in model.model_fields:
        return None
    field = model.model_fields[name]
    rules: Any = Annotated[field.annotation, field] if field.metadata else field.annotation
    try:
        TypeAdapter(rules, config=ConfigDict(strict=True)).validate_json(json.dumps(reader(text)))
    except ValidationError as error:
        return reason(error.errors(include_url=False)[0])
    except ValueError as fault:
        return str(fault)
    return None


def _types_in(annotation: Any) -> set[Any]:
    inner = {kind for part in get_args(annotation) for kind in _types_in(part)}
    return inner | {get_origin(annotation) or annotation}


def _boolean(text: str) -> bool:
    lowered = text.casefold()
    if lowered in _TRUE or lowered in _FALSE:
        return lowered in _TRUE
    raise ValueError(f"{text[:60]!r} is neither true nor false")


def _integer(text: str, read_number: Callable[[str], Decimal]) -> int:
    number = read_number(text)
    if number != number.to_integral_value():
        raise ValueError(f"{text[:60]!r} is no whole number")
    return int(number)


def _day(text: str) -> str:
    day, _, clock = text.partition("T")
    if clock.strip("0:"):
        raise ValueError(f"{text[:60]!r} is an instant, where a day is needed")
    return date.fromisoformat(day).isoformat()
