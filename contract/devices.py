"""The tokens that tablets show to ingest, and when a tablet is called silent."""

from __future__ import annotations

import hashlib
import hmac

SILENT_AFTER_SERVED = 20
"""So many people served in a row without a tap: a working tablet at which 45 % answer has that once in 150,000 times,
one at which 15 % do once in 26 times. At 20 people an hour a screen that hangs is told within the hour.
"""

SILENT_AFTER_UNSEEN_S = 300
"""So long without a heartbeat, in seconds of opening hours: five of one a minute. A tablet that restarts, takes a new
version of its page or loses the network for a moment is back before.
"""


def device_token(api_key: str, device: str) -> str:
    """The bearer token of one tablet: hex HMAC-SHA256 of its code, keyed by the key of the systems.

    Whoever has the key can check or issue a token without storing any; a new key makes every token invalid.
    """
    return hmac.new(api_key.encode(), device.encode(), hashlib.sha256).hexdigest()
