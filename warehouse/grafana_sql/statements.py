"""Statements for Grafana: the SELECTs of read/sql/ with its macros in place of their parameters.

The chosen units are SQL too: ``'H26'``, or a variable of the page, ``${unit:singlequote}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from contract.events.reference import UnitLevel
from contract.time import VIETNAM
from warehouse import sql

ZONE = VIETNAM.key
PARAMETERS = {
    # A set lets the store use its index; an array does not.
    "IN {units:Array(String)}": "IN (SELECT arrayJoin(chosen_units))",
    "{units:Array(String)}": "chosen_units",
    "{targets:Array(String)}": "chosen_targets",
    "{start:DateTime('UTC')}": "toStartOfHour(range_start)",
    "{end:DateTime('UTC')}": "toStartOfHour(range_end + INTERVAL 3599999 MILLISECOND)",
    "{start:DateTime64(3, 'UTC')}": "range_start",
    "{end:DateTime64(3, 'UTC')}": "range_end",
    "{first_day:Date}": f"toDate(range_start, '{ZONE}')",
    "{first_whole_day:Date}": f"toDate(range_start + INTERVAL 86399999 MILLISECOND, '{ZONE}')",
    "{last_day:Date}": f"toDate(range_end, '{ZONE}')",
    "{last_moment:Date}": f"toDate(range_end - INTERVAL 1 MILLISECOND, '{ZONE}')",
    "{last_moment:Date32}": f"toDate32(range_end - INTERVAL 1 MILLISECOND, '{ZONE}')",
}
"""The expressions that replace the parameters of read/sql/, in the order of replacing."""


@dataclass(frozen=True)
class Members:
    """The chosen units, as a SELECT of units with the unit that each is counted for."""

    select: str

    @classmethod
    def of_unit(cls, unit: str) -> Members:
        """One unit (an SQL expression) with everything below it."""
        return cls(f"SELECT unit, ancestor FROM unit_paths WHERE ancestor = {unit}")

    @classmethod
    def of_level(cls, level: UnitLevel, unit: str = "") -> Members:
        """Each unit of a level with everything below it; with ``unit``, only those below that one."""
        of_level = f"SELECT unit FROM units GROUP BY unit HAVING argMax(level, (valid_from, as_of)) = '{level}'"
        below = f" AND unit IN (SELECT unit FROM unit_paths WHERE ancestor = {unit})" if unit else ""
        return cls(f"SELECT unit, ancestor FROM unit_paths WHERE ancestor IN ({of_level}){below}")


def with_names(language: str) -> str:
    """The units' names in a language, to be joined by ``unit``."""
    return f"""LEFT JOIN
  (SELECT unit, argMax(name_{language}, (valid_from, as_of)) AS name FROM units GROUP BY unit) AS named USING unit"""


def series(query: str, columns: Mapping[str, str], members: Members, step: str = "hour") -> str:
    """A SELECT of a series from one of the counts by unit-hour: ``time`` and each column's expression of the query's
    own columns, summed over the units; the earliest first.
    """
    shown = "".join(f",\n  {expression} AS {name}" for name, expression in columns.items())
    return f"""{with_members(members)}
SELECT starts_at AS time{shown}
FROM
(
{indented(statement(query, step=f"'{step}'"), 2)}
)
GROUP BY time
ORDER BY time"""


def rows(query: str, columns: Mapping[str, str], members: Members, **values: str) -> str:
    """A SELECT of the rows of a statement of read/sql/ in their order, each column an expression of its own columns."""
    shown = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    return f"{with_members(members)}\nSELECT {shown}\nFROM\n(\n{indented(statement(query, **values), 2)}\n)"


def unit_choices(language: str, levels: Sequence[str]) -> str:
    """A SELECT of the units of some levels for a page's choice: the code, and what is shown for it."""
    return f"""SELECT unit, concat(name, ' (', unit, ')') AS shown
FROM
(
  SELECT unit, argMax(name_{language}, (valid_from, as_of)) AS name, argMax(level, (valid_from, as_of)) AS of_level
  FROM units
  GROUP BY unit
)
WHERE of_level IN {tuple(levels)}
ORDER BY unit"""


def target_changes() -> str:
    """A SELECT of the days in the range from which a local target holds, as annotations."""
    return f"""SELECT
  toDateTime64(valid_from, 3, '{ZONE}') AS time,
  concat(unit, ': ', indicator, ' ', op, ' ', toString(value)) AS text,
  [toString(indicator)] AS tags
FROM targets FINAL
WHERE time >= $__fromTime_ms AND time <= $__toTime_ms
ORDER BY time, text"""


def acknowledgements(members: Members) -> str:
    """A SELECT of acknowledgements in the range, as annotations."""
    text = "concat(unit, ', ', about, ': ', by, if(comment = '', '', concat(' – ', comment)))"
    return rows("acknowledgements", {"time": "occurred_at", "text": text, "tags": "[about]"}, members)


def rule_changes(changes: Iterable[tuple[date, str, str]]) -> str:
    """A SELECT of those changes of the catalogue that lie in the range, as annotations: of a day, a text and a tag."""
    entries = ",\n    ".join(
        f"({_quoted(day.isoformat())}, {_quoted(text)}, {_quoted(tag)})" for day, text, tag in changes
    )
    return f"""SELECT
  toDateTime64(change.1, 3, '{ZONE}') AS time, change.2 AS text, [change.3] AS tags
FROM
(
  SELECT arrayJoin([
    {entries}
  ]) AS change
)
WHERE time >= $__fromTime_ms AND time <= $__toTime_ms
ORDER BY time, text"""


def silence() -> str:
    """A SELECT for an alert rule: a row with the ``events`` of the last hour for each calendar by which the hour is one
    of work; none at night, so that no alert is sent.
    """
    return f"""SELECT calendar, ifNull((
    SELECT sum(events) FROM hours_of_events FINAL WHERE hour >= toStartOfHour($__toTime - INTERVAL 1 HOUR)
  ), 0) AS events
FROM calendar_days FINAL
WHERE day = toDate($__toTime, '{ZONE}')
  AND arrayExists((opened, closed) -> opened <= $__toTime - INTERVAL 1 HOUR AND closed > $__toTime, opens, closes)"""


@cache
def statement(query: str, **values: str) -> str:
    """A statement of read/sql/ without comments, the macros in its parameters' place; ``values`` for all others."""
    lines = [line.partition("--")[0].rstrip() for line in sql.statement("read", query).splitlines()]
    text = "\n".join(line for line in lines if line)
    for parameter, expression in PARAMETERS.items():
        text = text.replace(parameter, expression)
    return re.sub(r"\{(\w+):[^}]+\}", lambda match: values.get(match[1], "''"), text)


def with_members(members: Members) -> str:
    """The beginning of a statement: the range of the page, the chosen units and the unit each is counted for."""
    return f"""WITH
  toTimeZone($__fromTime_ms, 'UTC') AS range_start,
  toTimeZone($__toTime_ms, 'UTC') AS range_end,
  (
    SELECT (groupArray(toString(unit)), groupArray(toString(ancestor)))
    FROM ({members.select})
  ) AS members,
  members.1 AS chosen_units,
  members.2 AS chosen_targets"""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def indented(text: str, by: int) -> str:
    """The text with so many blanks before each line."""
    return "\n".join(" " * by + line if line else line for line in text.splitlines())
