"""The ending of a case whose rows name several endings, for mappings with the key ``endings``."""

from __future__ import annotations

from collections.abc import Sequence

from sources.mapping.event_rules import ENDINGS


def ending_of_case(kinds: Sequence[str], times: Sequence[str], order: Sequence[str]) -> str | None:
    """The event type that ends a case with these events; None when none of them is an ending.

    ``order`` lists the types that end a case by their precedence. Without it the latest of ``times`` (UTC texts) ends
    the case, and of several at one instant the first in the store's own order.
    """
    endings = [(kind, time) for kind, time in zip(kinds, times, strict=True) if kind in ENDINGS]
    if not endings:
        return None
    if order:
        return min((kind for kind, _ in endings), key=order.index)
    latest = max(time for _, time in endings)
    return min((kind for kind, time in endings if time == latest), key=ENDINGS.index)


def hides_ending(kind: str, end: str) -> bool:
    """Whether an event of this type must be left out so that ``end`` ends the case: the store would prefer it."""
    return kind in ENDINGS and ENDINGS.index(kind) < ENDINGS.index(end)
