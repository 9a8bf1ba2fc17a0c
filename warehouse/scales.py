"""Rating scales as parameters of statements."""

from __future__ import annotations

from contract.ratings.scales import LEVELS

# A scale without a "very satisfied" has a level there that no score reaches.
NEVER = 127
SCALE_PARAMETERS: dict[str, list[str] | list[int] | int] = {
    "scales": [scale.value for scale in LEVELS],
    "satisfied_from": [levels.satisfied_from for levels in LEVELS.values()],
    "very_from": [NEVER if levels.very_from is None else levels.very_from for levels in LEVELS.values()],
    "never": NEVER,
}
