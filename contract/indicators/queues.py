"""Limits after which an unclosed queue ticket counts as abandoned and not as a waiting person."""

from __future__ import annotations

FORGOTTEN_AFTER_S = 3_600
OVERTAKEN_BY = 10
"""A ticket is forgotten when it is an hour old and ten later tickets of its unit have been called since. It takes both:
a slow desk has long waits but keeps the order; elderly and disabled people are called first, but not ten in a row. A
called ticket is forgotten after an hour, or when its counter calls another."""

QUIET_AFTER_S = 3 * 3_600
"""A unit without any queue event for three hours counts as closed, and its open tickets as forgotten. This is longer
than any lunch break and shorter than an evening."""
