"""Events of an accepted dossier's papers, and the one of its status at the national portal. Pure."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

DIGITISED_SHARE = 0.98
"""Hanoi reports more than 98 % (report 275/BC-UBND, 18/6/2026)."""

SYNCED_SHARE = 0.985
SYNCED_WITHIN_S = 600
"""Decree 63/2024/NĐ-CP: within ten minutes. The share itself is assumed."""

# Assumed: no published figures of Hanoi were found.
REUSED_SHARE = 0.55
FROM_STORE_SHARE = 0.3
FROM_POPULATION_SHARE = 0.5
"""Of dossiers handed in with an account verified by VNeID."""

COMPONENTS = ("application", "identity", "certificate", "plan")


class Paper(NamedTuple):
    """An event to be made, ``after_s`` seconds after acceptance."""

    after_s: int
    type: str
    data: dict[str, Any]


def papers(rng: random.Random, *, via_vneid: bool) -> list[Paper]:
    """The events of one dossier's papers, in order of time."""
    events = []
    if rng.random() < DIGITISED_SHARE:
        component = rng.choice(COMPONENTS)
        events.append(Paper(rng.randrange(10, 120), "component.digitised", {"component": component}))
        if rng.random() < REUSED_SHARE:
            events.append(Paper(rng.randrange(10, 120), "component.reused", {"source": "previous_dossier"}))
        if rng.random() < FROM_STORE_SHARE:
            events.append(Paper(rng.randrange(10, 120), "component.fetched", {"source": "portal_store"}))
    if via_vneid and rng.random() < FROM_POPULATION_SHARE:
        events.append(Paper(rng.randrange(5, 60), "component.fetched", {"source": "population"}))
    if rng.random() < SYNCED_SHARE:
        events.append(Paper(rng.randrange(30, SYNCED_WITHIN_S), "dossier.synced", {"status": "accepted"}))
    return sorted(events, key=lambda paper: paper.after_s)
