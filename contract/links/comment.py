"""The signed link by which who tapped on a tablet writes a comment on a phone of their own, and the comment's id.

The signature follows from the key of the systems, so nothing is stored per link.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from contract.events.envelope import derived_from, derived_id
from contract.events.fields import Code

SALT = "hailong.comment-link"
PATH = "/c/"
HOLDS = timedelta(minutes=30)

_KIND = "rating-comment"
ID_PREFIX = derived_from(_KIND, "")
"""What the id of a comment is made of, before the id of its rating."""


class CommentLink(BaseModel):
    """``rating`` is the id of the tap, ``expires_at`` is half an hour after it: a comment lies in its rating's hour or
    the next, where it is looked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    rating: UUID
    expires_at: AwareDatetime

    def holds_at(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return now < self.expires_at

    def address(self, site: str, api_key: str) -> str:
        """The whole address, under the citizens' ``site``."""
        return f"{site.rstrip('/')}{PATH}{_signer(api_key).dumps(self.model_dump(mode='json'))}"


def read_comment_link(token: str, api_key: str) -> CommentLink | None:
    """What a token says; None for one that was not made with this key, or says what no link does."""
    try:
        return CommentLink.model_validate(_signer(api_key).loads(token))
    except (BadData, ValidationError):
        return None


def comment_id(rating: UUID) -> UUID:
    """The id of the one comment that a rating can have: of several ingest admits the first."""
    return UUID(derived_id(_KIND, str(rating)))


def _signer(api_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=SALT)
