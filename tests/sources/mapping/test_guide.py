"""The guide for those who write mappings: what it shows can be used, and it names every key."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from sources.mapping.coded import FixedProcedure, FixedUnit, ProcedureColumn, Procedures, UnitColumn, Units
from sources.mapping.event_rules import EventRule
from sources.mapping.mapping_file import MappingFile, load
from sources.mapping.periods import Period
from sources.mapping.rules import FileOptions, TimeRules, Value

GUIDE = (Path(__file__).parents[3] / "mappings" / "README.md").read_text(encoding="utf-8")
BLOCKS = [textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", GUIDE, re.DOTALL | re.MULTILINE)]
MODELS = (MappingFile, EventRule, Value, TimeRules, FileOptions, Units, Procedures, Period)
MODELS_OF_UNITS = (UnitColumn, FixedUnit, ProcedureColumn, FixedProcedure)


def read(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text only


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_of_the_guide_can_be_loaded(number: int, tmp_path: Path) -> None:
    block = read(BLOCKS[number])
    mapping = read(BLOCKS[0])
    if "data" in block:
        rating = {"event": "rating.submitted", "time": "Tiếp nhận"}
        block = {"events": [*mapping["events"], {**rating, **block}]}
    units = {**mapping["units"], **block.pop("units", {})}
    path = tmp_path / "map.yaml"
    path.write_text(yaml.safe_dump({**mapping, **block, "units": units}, allow_unicode=True), encoding="utf-8")
    assert load(path)


@pytest.mark.parametrize("model", [*MODELS, *MODELS_OF_UNITS], ids=lambda model: model.__name__)
def test_the_guide_names_every_key(model: type[MappingFile]) -> None:
    keys = [field.alias or name for name, field in model.model_fields.items()]
    absent = [key for key in keys if not re.search(rf"(?<![a-z_]){key}(?![a-z_])", GUIDE)]
    assert absent == []
