"""The tokens that tablets show to ingest, and when a tablet is called silent."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

SILENT_AFTER_SERVED = 20
"""So many people served in a row without a tap: a working tablet at which 45 % answer has that once in 150,000 times,
one at which 15 % do once in 26 times. At 20 people an hour a screen that hangs is told within the hour.
"""

SILENT_AFTER_UNSEEN_S = 300
"""So long without a heartbeat, in seconds of opening hours: five of one a minute. A tablet that restarts, takes a new
version of its page or loses the network for a moment is back before.
"""


def new_token() -> str:
    """A new bearer token for one tablet: 256 random bits, which nobody can compute from any key."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token, in the log and in ingest: hex SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def behind(newest: datetime | None, now: datetime) -> datetime:
    """The time for a new pairing or revocation of a tablet: ``now``, or just behind the ``newest`` one of that tablet.

    Of two the later holds, so one that was stamped by a clock ahead of ours must not hold for ever.
    """
    return now if newest is None else max(now, newest + timedelta(milliseconds=1))
