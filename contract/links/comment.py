"""The signed link from a tap on a tablet to its comment page on the citizen's phone, and the comment's id.

The signing key is the systems' API key, so nothing is stored per link.
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
"""The bytes that a comment's id is derived from, before the id of its rating."""


class CommentLink(BaseModel):
    """``rating`` is the id of the tap; ``expires_at`` is half an hour after it, because a comment is looked up in its
    rating's hour and the next.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    rating: UUID
    expires_at: AwareDatetime

    def holds_at(self, now: datetime) -> bool:
        """Whether the link is still valid."""
        return now < self.expires_at

    def address(self, site: str, api_key: str) -> str:
        """The link's full address under the citizens' ``site``."""
        return f"{site.rstrip('/')}{PATH}{_signer(api_key).dumps(self.model_dump(mode='json'))}"


def read_comment_link(token: str, api_key: str) -> CommentLink | None:
    """The link that a token holds; None when it was not signed with this key or holds other data."""
    try:
        return CommentLink.model_validate(_signer(api_key).loads(token))
    except (BadData, ValidationError):
        return None


def comment_id(rating: UUID) -> UUID:
    """The id of a rating's comment. A rating has one comment at most: of several, ingest admits the first."""
    return UUID(derived_id(_KIND, str(rating)))


def _signer(api_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=SALT)
