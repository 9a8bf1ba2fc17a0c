"""What citizens keep for us, signed: links to pages, and the rating that a phone gave.

The signing key is the systems' API key, so nothing is stored here for each of them.
"""

from __future__ import annotations

from typing import ClassVar, Self

from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, ValidationError


class Signed(BaseModel):
    """A record that is handed out as a signed token; its ``SALT`` keeps the tokens of each kind apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    SALT: ClassVar[str]

    def token(self, api_key: str) -> str:
        """The record as a token for addresses and cookies."""
        return _signer(api_key, self.SALT).dumps(self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def read(cls, token: str, api_key: str) -> Self | None:
        """The record in a token; None when it was not signed with this key or holds other data."""
        try:
            return cls.model_validate(_signer(api_key, cls.SALT).loads(token))
        except (BadData, ValidationError):
            return None


class SignedLink(Signed):
    """A link to the page at ``PATH`` under the citizens' site."""

    PATH: ClassVar[str]

    def address(self, site: str, api_key: str) -> str:
        """The link's full address under the citizens' ``site``."""
        return f"{site.rstrip('/')}{self.PATH}{self.token(api_key)}"


def _signer(api_key: str, salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(api_key, salt=salt)
