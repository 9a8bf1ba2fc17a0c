"""The rating that a phone gave, signed and kept there: only this phone can replace it, within a day.

The link alone cannot: whoever prints it or finds the receipt could take back what a citizen said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from contract.events.fields import Code
from contract.events.service import REPLACEABLE_FOR
from contract.links.rating import RatingLink
from contract.links.signed import Signed

COOKIE = "given"


class GivenRating(Signed):
    """The current rating of a dossier; it may be replaced ``until`` a day after the first one."""

    SALT: ClassVar[str] = "hailong.given-rating"

    unit: Code
    dossier: Code
    id: UUID
    time: AwareDatetime
    until: AwareDatetime

    def is_replaceable_at(self, now: datetime) -> bool:
        """Whether another rating may still replace it."""
        return now <= self.until


def given_by(event: dict[str, Any], former: GivenRating | None) -> GivenRating:
    """The record of a rating just sent, which replaces the ``former`` one if there is one."""
    time = datetime.fromisoformat(event["time"])
    until = former.until if former else time + REPLACEABLE_FOR
    data = event["data"]
    return GivenRating(unit=data["unit"], dossier=data["dossier"], id=event["id"], time=time, until=until)


def read_given(kept: str | None, link: RatingLink, api_key: str) -> GivenRating | None:
    """The rating in a phone's cookie; None without one, for another dossier and for a wrong signature."""
    given = GivenRating.read(kept or "", api_key)
    return given if given and (given.unit, given.dossier) == (link.unit, link.dossier) else None
