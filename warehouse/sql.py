"""Statements by name, from the SQL files of this stage.

A file may hold placeholders. They are written in braces like the parameters of ClickHouse, but have no type, which
would begin with a capital letter (``{units:Array(String)}``):

- ``{zone}``: a constant (``CONSTANTS``);
- ``{attribute:online}``: the bit of an attribute of dossiers and procedures; ``{petition_attribute:behaviour}`` and
  ``{point_attribute:commune}`` likewise (contract/indicators/cohorts.py);
- ``{step:settled}``: a step as the part of a case's key that stands for it;
- ``{include:clock}``: the text of fragments/clock.sql, which many statements share;
- ``{side}``: what a line ``-- let side: …`` of the file sets, also within the fragments that it includes.

Migrations are no statements of this kind: they are frozen, and name their bits themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, NamedTuple

from contract.indicators.cohorts import (
    ATTRIBUTES,
    PETITION_ATTRIBUTES,
    POINT_ATTRIBUTES,
    STEP_SHIFT,
    STEPS,
)
from contract.time import VIETNAM
from warehouse.scales import NO_LEVEL

Room = Literal["models", "read", "write", "verify"]

CONSTANTS: dict[str, str] = {
    "zone": f"'{VIETNAM.key}'",
    # An instant that did not come: later than any that can be asked for (migrations/0004_dossier_days.sql).
    "never": "toDateTime64('2100-01-01 00:00:00', 3, 'UTC')",
    "minute_ms": "60000",
    "hour_ms": "3600000",
    "day_ms": "86400000",
    # The last millisecond of a day, from its beginning.
    "day_end_ms": "86399999",
    # Vietnam's clock is seven hours ahead, and has no summer time.
    "vietnam_offset_ms": "25200000",
    # A working day of terms and of staff has eight hours.
    "working_day_s": "28800",
    # Within 15 minutes a ticket is called in time (Decision 468/QD-TTg).
    "call_within_ms": "900000",
    # The precedence of an event is this less the instant at which it was recorded: of equal events the first has most.
    "highest_precedence": str(2**64 - 1),
    "no_level": f"{NO_LEVEL}::Int8",
    # What is the procedure's own to tell; all other attributes are those of its dossiers.
    "procedure_attributes": str(sum(1 << bit for bit, name in enumerate(ATTRIBUTES) if name.startswith("procedure_"))),
}

_BITS: dict[str, Mapping[str, str]] = {
    "attribute": ATTRIBUTES,
    "petition_attribute": PETITION_ATTRIBUTES,
    "point_attribute": POINT_ATTRIBUTES,
}
_LET = re.compile(r"^-- let (\w+): (.+)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{([a-z_0-9]+)(?::([a-z_0-9]+))?\}")


class SqlFile(NamedTuple):
    """A file, and its folder below that of its room."""

    folder: str
    file: Traversable


class UnknownPlaceholderError(ValueError):
    """A file of SQL has a placeholder that stands for nothing; the message names both."""


@cache
def statement(room: Room, name: str) -> str:
    """The statement of a file below warehouse/ROOM, its placeholders replaced.

    KeyError when there is no such file, UnknownPlaceholderError when it cannot be made.
    """
    source = sql_files(room)[name]
    return fill_placeholders(source.file.read_text(encoding="utf-8"), f"warehouse/{room}/{source.folder}/{name}.sql")


@cache
def sql_files(room: Room) -> dict[str, SqlFile]:
    """The SQL files below warehouse/ROOM by their names without ending, which are unique in a room."""
    by_name: dict[str, SqlFile] = {}
    for source in _walk(files("warehouse").joinpath(room), ""):
        name = source.file.name.removesuffix(".sql")
        if name in by_name:
            raise ValueError(f"warehouse/{room}: two files are called {name}.sql")
        by_name[name] = source
    return by_name


def fill_placeholders(text: str, place: str, lets: Mapping[str, str] | None = None) -> str:
    """The text with each placeholder replaced; ``place`` names its file in error messages, ``lets`` are further
    constants.
    """

    constants = {**CONSTANTS, **dict(_LET.findall(text)), **(lets or {})}

    def fill(match: re.Match[str]) -> str:
        kind, name = match.groups()
        try:
            if kind == "include":
                return _fragment(name, constants)
            return constants[kind] if name is None else _KINDS[kind](name)
        except (KeyError, FileNotFoundError):
            raise UnknownPlaceholderError(f"{place}: {match[0]} stands for nothing (warehouse/sql.py)") from None

    return _PLACEHOLDER.sub(fill, text)


def _bit(kind: str) -> Callable[[str], str]:
    order = {name: bit for bit, name in enumerate(_BITS[kind])}
    return lambda name: str(order[name])


def _step(name: str) -> str:
    number = {step: number for number, step in enumerate(STEPS, 1)}[name]
    return f"bitShiftLeft({number}::UInt64, {STEP_SHIFT})"


def _fragment(name: str, constants: Mapping[str, str]) -> str:
    text = files("warehouse").joinpath("fragments", f"{name}.sql").read_text(encoding="utf-8")
    return fill_placeholders(text.strip(), f"warehouse/fragments/{name}.sql", constants)


_KINDS: dict[str, Callable[[str], str]] = {
    **{kind: _bit(kind) for kind in _BITS},
    "step": _step,
}


def _walk(folder: Traversable, path: str) -> Iterator[SqlFile]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _walk(item, f"{path}/{item.name}".removeprefix("/"))
        elif item.name.endswith(".sql"):
            yield SqlFile(path, item)
