"""Indicators as single statements for Grafana: the SELECTs of queries/ with its macros in place of their parameters.

Nothing is counted a second way: the statements of the read API are put together unchanged, and the rules that make a
figure of their sums (standings.py, the formulas of the catalogue) are applied to SQL expressions instead of numbers.
Which units are asked for is SQL too: ``'H26'``, or a variable of the page, ``${unit:singlequote}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, cast

from contract.indicators import Indicator
from contract.measures import DISTRIBUTIONS, is_cohort
from contract.reference_events import UnitLevel
from warehouse.expressions import OF_WAITS, bound, formula, value
from warehouse.figures import COHORTS_BY, COUNTED_BY, MADE_BY, OF_SUMS
from warehouse.standings import MARKS, WORK_SUMS, Sums, standing

ZONE = "Asia/Ho_Chi_Minh"
PARAMETERS = {
    # A set lets the store use its index; an array does not.
    "IN {units:Array(String)}": "IN (SELECT arrayJoin(units_asked))",
    "{units:Array(String)}": "units_asked",
    "{targets:Array(String)}": "targets_asked",
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
"""The parameters of queries/ and what stands for each, in the order of replacing."""

COLUMNS = {
    "counts": "Map(String, Float64)",
    "cases": "Map(UInt64, Int64)",
    **dict.fromkeys(sorted(DISTRIBUTIONS), "Map(UInt32, Int64)"),
}
"""What all counts are brought to before they are added up: by measure, by a cohort's key, by seconds."""

SIDES = ("to_end", "to_start")
DOSSIER_QUERIES = {"dossier_sums": SIDES, "dossier_end": SIDES[:1], "dossier_start": SIDES[1:]}
"""The queries that dossiers are counted from, each with the sides of a period that it sums up to."""

SPANS = ("spans_all", "spans_passed_first", "spans_closed_first_late")


class Summed(NamedTuple):
    """How a column is added up, what it is brought to before, and what it is without any case."""

    adding: str
    kind: str
    nothing: str


MARKED = Summed("sumForEach", "Array(Int64)", "[]")
SIDED = {
    "": MARKED,
    "cases_": Summed("sumMap", COLUMNS["cases"], "map()"),
    "work_": MARKED,
    "lags_": Summed("sumMap", COLUMNS["return_lags_s"], "map()"),
}
"""What these queries sum up to a side, by what stands before the side in the column's name."""


@dataclass(frozen=True)
class Members:
    """Whose figures are asked for, as a SELECT of units with the unit that each is counted for."""

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


class Sql(str):
    """An expression that grows when it is added to, so that rules for numbers can be read off as SQL."""

    __slots__ = ()

    def __add__(self, other: object) -> Sql:
        return Sql(f"({self:s} + {other!s})")

    def __sub__(self, other: object) -> Sql:
        return Sql(f"({self:s} - {other!s})")


def figures(indicators: Sequence[Indicator], members: Members) -> str:
    """A SELECT of figures: ``unit``, and for each indicator its value (NULL where the catalogue shows none), as
    ``value_ID``, with ``n_ID``; a row for each unit that is counted for.
    """
    columns = [f"{value(one)} AS value_{one.id},\n  {formula(one.denominator)} AS n_{one.id}" for one in indicators]
    measures = {measure for one in indicators for measure in one.measures()}
    return _counted(members, measures, ",\n  ".join(columns))


def _counted(members: Members, measures: Iterable[str], columns: str) -> str:
    return f"""{_with(members)}
SELECT
  asked AS unit,
  {columns}
FROM (SELECT arrayJoin(arrayDistinct(targets_asked)) AS asked) AS all_asked
LEFT JOIN
(
  SELECT target, {", ".join(f"sumMap({name}) AS {name}" for name in COLUMNS)}
  FROM
  (
{_indented("UNION ALL".join(_families(measures)), 4)}
  )
  GROUP BY target
) AS counted ON asked = target"""


def worst_first(indicators: Sequence[Indicator], members: Members, language: str, rows: int) -> str:
    """A SELECT of figures with the units' names, the worst of the first indicator first, the unknown last."""
    first = indicators[0]
    order = "ASC" if first.direction == "up" else "DESC"
    columns = "".join(f", value_{one.id}, n_{one.id}" for one in indicators)
    return f"""SELECT unit, name{columns}
FROM
(
{_indented(figures(indicators, members), 2)}
) AS found
{_with_names(language)}
ORDER BY value_{first.id} {order} NULLS LAST, unit
LIMIT {rows}"""


def beyond_doubt(indicator: Indicator, members: Members, language: str) -> str:
    """A SELECT for an alert rule: a row with ``unit``, ``name`` and the one number ``bound`` for each unit that has
    enough cases. The bound is the end of the interval that is nearest to good, so that what misses a target does so
    beyond doubt; of indicators that are no share it is the value.
    """
    return f"""SELECT unit, name, assumeNotNull(bound) AS bound
FROM
(
{_indented(_counted(members, indicator.measures(), f"{bound(indicator)} AS bound"), 2)}
) AS found
{_with_names(language)}
WHERE found.bound IS NOT NULL"""


def _with_names(language: str) -> str:
    return f"""LEFT JOIN
  (SELECT unit, argMax(name_{language}, (valid_from, as_of)) AS name FROM units GROUP BY unit) AS named USING unit"""


def series(query: str, columns: Mapping[str, str], members: Members, step: str = "hour") -> str:
    """A SELECT of a series from one of the counts by unit-hour: ``time`` and each column's expression of the query's
    own columns, summed over the units; the earliest first.
    """
    shown = "".join(f",\n  {expression} AS {name}" for name, expression in columns.items())
    return f"""{_with(members)}
SELECT starts_at AS time{shown}
FROM
(
{_indented(statement(query, step=f"'{step}'"), 2)}
)
GROUP BY time
ORDER BY time"""


def rows(query: str, columns: Mapping[str, str], members: Members, **values: str) -> str:
    """A SELECT of the rows of a statement of queries/ in their order, each column an expression of its own columns."""
    shown = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    return f"{_with(members)}\nSELECT {shown}\nFROM\n(\n{_indented(statement(query, **values), 2)}\n)"


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
    """A SELECT of who took care of what in the range, as annotations."""
    words = "concat(unit, ', ', about, ': ', by, if(comment = '', '', concat(' – ', comment)))"
    return rows("acknowledgements", {"time": "occurred_at", "text": words, "tags": "[about]"}, members)


def rule_changes(changes: Iterable[tuple[date, str, str]]) -> str:
    """A SELECT of those changes of the catalogue that lie in the range, as annotations: of a day, a text and a tag."""
    told = ",\n    ".join(
        f"({_quoted(day.isoformat())}, {_quoted(text)}, {_quoted(tag)})" for day, text, tag in changes
    )
    return f"""SELECT
  toDateTime64(change.1, 3, '{ZONE}') AS time, change.2 AS text, [change.3] AS tags
FROM
(
  SELECT arrayJoin([
    {told}
  ]) AS change
)
WHERE time >= $__fromTime_ms AND time <= $__toTime_ms
ORDER BY time, text"""


def silence() -> str:
    """A SELECT for an alert rule: a row with the ``events`` of the last hour for each calendar by which the hour is one
    of work; none at night, so that nobody is woken.
    """
    return f"""SELECT calendar, ifNull((
    SELECT sum(events) FROM hours_of_events FINAL WHERE hour >= toStartOfHour($__toTime - INTERVAL 1 HOUR)
  ), 0) AS events
FROM calendar_days FINAL
WHERE day = toDate($__toTime, '{ZONE}')
  AND arrayExists((opened, closed) -> opened <= $__toTime - INTERVAL 1 HOUR AND closed > $__toTime, opens, closes)"""


@cache
def statement(query: str, **values: str) -> str:
    """A statement of queries/ without comments, the macros in its parameters' place; ``values`` for all others."""
    text = files("warehouse").joinpath("queries", f"{query}.sql").read_text()
    lines = [line.partition("--")[0].rstrip() for line in text.splitlines()]
    text = "\n".join(line for line in lines if line)
    for parameter, expression in PARAMETERS.items():
        text = text.replace(parameter, expression)
    return re.sub(r"\{(\w+):[^}]+\}", lambda found: values.get(found[1], "''"), text)


def _with(members: Members) -> str:
    return f"""WITH
  toTimeZone($__fromTime_ms, 'UTC') AS range_start,
  toTimeZone($__toTime_ms, 'UTC') AS range_end,
  (
    SELECT (groupArray(toString(unit)), groupArray(toString(ancestor)))
    FROM ({members.select})
  ) AS members,
  members.1 AS units_asked,
  members.2 AS targets_asked"""


def _families(measures: Iterable[str]) -> Iterable[str]:
    wanted = set(measures)
    for query, made in (MADE_BY | COUNTED_BY).items():
        if made & wanted:
            counts = sorted(made & wanted - DISTRIBUTIONS - OF_WAITS.keys())
            yield _row(
                query, {"counts": _map({name: name for name in counts})} | {name: name for name in made & DISTRIBUTIONS}
            )
    steps = {name.partition("[")[0] for name in wanted if is_cohort(name)}
    for query, counted in COHORTS_BY.items():
        if counted & steps:
            yield _row(query, {"cases": "cases_to_end"})
    if wanted & OF_SUMS or steps.difference(*COHORTS_BY.values()):
        yield _dossiers()


def _row(query: str, columns: Mapping[str, str]) -> str:
    shown = ", ".join(f"CAST({columns.get(name, 'map()')}, '{kind}') AS {name}" for name, kind in COLUMNS.items())
    return f"\nSELECT target, {shown}\nFROM\n(\n{_indented(statement(query), 2)}\n)\n"


def _dossiers() -> str:
    """Sums of dossiers, first put together for each unit and then judged as standings.py does."""
    to_end, to_start = ({name: Sql(f"{side}[{n}]") for n, name in enumerate(MARKS, 1)} for side in SIDES)
    # Numbers or expressions: the rule adds and takes away, and asks for nothing else.
    sums = cast("Any", Sums)(to_end=to_end, to_start=to_start, **{name: Sql(name) for name in SPANS})
    worked = {name: f"work_to_end[{n}] - work_to_start[{n}]" for n, name in enumerate(WORK_SUMS, 1)}
    shown = {
        "counts": _map(cast("dict[str, str]", standing(sums)) | worked),
        "cases": "mapSubtract(cases_to_end, cases_to_start)",
        "return_lags_s": "mapSubtract(lags_to_end, lags_to_start)",
    }
    columns = ", ".join(f"CAST({shown.get(name, 'map()')}, '{kind}') AS {name}" for name, kind in COLUMNS.items())
    added = [f"{summed.adding}({name}{side}) AS {name}{side}" for side in SIDES for name, summed in SIDED.items()]
    added += [f"sum({name}) AS {name}" for name in SPANS]
    parts = "UNION ALL".join(_part(query, sides) for query, sides in DOSSIER_QUERIES.items())
    return f"""
SELECT target, {columns}
FROM
(
  SELECT target, {", ".join(added)}
  FROM
  (
{_indented(parts, 4)}
  )
  GROUP BY target
)
"""


def _part(query: str, sides: Sequence[str]) -> str:
    columns = [
        f"CAST({name + side if side in sides else summed.nothing}, '{summed.kind}') AS {name}{side}"
        for side in SIDES
        for name, summed in SIDED.items()
    ]
    columns += [f"CAST({name}, 'Int64') AS {name}" for name in SPANS]
    return f"\nSELECT target, {', '.join(columns)}\nFROM\n(\n{_indented(statement(query), 2)}\n)\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _map(entries: Mapping[str, str]) -> str:
    pairs = [f"'{name}', {expression}" for name, expression in entries.items()]
    return f"map({', '.join(pairs)})"


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else line for line in text.splitlines())
