"""A mapping file: how the rows of one system's export become events. Data, never code.

A mapping is YAML whose every scalar is read as text (so ``no``, ``01`` and ``1.10`` stay what they look like); the
type a value must have comes from the contract. Keys that are not listed are errors. ``mappings/README.md`` is the
guide for those who write one.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from contract.events.normal_text import normalize
from sources.compiled.time_forms import readable
from sources.files.file_columns import FILE_COLUMNS, ROW_NUMBER
from sources.mapping.coded import CodedColumn, ProcedureColumn, Procedures, UnitColumn, Units
from sources.mapping.event_rules import ENDINGS, EventRule, TypeTable
from sources.mapping.mapping_errors import sentences
from sources.mapping.periods import Period
from sources.mapping.rules import Closed, ColumnValue, FileOptions, NumberMarks, TimeRules, Value, Values, as_list


class MappingError(Exception):
    """The mapping cannot be used; the text names the file and the key."""


EndingName = Literal["completed", "returned", "stopped", "refused", "withdrawn", "latest"]
LATEST: list[EndingName] = ["latest"]


class MappingFile(Closed):
    """A whole mapping. ``mapping`` is its name: part of every event's id and source.

    ``endings``: the ending that counts for a case with several, by the list's precedence or the ``latest`` in time.
    """

    mapping: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$")]
    about: str = ""
    file: FileOptions = FileOptions()
    rows: Literal["case", "event"]
    case: ColumnValue
    unit: ColumnValue
    time: Annotated[TimeRules, AfterValidator(readable)]
    numbers: NumberMarks | None = None
    missing: Values = Field([""])
    optional_columns: list[str] = Field([])
    units: Units | None = None
    procedures: Procedures | None = None
    endings: Annotated[list[EndingName], BeforeValidator(as_list), Field(min_length=1)] | None = None
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
    def all_columns(self) -> frozenset[str]:
        """Every column the mapping reads, those of ``file_columns`` too."""
        return frozenset(_columns_in(self))

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column that the file itself must have."""
        return self.all_columns - FILE_COLUMNS

    @cached_property
    def ending_order(self) -> tuple[str, ...]:
        """Event types that end a case, by precedence; empty for the latest in time."""
        if self.endings == LATEST:
            return ()
        first = [f"dossier.{name}" for name in self.endings or ()]
        return tuple(dict.fromkeys([*first, *ENDINGS]))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for key, value in {"case": self.case, "unit": self.unit}.items():
            if not value.is_text:
                raise ValueError(f"{key}: is a text: a column, constant, code_from or join")
        self._require_cases()
        if "latest" in (self.endings or ()) and self.endings != LATEST:
            raise ValueError("endings: latest stands alone; or name ends in the order in which they stand")
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

    def _require_cases(self) -> None:
        """ValueError for a mapping of dossiers whose rows are totals of a unit and a period."""
        if not any(kind.startswith("dossier.") for rule in self.events for kind in rule.types):
            return
        of_case = _columns_in(self.case)
        of_totals = _columns_in(self.unit).union(*(_columns_in(rule.time) for rule in self.events))
        for name in _code_sources_in(self.case) | _code_sources_in(self.unit):
            of_totals |= _columns_in(self.coded.get(name))
        if of_case - of_totals - (FILE_COLUMNS - {ROW_NUMBER}):
            return
        named = ", ".join(map(repr, sorted(of_case))) or "no column"
        raise ValueError(
            f"case: {named} tells a unit, a time or a file, but no single dossier. Totals by unit and month cannot be "
            "imported as dossiers: every figure here leads to its cases. Ask the system for an export with one row for "
            "each dossier or step and name the column with its code, as in case: Mã hồ sơ (in two units alike: "
            "case: {join: [Đơn vị, Mã hồ sơ], with: '-'}). Single dossiers without any code: "
            "case: {join: ['file:name', 'file:row'], with: '-'}. Totals can be kept beside the figures as they are: "
            "event: figures.counted (mappings/README.md)"
        )


def _parts(model: object) -> list[Any]:
    if isinstance(model, BaseModel):
        parts = [model]
        for name in type(model).model_fields:
            parts += _parts(getattr(model, name))
        return parts
    if isinstance(model, dict):
        return [part for inner in model.values() for part in _parts(inner)]
    if isinstance(model, list):
        return [part for inner in model for part in _parts(inner)]
    return []


def _columns_in(model: object) -> set[str]:
    columns: set[str] = set()
    for part in _parts(model):
        if isinstance(part, Value | TypeTable | Period):
            columns.update(part.column or [])
        elif isinstance(part, CodedColumn):
            columns.update({part.column, part.name_column or part.column})
        elif isinstance(part, EventRule):
            columns.update([*part.when, *(part.when_any_row or ()), *(part.when_no_row or ()), *(part.key or [])])
    return columns


def _code_sources_in(model: object) -> set[str]:
    return {part.code_from for part in _parts(model) if isinstance(part, Value) and part.code_from is not None}


class _TextLoader(yaml.BaseLoader):
    """YAML whose scalars are all text and whose keys occur once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} occurs twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path) -> MappingFile:
    """The mapping in this file. Raises ``MappingError`` with the file and every wrong key."""
    try:
        text = normalize(path.read_text(encoding="utf-8"))
        content = yaml.load(text, Loader=_TextLoader)  # noqa: S506 - makes text only
    except OSError as fault:
        raise MappingError(f"{path}: {fault.strerror}") from fault
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise MappingError(f"{path}: {fault}") from fault
    try:
        return MappingFile.model_validate(content)
    except ValidationError as error:
        raise MappingError("\n".join(f"{path}: {fault}" for fault in sentences(error, MappingFile))) from error
