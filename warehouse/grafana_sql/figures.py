"""Indicators as single statements for Grafana: figures of units, rankings and alert rules.

Nothing is counted a second way: the statements of the read API are combined unchanged, and the rules that turn their
sums into a figure (standings.py, the formulas of the catalogue) are applied to SQL expressions instead of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from contract.indicators.indicator import Indicator
from contract.indicators.measures import DISTRIBUTIONS, is_cohort
from warehouse.grafana_sql.expressions import OF_WAITS, bound, formula, value
from warehouse.grafana_sql.statements import Members, indented, statement, with_members, with_names
from warehouse.read.counts import COHORT_QUERIES, HOURLY_QUERIES, INSTANT_QUERIES, MEASURES_OF_SUMS
from warehouse.read.standings import MARKS, WORK_SUMS, Sums, standing

COLUMNS = {
    "counts": "Map(String, Float64)",
    "cases": "Map(UInt64, Int64)",
    **dict.fromkeys(sorted(DISTRIBUTIONS), "Map(UInt32, Int64)"),
}
"""What all counts are brought to before they are added up: by measure, by a cohort's key, by seconds."""

DOSSIER_QUERIES = {"dossier_sums": None, "dossier_end": "to_start", "dossier_start": "to_end"}
"""The queries that dossiers are counted from, each with the side of a period that it does not sum up to."""

SIDES = ("to_end", "to_start")
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
SUMMED = {
    **{name + side: summed for side in SIDES for name, summed in SIDED.items()},
    **dict.fromkeys(SPANS, Summed("sum", "Int64", "0")),
}
"""The columns of these queries."""


class SymbolicSum(str):
    """An SQL expression that grows when it is added to, so that rules for numbers yield SQL.

    ``SymbolicSum("to_end[1]") - SymbolicSum("to_end[3]")`` is ``"(to_end[1] - to_end[3])"``.
    """

    __slots__ = ()

    def __add__(self, other: object) -> SymbolicSum:
        return SymbolicSum(f"({self:s} + {other!s})")

    def __sub__(self, other: object) -> SymbolicSum:
        return SymbolicSum(f"({self:s} - {other!s})")


def figures(indicators: Sequence[Indicator], members: Members) -> str:
    """A SELECT of figures: ``unit``, and for each indicator its value (NULL where the catalogue shows none), as
    ``value_ID``, with ``n_ID``; a row for each unit that is counted for.
    """
    columns = [
        f"{value(indicator)} AS value_{indicator.id},\n  {formula(indicator.denominator)} AS n_{indicator.id}"
        for indicator in indicators
    ]
    measures = {measure for indicator in indicators for measure in indicator.measures()}
    return _counted(members, measures, ",\n  ".join(columns))


def _counted(members: Members, measures: Iterable[str], columns: str) -> str:
    return f"""{with_members(members)}
SELECT
  chosen AS unit,
  {columns}
FROM (SELECT arrayJoin(arrayDistinct(chosen_targets)) AS chosen) AS all_chosen
LEFT JOIN
(
  SELECT target, {", ".join(f"sumMap({name}) AS {name}" for name in COLUMNS)}
  FROM
  (
{indented("UNION ALL".join(_families(measures)), 4)}
  )
  GROUP BY target
) AS counted ON chosen = target"""


def worst_first(indicators: Sequence[Indicator], members: Members, language: str, rows: int) -> str:
    """A SELECT of figures with the units' names, the worst of the first indicator first, the unknown last."""
    first = indicators[0]
    order = "ASC" if first.direction == "up" else "DESC"
    columns = "".join(f", value_{indicator.id}, n_{indicator.id}" for indicator in indicators)
    return f"""SELECT unit, name{columns}
FROM
(
{indented(figures(indicators, members), 2)}
) AS figures
{with_names(language)}
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
{indented(_counted(members, indicator.measures(), f"{bound(indicator)} AS bound"), 2)}
) AS figures
{with_names(language)}
WHERE figures.bound IS NOT NULL"""


def _families(measures: Iterable[str]) -> Iterable[str]:
    wanted = set(measures)
    for query, measures_of_query in (HOURLY_QUERIES | INSTANT_QUERIES).items():
        if measures_of_query & wanted:
            counts = sorted(measures_of_query & wanted - DISTRIBUTIONS - OF_WAITS.keys())
            yield _row(
                query,
                {"counts": _map({name: name for name in counts})}
                | {name: name for name in measures_of_query & DISTRIBUTIONS},
            )
    steps = {name.partition("[")[0] for name in wanted if is_cohort(name)}
    for query, counted in COHORT_QUERIES.items():
        if counted & steps:
            yield _row(query, {"cases": "cases_to_end"})
    if wanted & MEASURES_OF_SUMS or steps.difference(*COHORT_QUERIES.values()):
        yield _dossiers()


def _row(query: str, columns: Mapping[str, str]) -> str:
    shown = ", ".join(f"CAST({columns.get(name, 'map()')}, '{kind}') AS {name}" for name, kind in COLUMNS.items())
    return f"\nSELECT target, {shown}\nFROM\n(\n{indented(statement(query), 2)}\n)\n"


def _dossiers() -> str:
    """Sums of dossiers, first put together for each unit and then judged as standings.py does."""
    to_end, to_start = ({name: SymbolicSum(f"{side}[{n}]") for n, name in enumerate(MARKS, 1)} for side in SIDES)
    # Numbers or expressions: the rule adds and takes away, and asks for nothing else.
    sums = cast("Any", Sums)(to_end=to_end, to_start=to_start, **{name: SymbolicSum(name) for name in SPANS})
    worked = {name: f"work_to_end[{n}] - work_to_start[{n}]" for n, name in enumerate(WORK_SUMS, 1)}
    shown = {
        "counts": _map(cast("dict[str, str]", standing(sums)) | worked),
        "cases": "mapSubtract(cases_to_end, cases_to_start)",
        "return_lags_s": "mapSubtract(lags_to_end, lags_to_start)",
    }
    columns = ", ".join(f"CAST({shown.get(name, 'map()')}, '{kind}') AS {name}" for name, kind in COLUMNS.items())
    added = ", ".join(f"{summed.adding}({name}) AS {name}" for name, summed in SUMMED.items())
    parts = "UNION ALL".join(_part(query, lacking) for query, lacking in DOSSIER_QUERIES.items())
    return f"""
SELECT target, {columns}
FROM
(
  SELECT target, {added}
  FROM
  (
{indented(parts, 4)}
  )
  GROUP BY target
)
"""


def _part(query: str, lacking: str | None) -> str:
    columns = ", ".join(
        f"CAST({summed.nothing if lacking and name.endswith(lacking) else name}, '{summed.kind}') AS {name}"
        for name, summed in SUMMED.items()
    )
    return f"\nSELECT target, {columns}\nFROM\n(\n{indented(statement(query), 2)}\n)\n"


def _map(entries: Mapping[str, str]) -> str:
    pairs = [f"'{name}', {expression}" for name, expression in entries.items()]
    return f"map({', '.join(pairs)})"
