"""The signed link by which one dossier is rated on a phone: whoever has it may rate that dossier, once.

The signature follows from the key of the systems, so nothing is stored per link.
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
    """What a link says. ``last_day`` is the last on which it holds; ``time_points`` what index 1 of Decree 61 is for
    this dossier (2 before its appointment, 1 on time, 0 late), if its sender knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    dossier: Code
    procedure: Code | None = None
    last_day: date
    time_points: Annotated[int, Field(ge=0, le=2)] | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it may still be used."""
        return day <= self.last_day

    def address(self, site: str, api_key: str) -> str:
        """The whole address, under the citizens' ``site``."""
        told = self.model_dump(mode="json", exclude_none=True)
        return f"{site.rstrip('/')}{PATH}{_signer(api_key).dumps(told)}"


def read_link(token: str, api_key: str) -> RatingLink | None:
    """What a token says; None for one that was not made with this key, or says what no link does."""
    try:
        return RatingLink.model_validate(_signer(api_key).loads(token))
    except (BadData, ValidationError):
        return None


def _signer(api_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=SALT)
