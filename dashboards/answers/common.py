"""What many answers have in common: the period that they cover, and how days, instants and intervals are written."""

from __future__ import annotations

from typing import Annotated

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant with its offset from UTC, in Vietnam's time."""

Interval = tuple[float, float]
"""The lower and the upper bound of a 95 % interval."""

# `from` is a keyword, so this one type cannot be written as a class.
OfPeriod = TypedDict("OfPeriod", {"from": Instant, "to": Instant})
"""The period that an answer covers; ``to`` is exclusive."""


class OfTree(OfPeriod):
    """The period that an answer covers, and the day whose unit tree was used."""

    tree: Day


class OfUnit(OfTree):
    """The unit that an answer is about, with everything below it, and the period."""

    unit: str
