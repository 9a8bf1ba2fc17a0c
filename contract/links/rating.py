"""The signed link for rating one dossier on a phone: its holder may rate that dossier once."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contract.events.fields import Code
from contract.links.signed import SignedLink


class RatingLink(SignedLink):
    """``last_day`` is the last day on which the link is valid; ``time_points`` are the dossier's points of index 1 of
    Decree 61 (2 before its appointment, 1 on time, 0 late), if the sender knows them.
    """

    SALT: ClassVar[str] = "hailong.rating-link"
    PATH: ClassVar[str] = "/r/"

    unit: Code
    dossier: Code
    procedure: Code | None = None
    last_day: date
    time_points: Annotated[int, Field(ge=0, le=2)] | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the link is still valid."""
        return day <= self.last_day
