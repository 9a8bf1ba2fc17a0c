"""Three faults in every simulated day, so that one can see whether the pages show them.

Their units are always simulated at full volume, whatever the scale.
"""

from __future__ import annotations

from datetime import time
from typing import Final

COLLAPSE_UNIT: Final = "H26.66.07.067"
"""The ward (Kiến Hưng) whose ratings collapse: from ``COLLAPSE_FROM`` on, half of the taps are bad."""

COLLAPSE_FROM: Final = time(10)
COLLAPSE_BAD_SHARE: Final = 0.5

COLLAPSE_MORE_VISITS: Final = 190
"""Visits a day beside the usual ones: early warning needs about 15 taps, and only two counters have a tablet."""

COLLAPSE_TAP_SHARE: Final = 0.8
"""Share of served people who tap there."""

OVERDUE_UNIT: Final = "H26.66.05"
"""The branch (No. 5) whose dossiers pile up: nothing is completed any more, and the due dates pass."""

OVERDUE_WORKING_DAYS: Final = 3
"""Completions stopped so many working days before the simulated one."""

STUFFED_UNIT: Final = "H26.66.09.092"
"""The ward (Dương Nội) where staff press green themselves."""

STUFFED_DEVICE: Final = "TAB-H26-66-09-092-1"
"""Their tablet: "very satisfied" without a ticket, spread over the day, so that no burst gives it away."""

STUFFED_TAPS: Final = 60
"""Such taps a day; more than the people that its counter serves."""

FULL_VOLUME_UNITS: Final = frozenset({COLLAPSE_UNIT, OVERDUE_UNIT, STUFFED_UNIT})
