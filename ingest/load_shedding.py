"""Who is still let in while the outbox fills: what can best be missed or sent later is asked to come again first."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

NEARLY_FULL = 0.9
"""From here on ingest is not ready: not every sender is let in."""

LET_IN_BELOW: tuple[tuple[float, frozenset[str]], ...] = (
    (0.8, frozenset({"device.seen", "staff", "point"})),
    (NEARLY_FULL, frozenset({"rating", "queue", "petition"})),
)
"""Up to which share of the outbox events are taken, by their type or its first word. The others, the steps of dossiers
and reference facts, are taken until it is full."""

_FULL = 1.0
_LIMIT = dict(chain.from_iterable(((word, limit) for word in words) for limit, words in LET_IN_BELOW))
_LOWEST = min(limit for limit, _ in LET_IN_BELOW)


def too_full_for(share: float, types: Iterable[str]) -> str | None:
    """The first of these event types that is not taken any more at this share of the outbox."""
    if share < _LOWEST:
        return None
    return next((kind for kind in types if share >= _limit(kind)), None)


def _limit(kind: str) -> float:
    return _LIMIT.get(kind) or _LIMIT.get(kind.partition(".")[0], _FULL)
