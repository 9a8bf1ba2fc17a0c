"""The unit tree and the targets that hold in it, read again every few seconds. One answer for every page and query."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from contract.indicators import Indicator, Target
from warehouse.figures import TargetRow, UnitRow

REREAD_S = 5.0


@dataclass(frozen=True)
class Tree:
    """Units by code and local targets, as of one moment."""

    units: dict[str, UnitRow]
    targets: list[TargetRow]

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """The codes right below each unit."""
        found: dict[str, list[str]] = {code: [] for code in self.units}
        for unit in self.units.values():
            if unit.parent in found:
                found[unit.parent].append(unit.unit)
        return found

    @cached_property
    def _targets_by_place(self) -> dict[tuple[str, str], list[Target]]:
        found: dict[tuple[str, str], list[Target]] = {}
        for row in self.targets:
            target = Target(
                op=row.op, value=row.value, valid_from=row.valid_from, valid_to=row.valid_to, source=row.source
            )
            found.setdefault((row.unit, row.indicator), []).append(target)
        return found

    def below(self, code: str) -> list[str]:
        """The unit and everything under it."""
        found, waiting = [], [code]
        while waiting:
            unit = waiting.pop()
            found.append(unit)
            waiting.extend(self.children.get(unit, []))
        return found

    def above(self, code: str) -> list[str]:
        """The unit and those over it, nearest first."""
        found: list[str] = []
        while code in self.units and code not in found:
            found.append(code)
            code = self.units[code].parent
        return found

    def members(self, root: str, level: str) -> dict[str, str]:
        """Each unit under ``root`` with the unit of ``level`` that it belongs to."""
        return {unit: head for head in self.below(root) if self.units[head].level == level for unit in self.below(head)}

    def target(self, indicator: Indicator, code: str, day: date) -> Target | None:
        """The nearest local target that holds for a unit on a day, else the catalogue's."""
        for unit in self.above(code):
            for target in self._targets_by_place.get((unit, indicator.id), []):
                if target.holds_on(day):
                    return target
        return indicator.target_on(day, self.units[code].level if code in self.units else "")


class TreeKeeper:
    """Keeps a tree for a few seconds, for all threads."""

    def __init__(self, read: Callable[[], Tree]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._tree: Tree | None = None
        self._read_at = 0.0

    def tree(self, having: str = "") -> Tree:
        """The tree, at most ``REREAD_S`` old; read again at once when it lacks the unit ``having``."""
        with self._lock:
            lacks = self._tree is not None and having and having not in self._tree.units
            if self._tree is None or lacks or time.monotonic() - self._read_at > REREAD_S:
                self._tree = self._read()
                self._read_at = time.monotonic()
            return self._tree
