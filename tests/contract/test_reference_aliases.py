"""Other names of units with dates of effect, and procedure codes with and without their suffixes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contract.reference.aliases import Aliases, aliases_from
from contract.reference.export import texts
from contract.reference.procedure_codes import plain_code
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent
from sources.importing.events_of_file import read_events
from sources.mapping.mapping_file import load
from tests.contract.test_reference_files import AS_OF, UNITS, faults, parsed

ALIASES = (
    AS_OF
    + """alias,unit,valid_from,valid_to
000.00.01.H26,H26.01,2020-01-01,2024-12-31
000.00.01.H26,H26,2025-01-01,
Một cửa,H26.01,2020-01-01,
"""
)

EXPORT = """id,opened,office,procedure
D-1,2024-12-31 23:59,000.00.01.H26,1.001193.000.00.00.H26
D-2,2025-01-01 00:00,000.00.01.H26,1.001193
D-3,2026-05-06 08:00,H26.01,WABO
"""

MAPPING = """
mapping: aliases
rows: case
case: id
unit: office
time: {zone: Asia/Ho_Chi_Minh, formats: "%Y-%m-%d %H:%M"}
events:
  - {event: dossier.accepted, time: opened, data: {procedure: procedure}}
"""


def loaded_aliases() -> Aliases:
    found = parsed(units=UNITS, aliases=ALIASES)
    assert found.faults == []
    return aliases_from(found.events)


def imported(tmp_path: Path, aliases: Aliases) -> list[dict[str, Any]]:
    file, rules = tmp_path / "export.csv", tmp_path / "map.yaml"
    file.write_text(EXPORT, encoding="utf-8")
    rules.write_text(MAPPING, encoding="utf-8")
    mapping = load(rules)
    made = read_events(file, mapping, CompiledMapping(mapping, aliases))
    return [json.loads(one.line)["data"] for one in made if isinstance(one, MappedEvent)]


def test_an_alias_means_another_unit_from_its_day_on() -> None:
    aliases = loaded_aliases()
    assert aliases.unit_of("000.00.01.H26", date(2024, 12, 31)) == "H26.01"
    assert aliases.unit_of("000.00.01.H26", date(2025, 1, 1)) == "H26"
    assert aliases.unit_of("000.00.01.H26", date(2019, 12, 31)) == "000.00.01.H26"
    assert aliases.unit_of("H26.01", date(2025, 1, 1)) == "H26.01"


def test_the_newest_word_on_an_alias_holds() -> None:
    former = parsed(units=UNITS, aliases=ALIASES).events
    later = ALIASES.replace("2026-01-01T", "2026-02-01T").replace("Một cửa,H26.01", "Một cửa,H26")
    aliases = aliases_from([*parsed(units=UNITS, aliases=later).events, *former])
    assert aliases.unit_of("Một cửa", date(2026, 1, 1)) == "H26"


def test_an_import_tells_the_unit_that_an_alias_meant_on_the_day_in_vietnam(tmp_path: Path) -> None:
    assert [data["unit"] for data in imported(tmp_path, loaded_aliases())] == ["H26.01", "H26", "H26.01"]
    assert [data["unit"] for data in imported(tmp_path, aliases_from([]))][:2] == ["000.00.01.H26"] * 2


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("1.001122.000.00.00.H48", "1.001122"),
        ("1.014466.H50", "1.014466"),
        ("3.000527.000.00.00", "3.000527"),
        ("2.000635", "2.000635"),
        ("2.000635.H5", "2.000635.H5"),
        ("WABO", "WABO"),
    ],
)
def test_procedures_of_all_provinces_meet_in_one_code(code: str, plain: str) -> None:
    assert plain_code(code) == plain


def test_an_import_and_a_load_drop_the_suffixes_of_procedure_codes(tmp_path: Path) -> None:
    assert [data["procedure"] for data in imported(tmp_path, aliases_from([]))] == ["1.001193", "1.001193", "WABO"]
    procedures = AS_OF + "code,name_vi\n1.001193.000.00.00.H26,Khai sinh\n"
    assert [event["subject"] for event in parsed(units=UNITS, procedures=procedures).events][-1] == "1.001193"
    twice = faults(units=UNITS, procedures=procedures + "1.001193,Khai sinh\n")
    assert twice == ["procedures.csv:4: 1.001193 was told already in line 3"]


def test_two_units_with_one_alias_at_one_time_are_told_with_both_lines() -> None:
    both = ALIASES + "Một cửa,H26,2024-01-01,2024-01-31\n"
    assert faults(units=UNITS, aliases=both) == [
        "aliases.csv:6: alias: 'Một cửa' means 'H26.01' in line 5 on the same days"
    ]


def test_an_alias_is_no_units_own_code_and_names_a_unit_that_there_is() -> None:
    assert faults(units=UNITS, aliases=ALIASES + "H26,H26.01,2020-01-01,\nX,H99,2020-01-01,\n") == [
        "aliases.csv:6: alias: 'H26' is the code of a unit",
        "aliases.csv:7: unit: 'H99' is not among the units",
    ]


def test_aliases_are_exported_as_they_were_loaded() -> None:
    written = texts(parsed(units=UNITS, aliases=ALIASES).events)
    again = parsed(units=UNITS, aliases=written["aliases.csv"])
    assert again.faults == []
    assert aliases_from(again.events) == loaded_aliases()
