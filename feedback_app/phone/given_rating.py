"""The rating that a phone gave, signed and kept there: only this phone can replace it, within a day.

The link alone cannot: whoever prints it or finds the receipt could take back what a citizen said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from contract.events.fields import Code
from contract.events.service import REPLACEABLE_FOR
from contract.links.rating import RatingLink

COOKIE = "given"
SALT = "hailong.given-rating"


class GivenRating(BaseModel):
    """The current rating of a dossier; it may be replaced ``until`` a day after the first one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    dossier: Code
    id: UUID
    time: AwareDatetime
    until: AwareDatetime

    def signed(self, api_key: str) -> str:
        """The cookie's value; it holds none of the answers."""
        return _signer(api_key).dumps(self.model_dump(mode="json"))

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
    try:
        given = GivenRating.model_validate(_signer(api_key).loads(kept or ""))
    except (BadData, ValidationError):
        return None
    return given if (given.unit, given.dossier) == (link.unit, link.dossier) else None


def _signer(api_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=SALT)
