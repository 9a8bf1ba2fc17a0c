"""Rounding as people do it on forms."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def to_one_decimal(value: float | None) -> float | None:
    """To one decimal, the half upwards: 14.95 is 15.0, which binary rounding makes 14.9; None stays."""
    # The shortest text of a number is the number that was meant.
    return None if value is None else float(Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP))
