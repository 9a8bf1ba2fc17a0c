"""Rating scales: the scores of each scale, and from which score on an answer is satisfied.

Sources: Circular 01/2018/TT-VPCP for three levels, HappyOrNot's four faces for the tablet, the national portal's like
and dislike. The store keeps each raw score with its scale; its statements get these thresholds as parameters, and the
first migration repeats them (a test compares the two).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scale(StrEnum):
    """Scales by name; a higher score is better in each."""

    CSAT3 = "csat3"
    CSAT4 = "csat4"
    CSAT5 = "csat5"
    BINARY = "binary"
    STAR5 = "star5"
    ND61 = "nd61"


@dataclass(frozen=True, slots=True)
class Levels:
    """The scores of one scale.

    ``very_from`` is None where the scale has no top level apart from "satisfied" (like or dislike).
    """

    lowest: int
    highest: int
    satisfied_from: int
    very_from: int | None


LEVELS: dict[Scale, Levels] = {
    Scale.CSAT3: Levels(1, 3, satisfied_from=2, very_from=3),
    Scale.CSAT4: Levels(1, 4, satisfied_from=3, very_from=4),
    Scale.CSAT5: Levels(1, 5, satisfied_from=4, very_from=5),
    Scale.BINARY: Levels(0, 1, satisfied_from=1, very_from=None),
    Scale.STAR5: Levels(1, 5, satisfied_from=4, very_from=5),
    Scale.ND61: Levels(0, 2, satisfied_from=1, very_from=2),
}
