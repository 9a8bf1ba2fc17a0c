"""The signed link from a tap on a tablet to its comment page on the citizen's phone, and the comment's id."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from contract.events.envelope import derived_from, derived_id
from contract.events.fields import Code
from contract.links.signed import SignedLink

HOLDS = timedelta(minutes=30)

_KIND = "rating-comment"
ID_PREFIX = derived_from(_KIND, "")
"""The bytes that a comment's id is derived from, before the id of its rating."""


class CommentLink(SignedLink):
    """``rating`` is the id of the tap; ``expires_at`` is half an hour after it, because a comment is looked up in its
    rating's hour and the next.
    """

    SALT: ClassVar[str] = "hailong.comment-link"
    PATH: ClassVar[str] = "/c/"

    unit: Code
    rating: UUID
    expires_at: AwareDatetime

    def holds_at(self, now: datetime) -> bool:
        """Whether the link is still valid."""
        return now < self.expires_at


def comment_id(rating: UUID) -> UUID:
    """The id of a rating's comment. A rating has one comment at most: of several, ingest admits the first."""
    return UUID(derived_id(_KIND, str(rating)))
