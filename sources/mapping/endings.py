"""Which end stands for a case whose rows name several, when the mapping says so (``endings``)."""

from __future__ import annotations

from collections.abc import Sequence

from sources.mapping.event_rules import ENDINGS


def standing(kinds: Sequence[str], times: Sequence[str], order: Sequence[str]) -> str | None:
    """The event type that ends a case of which these events are told; None when none does.

    ``order`` are the types that end a case, the one that stands first; without any, the latest of ``times`` (UTC texts)
    stands, and of several at one instant the first in the store's own order.
    """
    found = [(kind, time) for kind, time in zip(kinds, times, strict=True) if kind in ENDINGS]
    if not found:
        return None
    if order:
        return min(found, key=lambda one: order.index(one[0]))[0]
    latest = max(time for _, time in found)
    return min((kind for kind, time in found if time == latest), key=ENDINGS.index)


def hides(kind: str, end: str) -> bool:
    """Whether an event of this type must not be told for ``end`` to stand: the store would take it for the end."""
    return kind in ENDINGS and ENDINGS.index(kind) < ENDINGS.index(end)
