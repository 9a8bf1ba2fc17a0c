"""What is sent in a case, and so what must be found after it: events of units that no other case has."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zlib import crc32

from contract.events.envelope import replacement_id
from tests.recount import at, recount, recount_steps
from tests.support import event, unit
from tests.warehouse.test_exactness import DAY, MEASURED, UNITS, a_day
from warehouse.read.periods import Period

Event = dict[str, Any]
ABOUT_RECORDING = "delays_s"
"""The one measure that follows from when ingest saw an event; the checker counts it from the stored rows."""


@dataclass
class Truth:
    """The events of one case, their units and days, and what the sender has heard about each.

    The same ``label`` gives the same events at each run.
    """

    label: str
    case: int
    size: int = 24
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    events: list[Event] = field(init=False)

    def __post_init__(self) -> None:
        self.seed = crc32(self.label.encode())
        self.top = f"F{self.case}-{self.seed:08x}"
        self.units = {code: f"{self.top}.{code}" for code in UNITS}
        self.source = f"faults/{self.top}"
        self.days = timedelta(days=-7 * self.case)
        self.dice = random.Random(self.seed)
        self.events = self.more(0)

    def more(self, part: int) -> list[Event]:
        """Further events of the same units and days, different for each ``part``, in the order of happening."""
        own_ids: dict[str, str] = {}
        # Of steps that were taken twice within one instant each is the same event.
        made = {body["id"]: self._own(body, own_ids) for body in a_day(part, self.size)}
        return sorted(made.values(), key=at)

    @property
    def definitions(self) -> list[Event]:
        """The events that define the units."""
        units = [unit(self.top, level="external"), *(unit(code, self.top) for code in self.units.values())]
        return [{**body, "source": f"{self.source}/units"} for body in units]

    @property
    def period(self) -> Period:
        """The day of the case."""
        return Period(DAY + self.days, DAY + self.days + timedelta(days=1))

    @property
    def around(self) -> Period:
        """All days on which its events may lie."""
        return Period(DAY + self.days - timedelta(days=400), DAY + self.days + timedelta(days=40))

    def counts(self, events: Iterable[Event]) -> dict[str, Any]:
        """Every measure and cohort but that about recording, recounted."""
        found = recount([*self.definitions, *events], *self.period)
        return {name: found.get(name, {} if name == "waits_s" else 0) for name in MEASURED if name != ABOUT_RECORDING}

    def hours(self, events: list[Event]) -> dict[datetime, dict[str, Any]]:
        """The figures by hour, those that are not zero, recounted; a step counts where one of its events lies."""
        found = recount_steps(events, *self.around)
        made = {hour: {name: value for name, value in counts.items() if value} for hour, counts in found.items()}
        return {hour: counts for hour, counts in made.items() if counts}

    def _own(self, body: Event, own_ids: dict[str, str]) -> Event:
        """An event of ``a_day`` as one of this case: its units, days, dossiers, source; ``own_ids`` of those before."""
        data = dict(body["data"], unit=self.units[body["data"]["unit"]])
        if "due_at" in data:
            data["due_at"] = self._moved(data["due_at"])
        if "dossier" in data:
            data["dossier"] = f"{self.top}-{data['dossier']}"
        own = {**body, "time": self._moved(body["time"]), "source": self.source, "data": data}
        if not body["type"].startswith("rating."):
            own["subject"] = f"{self.top}-{body['subject']}"
        own_ids[body["id"]] = str(uuid5(NAMESPACE_URL, f"{self.label} {body['id']}"))
        if former := data.get("replaces"):
            data["replaces"] = {"id": own_ids[former["id"]], "time": self._moved(former["time"])}
            own_ids[body["id"]] = replacement_id(UUID(own_ids[former["id"]]))
        return own | {"id": own_ids[body["id"]]}

    def _moved(self, instant: str) -> str:
        return (datetime.fromisoformat(instant) + self.days).isoformat()


def quiet_batch(number: int) -> list[Event]:
    """Some ratings of a quiet place, over all partitions: whatever was still under way must end before they do."""
    when = (DAY + timedelta(seconds=number)).isoformat()
    data: dict[str, Any] = {"channel": "tablet", "scale": "csat4", "score": 4, "device": "TAB-Q"}
    return [event("rating.submitted", "TAB-Q", when, unit=code, source="faults/quiet", **data) for code in QUIET_UNITS]


QUIET_UNITS = tuple(f"QUIET.{n}" for n in range(12))
QUIET_DEFINITIONS = [unit(code, level="external") for code in QUIET_UNITS]


def lines(events: Iterable[Event]) -> list[bytes]:
    """As they are sent."""
    return [json.dumps(body).encode() for body in events]


def delays(rows: Iterable[Sequence[int]]) -> Counter[int]:
    """How many rows were recorded how many seconds late, in the steps in which delays are kept.

    ``rows`` hold when each happened and was recorded, in milliseconds.
    """
    found: Counter[int] = Counter()
    for happened_ms, recorded_ms in rows:
        seconds = max(0, recorded_ms // 1000 - happened_ms // 1000)
        step = 1 if seconds <= 600 else 60 if seconds <= 86_400 else 86_400
        found[-(-seconds // step) * step] += 1
    return found
