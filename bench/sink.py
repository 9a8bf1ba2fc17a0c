"""Kafka to queryable, events a second: the product beside a bare shovel, other frameworks and the first script.

Every round runs each contender once over the same log, so that whatever else the machine does falls on all alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from rich.console import Console

from bench.contenders import LINES, PEERS_PYTHON, Contender, Filled, Hailong, Measured, Peer
from bench.data.messages import SETS, message_set, reference_set
from bench.harness.report import Row, median_ratio, spread
from bench.harness.stack import Log, Stores, stores
from contract.events.topics import EVENTS, REFERENCE

ROUNDS = 5
FLOOR = "shovel"
SLOW_EVENTS = 50_000
"""As much as tells the rate of those that take a quarter of a minute for all."""

ROW_BY_ROW_EVENTS = 300
"""It commits by itself every five seconds, so it is measured for at least that long."""

OURS: dict[str, Contender] = {"hailong": Hailong(), FLOOR: Peer("shovel_confluent")}
PEERS: dict[str, Contender] = {
    "shovel, lines only": Peer("shovel_confluent", schema=LINES, insert_format="LineAsString"),
    "kafka-python": Peer("kafka_python_raw", limit=SLOW_EVENTS),
    "quixstreams": Peer("quixstreams_raw", PEERS_PYTHON, needs="quixstreams", limit=SLOW_EVENTS),
    "faststream": Peer("faststream_raw", PEERS_PYTHON, needs="faststream.confluent"),
    "row by row": Peer("row_by_row", limit=ROW_BY_ROW_EVENTS),
}
EVENTS_OF_A_SET = {"ratings": 400_000, "tickets": 200_000, "dossiers": 200_000, "mix": 50_000}
FULL_SCALE = 2

out = Console(highlight=False)


def run(full: bool) -> list[Row]:
    """The rows of every message set; every contender on ratings, and with ``full`` on every set."""
    rows = []
    with stores() as ours:
        for name in SETS:
            contenders = OURS | (PEERS if full or name == "ratings" else {})
            events = EVENTS_OF_A_SET[name] * (FULL_SCALE if full else 1)
            rows += measure(ours, name, events, installed(contenders), ROUNDS)
    return rows


def installed(contenders: Mapping[str, Contender]) -> dict[str, Contender]:
    """The contenders whose packages are installed; prints the others."""
    available = {}
    for name, contender in contenders.items():
        if isinstance(contender, Peer) and not contender.is_installed():
            out.print(f"{name}: not measured, its packages could not be installed (make .venv-bench)")
        else:
            available[name] = contender
    return available


def measure(ours: Stores, name: str, events: int, contenders: Mapping[str, Contender], rounds: int) -> list[Row]:
    """The rows of one message set of about ``events`` events."""
    # The shovels wait in vain for the rest of a last batch that is not full, which says nothing of their speed.
    events = events - events % ours.settings.flush_max_events or events
    out.print(f"sink: making {events:,} messages of {name}")
    log = Log(ours.settings)
    log.fill([*reference_set(), *message_set(name, events)])
    filled = Filled(ours, log, log.ends(EVENTS), log.ends(REFERENCE))
    runs: dict[str, list[Measured]] = defaultdict(list)
    for round_number in range(1, rounds + 1):
        for n, (contender_name, contender) in enumerate(contenders.items()):
            measured = contender.measure(filled, f"{name}_{round_number}_{n}")
            runs[contender_name].append(measured)
            figures = f"{measured.rate:,.0f} events/s, {measured.cpu_us:.3g} µs CPU/event"
            out.print(f"sink: {name}, round {round_number} of {rounds}, {contender_name}: {figures}", soft_wrap=True)
    return rows_of(name, runs)


def rows_of(name: str, runs: Mapping[str, Sequence[Measured]]) -> list[Row]:
    """One row a contender, each with its ratio to the bare shovel of the same round."""
    floors = [measured.rate for measured in runs[FLOOR]]
    rows = []
    for contender, measured in runs.items():
        rates = [each.rate for each in measured]
        broker_us = median(each.broker_s / each.events * 1e6 for each in measured)
        rows.append(
            Row(
                bench="sink",
                case=f"{name}, {contender}",
                value=median(rates),
                unit="events/s",
                ratio=None if contender == FLOOR else median_ratio(rates, floors),
                against="" if contender == FLOOR else FLOOR,
                cpu_us_per_event=median(each.cpu_us for each in measured),
                peak_mb=median(each.peak_mb for each in measured),
                note=f"{measured[0].events:,} events, {spread(rates)}; broker {broker_us:.2g} µs",
            )
        )
    return rows
