"""The units of a day."""

from __future__ import annotations

from typing import cast

from dashboards.answers.units import Unit, Units
from dashboards.api.context import ContextDep
from dashboards.api.file_formats import with_files


@with_files("units")
def get_units(context: ContextDep) -> Units:
    """The units of a day's tree, those that are closed or not yet open with their last or first place among them."""
    tree = context.tree()
    units = [row._asdict() | {"open": tree.is_open(row.unit)} for row in tree.units.values()]
    return {"tree": context.day.isoformat(), "units": cast("list[Unit]", units)}
