"""The pairings under way, in this process's memory: waiting tablets, their codes and answers (RFC 8628). Pure.

Time is passed in, in seconds of any clock that never goes back.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any, Literal

from contract.links.pairing_code import make_code

LIFE_S = 600
INTERVAL_S = 5
SLOWER_BY_S = 5
"""Added to the interval of a tablet that asks too often (RFC 8628, 3.5)."""

JITTER_S = 0.5
"""A request sent in time may arrive this much earlier than the interval after the one before it."""

WRONG_TRIES = 5
MOST_AT_ONCE = 20_000
"""About 12 MB. Only that many new pairings within five seconds, in which each tablet asks again, could displace one;
this process makes some 100 codes a second."""

Waits = Literal["authorization_pending", "slow_down", "expired_token"]


@dataclass(slots=True)
class Pairing:
    """One waiting tablet. ``granted`` is the answer that it may fetch once."""

    device_code: str
    user_code: str
    ends_s: float
    interval_s: int = INTERVAL_S
    requested_s: float | None = None
    granted: dict[str, Any] | None = None


class Pairings:
    """All pairings under way, ``MOST_AT_ONCE`` at most. A further one displaces the one that was silent longest and
    is not approved: a tablet asks every five seconds, a client that only fills the list does not.
    """

    def __init__(self) -> None:
        # The longest silent first.
        self._by_device_code: OrderedDict[str, Pairing] = OrderedDict()
        self._by_user_code: dict[str, Pairing] = {}
        self._wrong_codes_s: deque[float] = deque(maxlen=WRONG_TRIES)

    def begin(self, now_s: float) -> Pairing:
        """Makes a pairing with new codes; drops those that are over."""
        while self._by_device_code and (first := next(iter(self._by_device_code.values()))).ends_s <= now_s:
            self._end(first)
        if len(self._by_device_code) >= MOST_AT_ONCE:
            # Approved ones are few: each took the key.
            self._end(next(pairing for pairing in self._by_device_code.values() if not pairing.granted))
        user_code = make_code(secrets.choice)
        while user_code in self._by_user_code:
            user_code = make_code(secrets.choice)
        pairing = Pairing(secrets.token_urlsafe(32), user_code, now_s + LIFE_S)
        self._by_device_code[pairing.device_code] = self._by_user_code[user_code] = pairing
        return pairing

    def collect(self, device_code: str, now_s: float) -> dict[str, Any] | Waits:
        """The tablet's grant, which ends its pairing; or why it must wait or begin again."""
        pairing = self._by_device_code.get(device_code)
        if pairing is None or pairing.ends_s <= now_s:
            return "expired_token"
        self._by_device_code.move_to_end(device_code)
        early = pairing.requested_s is not None and now_s < pairing.requested_s + pairing.interval_s - JITTER_S
        pairing.requested_s = now_s
        if early:
            pairing.interval_s += SLOWER_BY_S
            return "slow_down"
        if pairing.granted is None:
            return "authorization_pending"
        self._end(pairing)
        return pairing.granted

    def waiting(self, user_code: str, now_s: float) -> Pairing | None:
        """The pairing that this code can approve; None for a code that no tablet shows, which counts as a wrong try."""
        pairing = self._by_user_code.get(user_code)
        if pairing is None or pairing.ends_s <= now_s or pairing.granted:
            self._wrong_codes_s.append(now_s)
            return None
        return pairing

    def locked_for_s(self, now_s: float) -> float:
        """Seconds to wait after too many wrong codes; 0 when a further try is allowed."""
        if len(self._wrong_codes_s) < WRONG_TRIES:
            return 0.0
        return max(0.0, self._wrong_codes_s[0] + LIFE_S - now_s)

    def grant(self, pairing: Pairing, handed: dict[str, Any], now_s: float) -> None:
        """Lets the tablet fetch ``handed`` from now on."""
        pairing.granted = handed
        pairing.ends_s = now_s + LIFE_S
        self._by_device_code[pairing.device_code] = self._by_user_code[pairing.user_code] = pairing

    def _end(self, pairing: Pairing) -> None:
        self._by_device_code.pop(pairing.device_code, None)
        self._by_user_code.pop(pairing.user_code, None)
