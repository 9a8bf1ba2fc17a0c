"""Links to pages for citizens, with signed content.

The signing key is the systems' API key, so nothing is stored per link.
"""

from __future__ import annotations

from typing import ClassVar, Self

from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, ValidationError


class SignedLink(BaseModel):
    """A kind of link: its ``PATH`` under the citizens' site, and the ``SALT`` that keeps its signatures apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    SALT: ClassVar[str]
    PATH: ClassVar[str]

    def address(self, site: str, api_key: str) -> str:
        """The link's full address under the citizens' ``site``."""
        token = _signer(api_key, self.SALT).dumps(self.model_dump(mode="json", exclude_none=True))
        return f"{site.rstrip('/')}{self.PATH}{token}"

    @classmethod
    def read(cls, token: str, api_key: str) -> Self | None:
        """The link that a token holds; None when it was not signed with this key or holds other data."""
        try:
            return cls.model_validate(_signer(api_key, cls.SALT).loads(token))
        except (BadData, ValidationError):
            return None


def _signer(api_key: str, salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=salt)
