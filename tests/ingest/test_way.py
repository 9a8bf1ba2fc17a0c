"""The way of an event from ``POST /v1/events`` to the row, as a table that can be walked; the steps of admission."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from contract.events.refusals import Reason
from ingest.admission.admission import ADMISSION
from ingest.outbox.batch import StepRefusal
from tests.ingest.test_admission import EXAMPLES, hanoi, send_example
from tests.ingest.test_outbox import outbox_at
from tests.source_code import functions_in, parse

MOST_FILES = 9

WAY = (
    ("ingest/app.py", "post_events"),
    ("ingest/http/request.py", "RequestIntake.take_body"),
    ("ingest/http/request.py", "read_events"),
    ("ingest/http/request.py", "RequestIntake._admit_chunk"),
    ("ingest/admission/admission.py", "Admission.admit_lines"),
    ("ingest/admission/admission.py", "admit"),
    ("ingest/outbox/outbox.py", "Outbox.submit"),
    ("ingest/outbox/outbox.py", "Outbox._commit"),
    ("ingest/outbox/store.py", "store"),
    ("ingest/relay.py", "Relay._send"),
    ("ingest/relay.py", "Relay._produce"),
    ("stream/consumer.py", "run"),
    ("stream/consumer.py", "poll"),
    ("stream/writer.py", "Writer.put"),
    ("stream/writer.py", "Writer._store"),
    ("warehouse/write/store.py", "insert_lines"),
)
"""In order. The sender gets its 202 behind ``store``, once the transaction is synced."""

CALLS = {
    "post_events": "take_body",
    "RequestIntake.take_body": "read_events",
    "RequestIntake._admit_chunk": "admit_lines",
    "Admission._admit_line": "admit",
    "Outbox._commit": "store",
    "Relay._send": "_produce",
    "run": "put",
    "Writer._store": "insert_lines",
}

STEPS_OF_REASON = {
    Reason.NOT_UTF8: {"decode_event"},
    Reason.NOT_JSON: {"decode_event"},
    Reason.TOO_LARGE: {"limit_size", "limit_written_size"},
    Reason.MISSING_FIELD: {"decode_event"},
    Reason.WRONG_TYPE: {"decode_event"},
    Reason.INVALID_VALUE: {"decode_event", "check_subject", "check_pairing_order"},
    Reason.UNKNOWN_TYPE: {"decode_event"},
    Reason.UNKNOWN_UNIT: {"check_unit"},
    Reason.SCORE_OUTSIDE_SCALE: {"decode_event"},
    Reason.TIME_IN_FUTURE: {"check_time"},
    Reason.TIME_TOO_OLD: {"check_time", "check_sender"},
    Reason.ID_CONFLICT: {"check_id"},
    Reason.FORBIDDEN: {"check_sender", "check_retraction"},
    Reason.TOO_MANY: {"check_pace"},
}


def called_in(function: ast.AST) -> set[str]:
    """Names of the functions and methods that a function calls."""
    called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in called}


@pytest.mark.parametrize(("path", "name"), WAY)
def test_each_stop_of_the_way_exists(path: str, name: str) -> None:
    assert name in functions_in(parse(path))


def test_the_way_has_nine_files() -> None:
    assert len({path for path, _ in WAY}) <= MOST_FILES


def test_each_stop_calls_the_next() -> None:
    functions = {
        name: function for path in {path for path, _ in WAY} for name, function in functions_in(parse(path)).items()
    }
    assert {caller: called for caller, called in CALLS.items() if called not in called_in(functions[caller])} == {}


def test_steps_of_admission_are_verbs_with_an_object() -> None:
    names = [step.__name__ for step in ADMISSION]
    assert len(set(names)) == len(names)
    assert {name.partition("_")[0] for name in names} == {"limit", "mask", "decode", "check"}
    assert all(step.__doc__ for step in ADMISSION)


def test_each_refusal_has_the_step_that_gave_it(tmp_path: Path) -> None:
    registry = hanoi()
    with outbox_at(tmp_path / "outbox.sqlite") as outbox:
        refusals = [send_example(example, registry, outbox) for example in EXAMPLES]
    given = {(refusal.reason, refusal.step) for refusal in refusals if isinstance(refusal, StepRefusal)}
    assert sum(refusal is not None for refusal in refusals) == sum(isinstance(r, StepRefusal) for r in refusals)
    assert {reason for reason, _ in given} == STEPS_OF_REASON.keys() == set(Reason) - {Reason.NOT_JUDGED}
    assert {(reason, step) for reason, step in given if step not in STEPS_OF_REASON[reason]} == set()
