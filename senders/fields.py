"""What type the contract gives a field → how a cell's text becomes a value of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, get_args

from pydantic import AwareDatetime

from contract.fields import Data

_TRUE = {"true", "1", "yes", "y", "có", "x"}
_FALSE = {"false", "0", "no", "n", "không"}


def field_reader(model: type[Data], name: str) -> Callable[[str], Any] | None:
    """How text becomes this field's value; None for an instant, which the mapping's time rules read.

    Fields that the contract does not know stay text. The readers raise ValueError.
    """
    if name not in model.model_fields:
        return str
    types = _types_in(model.model_fields[name].annotation)
    if types & {datetime, AwareDatetime}:
        return None
    for kind, reader in ((bool, _boolean), (int, _integer), (float, float), (date, _day)):
        if kind in types:
            return reader
    return str


def _types_in(annotation: Any) -> set[Any]:
    inner = get_args(annotation)
    return {annotation} if not inner else {kind for part in inner for kind in _types_in(part)}


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError(f"{text[:60]!r} is neither true nor false")


def _integer(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not number.is_integer():
        raise ValueError(f"{text[:60]!r} is no whole number")
    return int(text) if text.lstrip("+-").isdigit() else int(number)


def _day(text: str) -> str:
    return date.fromisoformat(text[:10]).isoformat()
