"""What a mapping file may say: how the rows of one system's export become events. Data, never code.

A mapping is YAML whose every scalar is read as text (so ``no``, ``01`` and ``1.10`` stay what they look like); the
type a value must have comes from the contract. Keys that are not listed are errors. ``mappings/README.md`` is the
guide for those who write one.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from contract.events import OLDEST
from contract.fields import Code, Text
from contract.reference_events import Term, UnitLevel
from contract.texts import normalize
from senders.rules import Closed, ColumnValue, EventRule, FileOptions, NumberMarks, TimeRules, TypeTable, Value, Values


class MappingError(Exception):
    """The mapping cannot be used; the text names the file and the key."""


def _in_range(day: date) -> date:
    if day <= OLDEST.date():
        raise ValueError(f"must be after {OLDEST.date()}, the oldest time an event may have")
    return day


EarlyDay = Annotated[date, AfterValidator(_in_range)]


class CodedColumn(Closed):
    """A column whose values become units or procedures.

    ``code``: ``slug`` makes a readable code of the value, ``as_is`` takes the value itself. ``codes`` names codes
    for single values, whole, and goes before both. ``names_vi`` and ``names_en`` translate the names.
    """

    column: str
    code: Literal["slug", "as_is"] = "slug"
    prefix: str | None = None
    codes: dict[str, Code] = Field({})
    name_column: str | None = None
    names_vi: dict[str, Text] = Field({})
    names_en: dict[str, Text] = Field({})


class UnitColumn(CodedColumn):
    """Units below ``parent``, a code or ``{code_from: …}``. Codes are ``<parent>.<slug>`` unless a prefix is given."""

    parent: Annotated[Value, BeforeValidator(lambda given: {"constant": given} if isinstance(given, str) else given)]
    level: UnitLevel


class FixedUnit(Closed):
    """A unit the mapping brings along."""

    code: Code
    name_vi: Text
    name_en: Text
    level: UnitLevel
    parent: Code | None = None


class Units(Closed):
    """Units that are loaded before the events, all valid from one early day."""

    valid_from: EarlyDay
    defined: list[FixedUnit] = Field([])
    from_columns: dict[str, UnitColumn] = Field({})


class FixedProcedure(Term):
    """A procedure the mapping brings along, with its term (see the contract)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    unit: Code
    code: Code
    name_vi: Text
    name_en: Text | None = None


class ProcedureColumn(CodedColumn, Term):
    """Procedures published by ``unit``, one for each value, all with one term."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Procedures(Closed):
    """Procedures that are loaded before the events, published on one early day."""

    published: EarlyDay
    defined: list[FixedProcedure] = Field([])
    from_columns: dict[str, ProcedureColumn] = Field({})


class Mapping(Closed):
    """A whole mapping. ``mapping`` is its name: part of every event's id and source."""

    mapping: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$")]
    about: str = ""
    file: FileOptions = FileOptions()
    rows: Literal["case", "event"]
    case: ColumnValue
    unit: ColumnValue
    time: TimeRules
    numbers: NumberMarks | None = None
    missing: Values = Field([""])
    optional_columns: list[str] = Field([])
    units: Units | None = None
    procedures: Procedures | None = None
    events: Annotated[list[EventRule], Field(min_length=1)]

    @property
    def source(self) -> str:
        """The ``source`` of every event of this mapping."""
        return f"import/{self.mapping}"

    @cached_property
    def coded(self) -> dict[str, UnitColumn | ProcedureColumn]:
        """The columns whose values become codes, by the name under which ``code_from`` finds them."""
        units: dict[str, Any] = dict(self.units.from_columns) if self.units else {}
        return units | (dict(self.procedures.from_columns) if self.procedures else {})

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column the mapping reads."""
        return frozenset(_columns_in(self))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        parts = [rule.id_part for rule in self.events]
        for part in parts:
            if parts.count(part) > 1:
                raise ValueError(f"two rules make {part!r}: give each a name of its own")
        if self.units and self.procedures:
            both = self.units.from_columns.keys() & self.procedures.from_columns.keys()
            if both:
                raise ValueError(f"{sorted(both)[0]!r} names both units and procedures")
        above: set[str] = set()
        for name, source in (self.units.from_columns if self.units else {}).items():
            if source.parent.code_from not in {None, *above}:
                raise ValueError(f"units.from_columns.{name}.parent: {source.parent.code_from!r} must stand above it")
            above.add(name)
        for name in _code_sources_in(self):
            if name not in self.coded:
                raise ValueError(f"code_from: {name!r} is not among from_columns ({', '.join(self.coded) or 'none'})")
        return self


def _parts(model: object) -> list[Any]:
    if isinstance(model, BaseModel):
        found = [model]
        for name in type(model).model_fields:
            found += _parts(getattr(model, name))
        return found
    if isinstance(model, dict):
        return [part for inner in model.values() for part in _parts(inner)]
    if isinstance(model, list):
        return [part for inner in model for part in _parts(inner)]
    return []


def _columns_in(mapping: Mapping) -> set[str]:
    found: set[str] = set()
    for part in _parts(mapping):
        if isinstance(part, Value | TypeTable):
            found.update(part.column or [])
        elif isinstance(part, CodedColumn):
            found.update({part.column, part.name_column or part.column})
        elif isinstance(part, EventRule):
            found.update([*part.when, *(part.key or [])])
    return found


def _code_sources_in(mapping: Mapping) -> set[str]:
    return {part.code_from for part in _parts(mapping) if isinstance(part, Value) and part.code_from}


class _TextLoader(yaml.BaseLoader):
    """YAML whose scalars are all text and whose keys occur once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} occurs twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path) -> Mapping:
    """The mapping in this file. Raises ``MappingError`` with the file and every wrong key."""
    try:
        text = normalize(path.read_text(encoding="utf-8"))
        content = yaml.load(text, Loader=_TextLoader)  # noqa: S506 - makes text only
    except OSError as fault:
        raise MappingError(f"{path}: {fault.strerror}") from fault
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise MappingError(f"{path}: {fault}") from fault
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        faults = [_fault(path, fault) for fault in error.errors(include_url=False)]
        raise MappingError("\n".join(dict.fromkeys(faults))) from error


def _fault(path: Path, fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"] if not str(part).startswith("function-"))
    if fault["type"] == "extra_forbidden":
        return f"{path}: {key}: there is no such key"
    return f"{path}: {key or 'mapping'}: {fault['msg'].removeprefix('Value error, ')}"
