"""A XES log says the same as the table of its events, and cannot be made to fill the machine."""

from __future__ import annotations

import gzip
import resource
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from sources.files import xes
from sources.files.rows import FileError
from tests.exports import csv_file, imported

MAPPING = """
mapping: traces
rows: event
case: case:concept:name
unit: {constant: H26}
time: {zone: Asia/Ho_Chi_Minh}
events:
  - {event: dossier.accepted, each: first_row, time: time:timestamp}
  - {event: dossier.step, each: row, time: time:timestamp, data: {step: concept:name}}
  - {event: dossier.completed, each: last_row, time: time:timestamp}
"""
Step = tuple[str, str, str]


def log(traces: list[list[Step]]) -> str:
    text = ""
    for steps in traces:
        text += f'<trace><string key="concept:name" value={quoteattr(steps[0][0])}/>'
        for _, name, time in steps:
            text += f'<event><string key="concept:name" value={quoteattr(name)}/>'
            text += f'<date key="time:timestamp" value="{time}"/></event>'
        text += "</trace>\n"
    return f"<log>{text}</log>"


def test_a_dossier_in_two_traces_is_one_dossier_as_in_csv(tmp_path: Path) -> None:
    first = [("B-1", "Tiếp nhận", "2026-10-30T08:15:00+07:00"), ("B-1", "Thẩm tra", "2026-10-30T09:00:00+07:00")]
    other = [("B-2", "Tiếp nhận", "2026-10-31T08:00:00+07:00")]
    second = [("B-1", "Thẩm tra", "2026-11-02T09:00:00+07:00"), ("B-1", "Trả", "2026-11-03T09:00:00+07:00")]
    of_log = imported(csv_file(tmp_path, log([first, other, second]), "x.xes"), MAPPING)
    lines = [f"{case},{name},{time}\n" for case, name, time in [*first, *other, *second]]
    of_table = imported(csv_file(tmp_path, "case:concept:name,concept:name,time:timestamp\n" + "".join(lines)), MAPPING)
    assert of_log.lines == of_table.lines
    done = [event.time.isoformat() for event in of_log.events if event.type == "dossier.completed"]
    assert done == ["2026-11-03T02:00:00+00:00", "2026-10-31T01:00:00+00:00"]
    assert (of_log.account.read, of_log.account.sent) == (5, 5)


def test_attributes_are_compared_in_one_form(tmp_path: Path) -> None:
    text = log([[("B\u200b-1", "Thẩm tra", "2026-10-30T08:15:00+07:00")]])
    event = imported(csv_file(tmp_path, text, "x.xes"), MAPPING).events[0]
    assert (event.subject, getattr(event.data, "step", "Thẩm tra")) == ("B-1", "Thẩm tra")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<log>" + b"<list>" * 5_000_000, "nested more than"),
        (b'<log><trace><string key="concept:name" value="' + b"x" * 40_000_000, "an element of over"),
        (b"<log><trace>" + b"<event/>" * 200_000, "a trace of over"),
    ],
)
def test_a_log_made_to_fill_the_memory_is_refused_in_little_of_it(content: bytes, reason: str, tmp_path: Path) -> None:
    file = csv_file(tmp_path, gzip.compress(content), "x.xes.gz")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileError, match=reason):
        imported(file, MAPPING)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # KiB


def test_a_compressed_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sources.files.packed.FREE_BYTES", 1_000_000)
    file = csv_file(tmp_path, gzip.compress(b"<log>" + b" " * 30_000_000), "x.xes.gz")
    with pytest.raises(FileError, match="unpacks to over 200 times its size"):
        imported(file, MAPPING)


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_compressed_file_that_is_damaged_is_said(damage: str, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(log([[("B-1", "Trả", "2026-10-30T08:15:00+07:00")]]).encode() * 50))
    if damage == "cut":
        del packed[-30:]
    else:
        packed[60:70] = b"\xff" * 10
    with pytest.raises(FileError, match=r"damaged or cut short|broken XML"):
        imported(csv_file(tmp_path, bytes(packed), "x.xes.gz"), MAPPING)


def test_bounds_leave_room_for_real_logs() -> None:
    assert xes.MOST_EVENTS >= 100_000
    assert xes.LARGEST_ELEMENT_BYTES >= 10_000_000
