"""The colours of the charts, and the type of a Vega-Lite chart."""

from __future__ import annotations

from typing import Any

SATISFIED_COLOUR, DISSATISFIED_COLOUR = "#1d6fb8", "#c4320a"
INK = "#344054"

Chart = dict[str, Any]
"""A chart, or a part of one, as JSON in the language of Vega-Lite."""
