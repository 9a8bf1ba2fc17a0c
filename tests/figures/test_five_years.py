"""Hanoi's dossiers of 2015-2019: the reports' totals come out of the events, and of the figures made of them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from typer.testing import CliRunner

from commands.main import app
from contract.events.envelope import decode
from contract.events.refusals import Refusal
from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import evaluate
from contract.time import VIETNAM
from runtime.ingest_client import event_line
from sources.reference.load import read
from sources.simulation.command import hanoi
from sources.simulation.five_years import IN_TIME, RECEIVED, events, size
from tests.support import put
from warehouse.read.counts import counts
from warehouse.read.periods import Period

FIVE_YEARS = Period(datetime(2015, 1, 1, tzinfo=VIETNAM), datetime(2020, 1, 1, tzinfo=VIETNAM))


def test_the_whole_is_what_the_city_reported() -> None:
    assert size(1) == (RECEIVED, IN_TIME) == (66_274_910, 65_731_793)
    assert f"{100 * IN_TIME / RECEIVED:.2f}" == "99.18"


@pytest.mark.parametrize("scale", [0.0003, 0.00004])
def test_so_many_are_received_and_so_many_of_them_in_time(scale: float) -> None:
    history = list(events(hanoi(), 1, scale))
    received, in_time = size(scale)
    due = {event["subject"]: event["data"]["due_at"][:10] for event in history if event["type"] == "dossier.accepted"}
    done = {event["subject"]: event["time"][:10] for event in history if event["type"] == "dossier.completed"}
    assert len(due) == len(done) == received
    assert sum(done[code] <= due[code] for code in due) == in_time
    assert all("2015-01-01" <= event["time"][:10] <= "2019-12-31" for event in history)
    assert len({event["id"] for event in history}) == 2 * received
    years = Counter(event["time"][:4] for event in history)
    assert min(years.values()) > 0.9 * 2 * received / 5
    assert history == list(events(hanoi(), 1, scale))
    assert not [event for event in history[:500] if isinstance(decode(event_line(event)), Refusal)]


def test_the_figures_give_the_reported_share(store: Client) -> None:
    put(store, read(None).events)
    put(store, list(events(hanoi(), 1, 0.0003)))
    received, in_time = size(0.0003)
    indicators = [catalogue().indicators[name] for name in ("Q766_2_1", "TIM_OVERDUE_RATE")]
    wanted = {measure for indicator in indicators for measure in indicator.measures()}
    units = {row[0]: "H26" for row in store.query("SELECT DISTINCT unit FROM units").result_rows}
    served = counts(store, units, FIVE_YEARS, wanted)["H26"]
    in_time_share, overdue = (evaluate(indicator, served) for indicator in indicators)
    assert (in_time_share.numerator, in_time_share.denominator) == (in_time, received)
    assert (overdue.numerator, overdue.denominator) == (received - in_time, received)
    assert in_time_share.value == pytest.approx(100 * in_time / received)


def test_the_command_writes_them_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "five.jsonl"
    result = CliRunner().invoke(
        app, ["simulate", "--profile", "hanoi-2015-2019", "--scale", "0.00001", "--output", str(path)]
    )
    assert result.exit_code == 0, result.output
    assert "making 663 dossiers of 2015-2019, 657 of them in time" in result.output
    assert len([json.loads(text) for text in path.read_text().splitlines()]) == 2 * 663
    wrong = CliRunner().invoke(app, ["simulate", "--profile", "hue"])
    assert (wrong.exit_code, "is one of hanoi-2015-2019" in wrong.output) == (2, True)
