"""When a queue ticket that was never called or closed is taken for forgotten, not for a person who still waits."""

from __future__ import annotations

FORGOTTEN_AFTER_S = 3_600
OVERTAKEN_BY = 10
"""Forgotten is who took a number an hour ago or more, and of whose unit ten later numbers were called since. Both: a
slow desk has long waits and no such order; elderly and disabled people are called earlier, but not ten in a row. A call
is taken for forgotten after the same hour, or when its counter called another number."""

QUIET_AFTER_S = 3 * 3_600
"""So are all of a unit at which nobody took a number, was called or left for three hours: longer than any noon, and
shorter than the evening of a number that nobody closed."""
