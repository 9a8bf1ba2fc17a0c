"""The pairings under way, in this process's memory: who waits for which code, and what he is told (RFC 8628). Pure.

Time is passed in, in seconds of any clock that never goes back.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from contract.pairing import make_code

LIFE_S = 600
INTERVAL_S = 5
SLOWER_BY_S = 5
"""How much longer a tablet that asks too often must wait from then on (RFC 8628, 3.5)."""

JITTER_S = 0.5
"""A question that was sent in time may arrive a little after the one before it did."""

WRONG_TRIES = 5
MOST_AT_ONCE = 1_000

Waits = Literal["authorization_pending", "slow_down", "access_denied", "expired_token"]


@dataclass(slots=True)
class Pairing:
    """One tablet that waits. ``granted`` is what it is handed, once."""

    device_code: str
    user_code: str
    ends_s: float
    interval_s: int = INTERVAL_S
    asked_s: float | None = None
    wrong_tries: int = 0
    granted: dict[str, Any] | None = None


class Pairings:
    """All pairings under way: ``MOST_AT_ONCE`` of them, further tablets are told to come again."""

    def __init__(self) -> None:
        self._by_device_code: dict[str, Pairing] = {}
        self._by_user_code: dict[str, Pairing] = {}
        self._wrong_codes_s: deque[float] = deque(maxlen=WRONG_TRIES)

    def begin(self, now_s: float) -> Pairing | None:
        """A new pairing; None when too many are under way."""
        for old in [pairing for pairing in self._by_device_code.values() if pairing.ends_s <= now_s]:
            self._end(old)
        if len(self._by_device_code) >= MOST_AT_ONCE:
            return None
        user_code = make_code(secrets.choice)
        while user_code in self._by_user_code:
            user_code = make_code(secrets.choice)
        pairing = Pairing(secrets.token_urlsafe(32), user_code, now_s + LIFE_S)
        self._by_device_code[pairing.device_code] = self._by_user_code[user_code] = pairing
        return pairing

    def collect(self, device_code: str, now_s: float) -> dict[str, Any] | Waits:
        """What a tablet is handed, after which nothing is known of it any more; or why it must wait or begin anew."""
        pairing = self._by_device_code.get(device_code)
        if pairing is None or pairing.ends_s <= now_s:
            return "expired_token"
        if pairing.wrong_tries >= WRONG_TRIES:
            self._end(pairing)
            return "access_denied"
        early = pairing.asked_s is not None and now_s < pairing.asked_s + pairing.interval_s - JITTER_S
        pairing.asked_s = now_s
        if early:
            pairing.interval_s += SLOWER_BY_S
            return "slow_down"
        if pairing.granted is None:
            return "authorization_pending"
        self._end(pairing)
        return pairing.granted

    def waiting(self, user_code: str, now_s: float) -> Pairing | None:
        """The pairing that this code can still be approved for. A code that nobody shows is counted as a wrong one."""
        pairing = self._by_user_code.get(user_code)
        if pairing is None or pairing.ends_s <= now_s or pairing.granted or pairing.wrong_tries >= WRONG_TRIES:
            self._wrong_codes_s.append(now_s)
            return None
        return pairing

    def locked_for_s(self, now_s: float) -> float:
        """How long whoever holds the key must wait after so many wrong codes; 0 when he may try."""
        if len(self._wrong_codes_s) < WRONG_TRIES:
            return 0.0
        return max(0.0, self._wrong_codes_s[0] + LIFE_S - now_s)

    def wrong_key(self, user_code: str) -> None:
        """Somebody without the key tried to approve this code; after some of them it can be approved no more."""
        if pairing := self._by_user_code.get(user_code):
            pairing.wrong_tries += 1

    def grant(self, pairing: Pairing, handed: dict[str, Any], now_s: float) -> None:
        """From now on the tablet may fetch this."""
        pairing.granted = handed
        pairing.ends_s = now_s + LIFE_S
        self._by_device_code[pairing.device_code] = pairing

    def _end(self, pairing: Pairing) -> None:
        self._by_device_code.pop(pairing.device_code, None)
        self._by_user_code.pop(pairing.user_code, None)
