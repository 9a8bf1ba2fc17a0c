"""The same figures straight from the raw rows: what they would cost if nothing were kept but events.

Bodies are read as JSON and folded, every time. The raw rows have it easier than the product: nothing was sent twice, so
they are read without FINAL; a dossier's appointment is only looked at where it was told. Each count must be the one
that the read API gives, else nothing is measured.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from bench.contenders import InexactError
from bench.harness.report import Row
from bench.questions import Asker, Question, Window

ROUNDS = 2
RATINGS = """
SELECT
  countIf(score >= transform(scale, ['csat4', 'csat5'], [3, 4], 0)) AS satisfied,
  count() AS answered
FROM
(
  SELECT JSONExtractInt(body, 'data', 'score') AS score, JSONExtractString(body, 'data', 'scale') AS scale
  FROM events
  WHERE type = 'rating.submitted' AND unit IN {units:Array(String)}
    AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
)
"""
TICKETS = """
SELECT sum(wait_s) AS waited_s, count() AS waits
FROM
(
  SELECT
    dateDiff('second', minIf(at, type = 'queue.ticket_issued'), minIf(at, type = 'queue.called')) AS wait_s,
    maxIf(at, type = 'queue.served') AS served_at
  FROM
  (
    SELECT
      JSONExtractString(body, 'subject') AS ticket, JSONExtractString(body, 'type') AS type,
      parseDateTime64BestEffort(JSONExtractString(body, 'time'), 3, 'UTC') AS at
    FROM events
    WHERE startsWith(events.type, 'queue.') AND unit IN {units:Array(String)}
      AND occurred_at >= {start:DateTime64(3, 'UTC')} - INTERVAL 1 DAY AND occurred_at < {end:DateTime64(3, 'UTC')}
  )
  GROUP BY ticket
  HAVING served_at >= {start:DateTime64(3, 'UTC')}
)
"""
DOSSIERS = """
SELECT countIf(received_at >= {start:DateTime64(3, 'UTC')} AND channel = 'online') AS received_online,
  countIf(received_at >= {start:DateTime64(3, 'UTC')}) AS received, countIf(late) AS late
FROM
(
  SELECT
    minIf(at, type IN ('dossier.submitted', 'dossier.accepted')) AS received_at,
    argMinIf(channel, at, channel != '') AS channel,
    maxIf(at, type IN ('dossier.completed', 'dossier.returned')) AS ended_at,
    argMaxIf(due_at, at, due_at IS NOT NULL) AS due_at,
    ended_at >= {start:DateTime64(3, 'UTC')} AND ended_at > due_at AS late
  FROM
  (
    SELECT
      JSONExtractString(body, 'subject') AS dossier, JSONExtractString(body, 'type') AS type,
      parseDateTime64BestEffort(JSONExtractString(body, 'time'), 3, 'UTC') AS at,
      JSONExtractString(body, 'data', 'channel') AS channel,
      parseDateTime64BestEffortOrNull(JSONExtractString(body, 'data', 'due_at'), 3, 'UTC') AS due_at
    FROM events
    WHERE startsWith(events.type, 'dossier.') AND unit IN {units:Array(String)}
      AND occurred_at < {end:DateTime64(3, 'UTC')}
  )
  GROUP BY dossier
)
"""


class Compared(NamedTuple):
    """A SELECT over raw rows, and the indicator whose numerator and denominator its first two columns are."""

    statement: str
    indicator: str


COMPARED = {
    "ratings": Compared(RATINGS, "SAT_CSAT"),
    "tickets": Compared(TICKETS, "OPS_WAIT_AVG"),
    "dossiers": Compared(DOSSIERS, "ONL_DOSSIER_RATE"),
}


def rows_of(
    client: Client, ask: Asker, units: Sequence[str], window: Window, period: tuple[datetime, datetime], stored: str
) -> Iterator[Row]:
    """One row a kind and unit: seconds over raw rows, and their ratio to the read API's; raises InexactError."""
    for unit in units:
        for kind, (statement, indicator) in COMPARED.items():
            question = Question(kind, "/v1/indicators", {"unit": unit, **window.parameters(), "ids": indicator})
            served: dict[str, Any] = ask.answer(question)["indicators"][0]
            if served["status"] != "ok":
                continue  # so few cases that nothing is served that could be compared
            below = client.query(
                "SELECT unit FROM unit_paths WHERE ancestor = {unit:String}", parameters={"unit": unit}
            )
            start, end = (instant.replace(tzinfo=None) for instant in period)
            parameters = {"units": [row[0] for row in below.result_rows], "start": start, "end": end}
            took: list[float] = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                counts = client.query(statement, parameters=parameters).result_rows[0][:2]
                took.append(time.perf_counter() - started)
            if counts != (served["numerator"], served["denominator"]):
                raise InexactError(f"{kind} of {unit}: {counts} in raw rows, {served} served")
            ratio = min(took) / ask.wait(question).median_ms * 1000
            case = f"{kind} of {unit}, {window.name}, over raw rows; {stored}"
            yield Row(
                "history", case, min(took), "s", ratio, "/v1/indicators", None, None, f"{ROUNDS} rounds, the better"
            )
