"""Rating scales as parameters of statements."""

from __future__ import annotations

from contract.ratings.scales import LEVELS

NO_LEVEL = 127
"""A level that no score reaches, for the scales without a "very satisfied"."""

SCALE_PARAMETERS: dict[str, list[str] | list[int]] = {
    "scales": [scale.value for scale in LEVELS],
    "satisfied_from": [levels.satisfied_from for levels in LEVELS.values()],
    "very_from": [NO_LEVEL if levels.very_from is None else levels.very_from for levels in LEVELS.values()],
}
