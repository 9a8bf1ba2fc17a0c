"""What a phone keeps of the rating it gave, signed: only this phone can give another in its place, within a day.

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
    """The rating of a dossier that stands now; another may take its place ``until`` a day after the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    dossier: Code
    id: UUID
    time: AwareDatetime
    until: AwareDatetime

    def signed(self, api_key: str) -> str:
        """As the phone keeps it; it holds nothing of the answers."""
        return _signer(api_key).dumps(self.model_dump(mode="json"))

    def stands_at(self, now: datetime) -> bool:
        """Whether another rating may still take its place."""
        return now <= self.until


def given_by(event: dict[str, Any], former: GivenRating | None) -> GivenRating:
    """What to keep of a rating that was recorded, in the place of the ``former`` one or of none."""
    time = datetime.fromisoformat(event["time"])
    until = former.until if former else time + REPLACEABLE_FOR
    data = event["data"]
    return GivenRating(unit=data["unit"], dossier=data["dossier"], id=event["id"], time=time, until=until)


def read_given(kept: str | None, link: RatingLink, api_key: str) -> GivenRating | None:
    """What a phone kept of the link's dossier; None for nothing, for another dossier's and for what was not signed."""
    try:
        given = GivenRating.model_validate(_signer(api_key).loads(kept or ""))
    except (BadData, ValidationError):
        return None
    return given if (given.unit, given.dossier) == (link.unit, link.dossier) else None


def _signer(api_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=SALT)
