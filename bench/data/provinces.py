"""One day of some provinces, loaded as fast as the store takes it: each like Hanoi, its units P00…, P01… for H26….

The reference data of all provinces come first, through the views as they would live; then each province's day is made
in the raw table (bench/data/generator.py), and the product's own rebuild makes what is derived. Of the day there is
what happened by closing time to the dossiers handed in on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from clickhouse_connect.driver.client import Client
from rich.console import Console

from bench.data.generator import Making
from bench.data.messages import DAY, reference_set
from contract.time import VIETNAM
from runtime.progress import follow
from sources.simulation.command import hanoi
from tests.support import put_lines
from warehouse.write.rebuild import rebuild

PROVINCES = 60
EVENTS_A_PROVINCE = 100_000
DOSSIERS_A_PROVINCE = 36_000
"""Handed in on the day; with what happens to them on it, about the events of a whole simulated day."""

CLOSED = datetime.combine(DAY, time(17), VIETNAM)
ID_AT = b'"id":"'

out = Console(highlight=False)


def name_of(province: int) -> str:
    """The code of a province, as long as Hanoi's."""
    return f"P{province:02}"


def moved(line: bytes, to: int, number: int, *, of: str = "H26") -> bytes:
    """The same event in another province, under an id of its own for each ``number``."""
    begins = line.index(ID_AT) + len(ID_AT)
    return (line[:begins] + b"%08x" % number + line[begins + 8 :]).replace(of.encode(), name_of(to).encode())


def load_reference(client: Client, provinces: Iterable[int]) -> None:
    """Units, procedures and working days of the provinces."""
    lines = [message.value for message in reference_set()]
    put_lines(client, [moved(line, province, province) for province in provinces for line in lines])


def store_days(client: Client, provinces: Iterable[int]) -> None:
    """The day of some provinces that were not stored yet, and all that is derived."""
    reference = hanoi()
    making = Making(reference.points, reference.working_time, [DAY], DOSSIERS_A_PROVINCE)
    for province in provinces:
        making.store(client, 0, DOSSIERS_A_PROVINCE, CLOSED, name_of(province))
    follow(rebuild(client, again=True), "events rebuilt", out)
