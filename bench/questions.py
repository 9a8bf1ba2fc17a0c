"""Every question that a page or a caller of the read API asks, and how long each waits for its answer.

Asked through the read API in this process, its clock standing still: an answer's time is all that a page waits for but
the network. Warm is asked again and again; cold is asked once, after the engine has dropped what it keeps in memory and
the kernel the pages of its files.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import httpx
from clickhouse_connect.driver.client import Client
from rich.console import Console

from bench.freshness import nearest_rank
from bench.harness.report import Row, figure
from bench.harness.stack import Stores
from contract.indicators.catalogue import catalogue
from contract.indicators.verdict import WATCHED
from contract.time import VIETNAM
from dashboards.api.app import make_api
from dashboards.pages.inspector.view import LEVELS
from dashboards.pages.parts.selectors import PERIOD_DAYS
from runtime.clock import ReplayClock
from runtime.progress import follow

ANY = 100
"""Units and months drawn at random."""

CALLS, FEWEST_CALLS = 20, 2
LONGEST_S, FULL_LONGEST_S = 1.0, 4.0
"""A question has so many calls, fewer when they take longer than this in all; the latter at full length."""

FLOOR = "/readyz"
CACHES = ("MARK", "UNCOMPRESSED", "PRIMARY INDEX", "QUERY CONDITION")


class Window(NamedTuple):
    """A named period; ``end`` None is now."""

    name: str
    start: date
    end: date | None = None

    def parameters(self) -> dict[str, str]:
        """As the read API takes it."""
        return {"from": self.start.isoformat()} | ({"to": self.end.isoformat()} if self.end else {})


class Question(NamedTuple):
    """A question: its path and its parameters, among them unit and period."""

    name: str
    path: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Waits:
    """Milliseconds of the warm answers, in order, and of the cold one."""

    warm_ms: Sequence[float]
    cold_ms: float

    @property
    def median_ms(self) -> float:
        """The median of the warm answers."""
        return nearest_rank(self.warm_ms, 0.5)


def windows(today: date) -> list[Window]:
    """The page's choices, and the month that closed two months back."""
    names = {1: "today"}
    months = today.year * 12 + today.month - 3
    closed, next_one = (date(n // 12, n % 12 + 1, 1) for n in (months, months + 1))
    chosen = [Window(names.get(days, f"{days} days"), today - timedelta(days=days - 1)) for days in PERIOD_DAYS]
    return [*chosen, Window(f"{closed:%B}", closed, next_one)]


def half_year(today: date) -> Window:
    """The half year until now."""
    return Window("half a year", today - timedelta(days=182))


def of_a_period(unit: str, window: Window) -> Iterator[Question]:
    """Every question that has a unit and a period."""
    of_dossiers = [i.id for i in catalogue().indicators.values() if i.is_of_dossiers()]
    others = [name for name in catalogue().indicators if name not in of_dossiers]
    parameters_of: dict[str, tuple[str, dict[str, str]]] = {
        "indicators": ("/v1/indicators", {}),
        "indicators of dossiers": ("/v1/indicators", {"ids": ",".join(of_dossiers)}),
        "indicators of ratings and tickets": ("/v1/indicators", {"ids": ",".join(others)}),
        "series by hour": ("/v1/series", {"step": "hour"}),
        "series by day": ("/v1/series", {"step": "day"}),
        "dossiers": ("/v1/dossiers", {}),
        "overdue dossiers": ("/v1/dossiers", {"state": "overdue"}),
        "ratings": ("/v1/ratings", {}),
        "units in trouble": ("/v1/troubles", {}),
    }
    parameters_of |= {
        f"ranking of {level}": ("/v1/ranking", {"level": level, "ids": ",".join(WATCHED)}) for level in LEVELS
    }
    for name, (path, parameters) in parameters_of.items():
        yield Question(f"{name}, {unit}, {window.name}", path, {"unit": unit, **window.parameters(), **parameters})


def of_any_month(units: Sequence[str], since: date, today: date) -> list[Question]:
    """All indicators of units and months drawn at random: months begun since ``since``, of today's the whole days."""
    firsts = [day for n in range((today - since).days) if (day := since + timedelta(days=n)).day == 1]
    dice = random.Random(len(units))
    questions = []
    for first in dice.choices(firsts, k=ANY):
        window = Window(f"{first:%B %Y}", first, min((first + timedelta(days=31)).replace(day=1), today))
        unit = dice.choice(units)
        questions.append(
            Question(f"indicators, {unit}, {window.name}", "/v1/indicators", {"unit": unit, **window.parameters()})
        )
    return questions


def of_no_period(source: str) -> list[Question]:
    """The other questions."""
    return [
        Question("freshness", "/v1/freshness", {}),
        Question("units", "/v1/units", {}),
        Question("events of a source", "/v1/counts", {"source": source}),
    ]


class Asker:
    """The read API over one database of the stores, at a standing instant."""

    def __init__(
        self, stores: Stores, client: Client, http: httpx.AsyncClient, runner: asyncio.Runner, longest_s: float
    ) -> None:
        self._files = stores.settings.state_dir / "data" / "clickhouse"
        self._client = client
        self._http = http
        self._runner = runner
        self._longest_s = longest_s

    def answer(self, question: Question) -> dict[str, Any]:
        """The answer; raises when it is an error."""
        response = self._runner.run(self._http.get(question.path, params=dict(question.parameters)))
        response.raise_for_status()
        return response.json() if question.path != FLOOR else {}

    def wait(self, question: Question) -> Waits:
        """How long its answers take, first cold and then warm."""
        self._forget()
        cold_ms = self._once_ms(question)
        warm: list[float] = []
        while len(warm) < FEWEST_CALLS or (len(warm) < CALLS and sum(warm) < self._longest_s * 1000):
            warm.append(self._once_ms(question))
        return Waits(sorted(warm), cold_ms)

    def wait_all(self, questions: Sequence[Question], out: Console) -> dict[str, Waits]:
        """How long the answers to each take, by its name, with the progress shown."""
        waits: dict[str, Waits] = {}

        def steps() -> Iterator[tuple[int, int]]:
            for question in questions:
                waits[question.name] = self.wait(question)
                yield len(waits), len(questions)

        follow(steps(), "questions asked", out)
        return waits

    def once_ms(self, questions: Sequence[Question]) -> list[float]:
        """Milliseconds of the answers to questions asked for the first time, in order; the engine is as it is."""
        return sorted(self._once_ms(question) for question in questions)

    def floor(self) -> Waits:
        """The least answer: the API and the store awake, nothing read."""
        return self.wait(Question("the least answer", FLOOR, {}))

    def _once_ms(self, question: Question) -> float:
        started = time.perf_counter()
        self.answer(question)
        return (time.perf_counter() - started) * 1000

    def _forget(self) -> None:
        for cache in CACHES:
            self._client.command(f"SYSTEM DROP {cache} CACHE")
        for path in self._files.rglob("*.bin"):
            # Parts are merged away meanwhile.
            with suppress(FileNotFoundError), path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def asker(stores: Stores, database: str, now: datetime, *, full: bool = False) -> Iterator[Asker]:
    """An asker of ``database`` for whom it is ``now``; ``full`` takes its time."""
    # A clock that stands still would divide by zero where ages are computed.
    standing = ReplayClock(now.astimezone(VIETNAM), datetime.now(UTC), speed=1e-6, seconds=1e9)
    settings = stores.settings.model_copy(update={"clickhouse_database": database, "clock": str(standing)})
    api = httpx.ASGITransport(make_api(settings))
    with asyncio.Runner() as runner:
        http = httpx.AsyncClient(transport=api, base_url=settings.api_url)
        try:
            yield Asker(stores, stores.client(database), http, runner, FULL_LONGEST_S if full else LONGEST_S)
        finally:
            runner.run(http.aclose())


def rows_of(bench: str, stored: str, waits: Mapping[str, Waits], against: Mapping[str, Waits], peer: str) -> list[Row]:
    """One row a question with the ratio of its median to ``against``'s for the same name; ``stored`` names the data."""
    return [
        Row(
            bench=bench,
            case=f"{name}; {stored}",
            value=of_name.median_ms,
            unit="ms",
            ratio=of_name.median_ms / against[name].median_ms if name in against else None,
            against=peer if name in against else "",
            cpu_us_per_event=None,
            peak_mb=None,
            note=f"p99 {figure(nearest_rank(of_name.warm_ms, 0.99))}, cold {figure(of_name.cold_ms)} ms; "
            f"{len(of_name.warm_ms)} calls",
        )
        for name, of_name in waits.items()
    ]
