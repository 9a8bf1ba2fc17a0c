"""The tokens that tablets show to ingest."""

from __future__ import annotations

import hashlib
import hmac


def device_token(api_key: str, device: str) -> str:
    """The bearer token of one tablet: hex HMAC-SHA256 of its code, keyed by the key of the systems.

    Whoever has the key can check or issue a token without storing any; a new key makes every token invalid.
    """
    return hmac.new(api_key.encode(), device.encode(), hashlib.sha256).hexdigest()
