"""The unit tree of a day and the targets that hold in it, read again every few seconds and shared by all requests.

Every event is counted for the unit that it names; which units are below that one depends on the tree's day. A closed
unit keeps its last place and one that is not open yet has its first, so that the total is the same in every tree.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from contract.indicators.indicator import Indicator, Target
from warehouse.read.counts import TargetRow, UnitRow

REREAD_S = 5.0
MOST_TREES = 16
NO_SOURCE = "—"
"""For targets without a source, which older rules admitted."""


@dataclass(frozen=True)
class Tree:
    """Units by code as they are on ``day``, and local targets, as known at one moment."""

    units: dict[str, UnitRow]
    targets: list[TargetRow]
    day: date

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """The codes right below each unit."""
        children: dict[str, list[str]] = {code: [] for code in self.units}
        for unit in self.units.values():
            if unit.parent in children:
                children[unit.parent].append(unit.unit)
        return children

    @cached_property
    def _targets_by_place(self) -> dict[tuple[str, str], list[Target]]:
        targets: dict[tuple[str, str], list[Target]] = {}
        for row in self.targets:
            target = Target(
                op=row.op,
                value=row.value,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                source=row.source or NO_SOURCE,
            )
            targets.setdefault((row.unit, row.indicator), []).append(target)
        return targets

    def below(self, code: str) -> list[str]:
        """The unit and everything under it."""
        below, unvisited = dict.fromkeys([code]), [code]
        while unvisited:
            # Definitions from different days can name each other as parents.
            right_below = [unit for unit in self.children.get(unvisited.pop(), []) if unit not in below]
            below.update(dict.fromkeys(right_below))
            unvisited.extend(right_below)
        return list(below)

    def above(self, code: str) -> list[str]:
        """The unit and those over it, nearest first."""
        above: list[str] = []
        while code in self.units and code not in above:
            above.append(code)
            code = self.units[code].parent
        return above

    def is_open(self, code: str) -> bool:
        """Whether a unit is there on the tree's day."""
        unit = self.units[code]
        return unit.valid_from <= self.day and (unit.valid_to is None or self.day <= unit.valid_to)

    def members(self, root: str, level: str) -> dict[str, str]:
        """Each unit under ``root`` with the open unit of ``level`` that it belongs to, the nearest above it."""
        heads = [code for code in self.below(root) if self.units[code].level == level and self.is_open(code)]
        return {unit: head for head in heads for unit in self.below(head)}

    def target(self, indicator: Indicator, code: str, day: date) -> Target | None:
        """The nearest local target that holds for a unit on a day, else the catalogue's."""
        for unit in self.above(code):
            for target in self._targets_by_place.get((unit, indicator.id), []):
                if target.holds_on(day):
                    return target
        return indicator.target_on(day, self.units[code].level if code in self.units else "")


def tree_on(day: date, definitions: Iterable[UnitRow], targets: list[TargetRow]) -> Tree:
    """The tree of a day from all definitions of units, each in the order of its first day."""
    units: dict[str, UnitRow] = {}
    for row in definitions:
        if row.unit not in units or row.valid_from <= day:
            units[row.unit] = row
    return Tree(units, targets, day)


class TreeKeeper:
    """Caches the rows behind trees for a few seconds, and the trees of the days requested last; for all threads."""

    def __init__(self, read: Callable[[], tuple[list[UnitRow], list[TargetRow]]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._rows: tuple[list[UnitRow], list[TargetRow]] = ([], [])
        self._trees: dict[date, Tree] = {}
        self._read_at = float("-inf")

    def tree(self, day: date, having: str = "") -> Tree:
        """The tree of a day, at most ``REREAD_S`` old; read again at once when it lacks the unit ``having``."""
        with self._lock:
            if time.monotonic() - self._read_at > REREAD_S or (having and having not in self._on(day).units):
                self._rows = self._read()
                self._trees = {}
                self._read_at = time.monotonic()
            return self._on(day)

    def _on(self, day: date) -> Tree:
        if day not in self._trees:
            if len(self._trees) >= MOST_TREES:
                self._trees = {}
            self._trees[day] = tree_on(day, *self._rows)
        return self._trees[day]
