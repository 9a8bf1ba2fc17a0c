"""Tablet tokens, and the limits after which a tablet counts as silent."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

SILENT_AFTER_SERVED = 20
"""People served in a row without a tap. By chance this happens once in 150,000 runs at a tablet where 45 % answer, and
once in 26 where 15 % do. At 20 people an hour a frozen screen is reported within the hour.
"""

SILENT_AFTER_UNSEEN_S = 300
"""Seconds of opening hours without a heartbeat: five missed ones. A tablet that restarts, updates its page or briefly
loses the network is back sooner.
"""


def new_token() -> str:
    """A new bearer token for one tablet: 256 random bits, not derived from any key."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The SHA-256 of a token in hex, which is all that the log and ingest keep."""
    return hashlib.sha256(token.encode()).hexdigest()


def behind(newest: datetime | None, now: datetime) -> datetime:
    """The time for a new pairing or revocation of a tablet: ``now``, or 1 ms after its ``newest`` one if that is later.

    The later of two holds; without this, one stamped by a clock ahead of ours could not be replaced.
    """
    return now if newest is None else max(now, newest + timedelta(milliseconds=1))
