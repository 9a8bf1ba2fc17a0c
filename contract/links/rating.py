"""The signed link for rating one dossier on a phone: its holder may rate that dossier once.

The signing key is the systems' API key, so nothing is stored per link.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.events.fields import Code

SALT = "hailong.rating-link"
PATH = "/r/"


class RatingLink(BaseModel):
    """``last_day`` is the last day on which the link is valid; ``time_points`` are the dossier's points of index 1 of
    Decree 61 (2 before its appointment, 1 on time, 0 late), if the sender knows them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    dossier: Code
    procedure: Code | None = None
    last_day: date
    time_points: Annotated[int, Field(ge=0, le=2)] | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the link is still valid."""
        return day <= self.last_day

    def address(self, site: str, api_key: str) -> str:
        """The link's full address under the citizens' ``site``."""
        payload = self.model_dump(mode="json", exclude_none=True)
        return f"{site.rstrip('/')}{PATH}{_signer(api_key).dumps(payload)}"


def read_link(token: str, api_key: str) -> RatingLink | None:
    """The link that a token holds; None when it was not signed with this key or holds other data."""
    try:
        return RatingLink.model_validate(_signer(api_key).loads(token))
    except (BadData, ValidationError):
        return None


def _signer(api_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=SALT)
