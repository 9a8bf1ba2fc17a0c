"""The guides for authors of mappings, English and Vietnamese: their examples load, and they name every key."""

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

FOLDER = Path(__file__).parents[3] / "mappings"
GUIDES = {
    language: (FOLDER / name).read_text("utf-8") for language, name in (("en", "README.md"), ("vi", "README.vi.md"))
}
BLOCKS = {
    language: [
        textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", guide, re.DOTALL | re.MULTILINE)
    ]
    for language, guide in GUIDES.items()
}
MODELS = (MappingFile, EventRule, Value, TimeRules, FileOptions, Units, Procedures, Period)
MODELS_OF_UNITS = (UnitColumn, FixedUnit, ProcedureColumn, FixedProcedure)


def read(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text only


@pytest.mark.parametrize(("language", "number"), [(name, at) for name in BLOCKS for at in range(len(BLOCKS[name]))])
def test_every_example_of_the_guide_can_be_loaded(language: str, number: int, tmp_path: Path) -> None:
    block = read(BLOCKS[language][number])
    mapping = read(BLOCKS[language][0])
    if "data" in block:
        rating = {"event": "rating.submitted", "time": "Tiếp nhận"}
        block = {"events": [*mapping["events"], {**rating, **block}]}
    units = {**mapping["units"], **block.pop("units", {})}
    path = tmp_path / "map.yaml"
    path.write_text(yaml.safe_dump({**mapping, **block, "units": units}, allow_unicode=True), encoding="utf-8")
    assert load(path)


def test_both_guides_show_the_same_examples() -> None:
    assert [read(block) for block in BLOCKS["en"]] == [read(block) for block in BLOCKS["vi"]]


@pytest.mark.parametrize("language", GUIDES)
@pytest.mark.parametrize("model", [*MODELS, *MODELS_OF_UNITS], ids=lambda model: model.__name__)
def test_the_guide_names_every_key(model: type[MappingFile], language: str) -> None:
    keys = [field.alias or name for name, field in model.model_fields.items()]
    absent = [key for key in keys if not re.search(rf"(?<![a-z_]){key}(?![a-z_])", GUIDES[language])]
    assert absent == []
