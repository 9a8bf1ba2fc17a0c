"""The unit tree with facts that older rules admitted."""

from __future__ import annotations

from datetime import date

from contract.indicators.catalogue import catalogue
from contract.indicators.verdict import WATCHED
from dashboards.api.unit_tree import NO_SOURCE, Tree
from warehouse.read.counts import TargetRow, UnitRow

DAY = date(2026, 11, 1)


def test_a_target_without_a_source_is_read() -> None:
    unit = UnitRow("H26", "", "city", "Hà Nội", "Hanoi", date(2010, 1, 1), None)
    row = TargetRow("H26", WATCHED[0], ">=", 90.0, DAY, None, "")
    target = Tree({"H26": unit}, [row], DAY).target(catalogue().indicators[WATCHED[0]], "H26", DAY)
    assert target
    assert (target.value, target.source) == (90.0, NO_SOURCE)
