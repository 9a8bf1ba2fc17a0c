"""The two public logs through the running stack, against an independent recount of the files."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sources.importing.importer import run
from tests.support import NO_SHARED_DATA, SHARED_DATA, Stack

pytestmark = [pytest.mark.stack, pytest.mark.skipif(not SHARED_DATA.is_dir(), reason=NO_SHARED_DATA)]

MAPPINGS = Path(__file__).parents[2] / "mappings"
# The snapshot of the Boston log and the whole of its year; Boston time is UTC-5 in January.
BOSTON_YEAR = {"from": "2015-01-01T00:00:00-05:00", "to": "2016-01-12T22:22:40-05:00"}
RECEIPT_YEARS = {"from": "2010-01-01", "to": "2012-06-01"}


def load(stack: Stack, file: str, mapping: str) -> None:
    assert run(stack.settings, SHARED_DATA / file, MAPPINGS / mapping) == 0


def boston_rows() -> list[dict[str, str]]:
    with gzip.open(SHARED_DATA / "boston311_2015_partial.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def overdue_by_the_citys_rule(row: dict[str, str]) -> bool:
    target, closed = (
        datetime.strptime(row[name], "%m/%d/%Y %I:%M:%S %p") if row[name] else None  # noqa: DTZ007 local, as compared
        for name in ("TARGET_DT", "CLOSED_DT")
    )
    if target is None:
        return False
    return closed > target if closed else target < datetime(2016, 1, 12, 22, 22, 40)  # noqa: DTZ001


@pytest.fixture(scope="module")
def boston(stack: Stack) -> Stack:
    load(stack, "boston311_2015_partial.csv.gz", "boston311.yaml")
    return stack


def total(stack: Stack, unit: str, **query: Any) -> int:
    found: int = stack.get("/v1/dossiers", unit=unit, limit=0, **query)["total"]
    return found


def test_boston_is_whole(boston: Stack) -> None:
    assert total(boston, "BOS", **BOSTON_YEAR) == 121_145
    assert total(boston, "BOS", has_due=True, **BOSTON_YEAR) == 94_154


def test_boston_overdue_equals_the_citys_rule_in_every_department(boston: Stack) -> None:
    rows = boston_rows()
    expected = Counter(row["Department"] for row in rows if overdue_by_the_citys_rule(row))
    names = {row["name_vi"]: row["unit"] for row in boston.get("/v1/units")["units"] if row["parent"] == "BOS"}
    found = {name: total(boston, names[name], state="overdue", **BOSTON_YEAR) for name in expected}
    assert found == dict(expected)
    assert boston.figures("BOS", **BOSTON_YEAR)["TIM_OVERDUE_RATE"]["numerator"] == sum(expected.values())


def test_boston_overdue_shares_are_the_published_ones(boston: Stack) -> None:
    shares = {"PWDX": 22.2, "ISD": 53.4, "BTDT": 23.1, "PARK": 15.5, "INFO": 81.5, "PROP": 13.9}
    found = {
        unit: 100
        * total(boston, f"BOS.{unit}", state="overdue", has_due=True, **BOSTON_YEAR)
        / total(boston, f"BOS.{unit}", has_due=True, **BOSTON_YEAR)
        for unit in shares
    }
    assert {unit: round(share, 1) for unit, share in found.items()} == shares


def test_boston_agrees_with_the_citys_own_flags(boston: Stack) -> None:
    """Of 94,154 rows with a target 153 have no flag; of the others one, due after the snapshot, is flagged early."""
    rows = [row for row in boston_rows() if row["TARGET_DT"]]
    by_rule = {row["CASE_ENQUIRY_ID"] for row in rows if overdue_by_the_citys_rule(row)}
    by_flag = {row["CASE_ENQUIRY_ID"] for row in rows if row["OnTime_Status"] == "OVERDUE"}
    unflagged = {row["CASE_ENQUIRY_ID"] for row in rows if not row["OnTime_Status"]}
    assert len(by_flag) == 30_446
    assert by_flag - by_rule == {"101001431411"}
    assert by_rule - by_flag == unflagged
    assert total(boston, "BOS", state="overdue", **BOSTON_YEAR) == len(by_rule) == 30_598


def test_both_formats_of_the_receipt_log_are_one_log(stack: Stack) -> None:
    load(stack, "receipt.xes.gz", "receipt.yaml")
    once = stack.get("/v1/counts", source="import/receipt"), stack.figures("NLM", **RECEIPT_YEARS)
    load(stack, "receipt.csv.gz", "receipt.yaml")
    twice = stack.get("/v1/counts", source="import/receipt"), stack.figures("NLM", **RECEIPT_YEARS)
    assert [figure | {"as_of": None} for figure in once[1].values()] == [
        figure | {"as_of": None} for figure in twice[1].values()
    ]
    assert once[0] == twice[0]
    assert total(stack, "NLM", **RECEIPT_YEARS) == 1_434


def test_receipt_dossiers_closed_late_are_those_of_the_file(stack: Stack) -> None:
    load(stack, "receipt.csv.gz", "receipt.yaml")
    with gzip.open(SHARED_DATA / "receipt.csv.gz", "rt", encoding="utf-8") as file:
        cases = {row["case:concept:name"]: row for row in csv.DictReader(file)}
    late = sum(
        datetime.fromisoformat(case["case:enddate"]) > datetime.fromisoformat(case["case:enddate_planned"])
        for case in cases.values()
        if case["case:enddate"]
    )
    found = [
        dossier
        for dossier in stack.get("/v1/dossiers", unit="NLM", state="overdue", limit=10_000, **RECEIPT_YEARS)["dossiers"]
        if dossier["is_ended"]
    ]
    assert len(found) == late == 389
