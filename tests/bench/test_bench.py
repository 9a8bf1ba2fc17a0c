"""The benchmarks' own arithmetic, and one small run of the sink's harness."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.contenders import Measured, Peer
from bench.data.messages import SETS, message_set
from bench.freshness import nearest_rank
from bench.freshness_paths import Taps
from bench.harness.report import Row, median_ratio, plain, spread, write
from bench.harness.stack import stores
from bench.sink import FLOOR, installed, measure, rows_of
from contract.events.envelope import decode
from contract.events.refusals import Refusal

ROW = Row("sink", "ratings, hailong", 45_000.0, "events/s", 0.5, "shovel", 12.5, 180.0, "")
FLOOR_ROW = Row("sink", "ratings, shovel", 90_000.0, "events/s", None, "", None, None, "")


def test_the_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    # 1/2, 3/4 and 1/1; the ratio of the medians would be 2/4.
    assert median_ratio([1.0, 3.0, 2.0], [2.0, 4.0, 2.0]) == 0.75


@pytest.mark.parametrize("floors", [[], [1.0], [1.0, 0.0]], ids=["none", "one too few", "zero"])
def test_without_a_floor_in_each_round_there_is_no_ratio(floors: list[float]) -> None:
    assert median_ratio([1.0, 2.0], floors) is None


def test_the_spread_tells_rounds_and_extremes() -> None:
    assert spread([1_234.4, 2.0, 0.5]) == "3 rounds, 0.5 to 1,234"


def test_a_row_is_one_line() -> None:
    assert plain(ROW) == "sink ratings, hailong: 45,000 events/s; 0.5 of shovel; 12.5 µs CPU/event; peak 180 MB"
    assert plain(FLOOR_ROW) == "sink ratings, shovel: 90,000 events/s; floor"


def test_results_are_kept_with_the_machine(tmp_path: Path) -> None:
    kept = json.loads(write([ROW], tmp_path).read_text(encoding="utf-8"))
    assert kept["rows"][0]["ratio"] == 0.5
    assert kept["machine"].keys() >= {"cores", "memory_mb", "kernel", "engine", "broker"}


def test_an_unknown_benchmark_is_refused() -> None:
    assert main(["nothing"], full=False) == 2


def test_rates_and_cost_count_the_program_and_its_engine() -> None:
    measured = Measured(events=1_000, seconds=2.0, program_s=0.01, engine_s=0.03, broker_s=1.0, peak_mb=50.0)
    assert measured.rate == 500.0
    assert measured.cpu_us == pytest.approx(40.0)
    rows = rows_of("ratings", {"hailong": [measured], FLOOR: [measured]})
    assert [(row.case, row.ratio, row.against) for row in rows] == [
        ("ratings, hailong", 1.0, "shovel"),
        ("ratings, shovel", None, ""),
    ]


def test_a_peer_that_is_not_installed_is_left_out() -> None:
    assert installed({"gone": Peer("gone", python=Path("nowhere"), needs="gone"), FLOOR: Peer("shovel")}) == {
        FLOOR: Peer("shovel")
    }


def test_the_nth_tap_is_counted_when_the_count_reaches_n() -> None:
    taps = Taps(accepted=[10.0, 10.1, 10.2], seen_at=[10.05, 10.3, 10.4, 10.5], seen=[7, 9, 8, 10])
    assert taps.delays_ms(before=7) == pytest.approx([300.0, 200.0, 300.0])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.75, 3.0), (0.99, 4.0), (0.0, 1.0)])
def test_a_percentile_is_the_nearest_rank(share: float, expected: float) -> None:
    assert nearest_rank([1.0, 2.0, 3.0, 4.0], share) == expected


@pytest.mark.parametrize("name", SETS)
def test_messages_are_what_ingest_would_write_each_with_an_id_of_its_own(name: str) -> None:
    events = [decode(message.value) for message in message_set(name, 120)]
    assert not [event for event in events if isinstance(event, Refusal)]
    assert len({event.id for event in events if not isinstance(event, Refusal)}) == len(events) >= 120


def test_the_sink_measures_the_shovel() -> None:
    with stores() as ours:
        (row,) = measure(ours, "tickets", 300, {FLOOR: Peer("shovel_confluent")}, rounds=1)
    assert row.case == "tickets, shovel"
    assert row.value > 0
