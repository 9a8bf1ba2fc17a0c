"""Forms 01 and 03 of Circular 01/2018: points of each dossier of an official, and units by the nine indices."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from commands.main import app
from contract.indicators.cohorts import ATTRIBUTES
from contract.indicators.staff_sheet import Case, line
from dashboards.reports.command import ReportRequest, sheet_of
from dashboards.reports.form_03 import form_03
from dashboards.reports.rounding import to_one_decimal
from dashboards.texts.by_language import texts_in
from tests.support import Stack, event, rating, unit

CITY, OFFICE, OFFICIAL = "FM", "FM.1", "CB-FM-1"
SOURCE = "test/forms"
PERIOD = {"from": "2026-03-01", "to": "2026-04-01"}


def case(*attributes: str, steps: tuple[int, int, int] = (0, 0, 0), offices: int | None = None) -> Case:
    bits = sum(1 << list(ATTRIBUTES).index(name) for name in attributes)
    answers = (0, 0) if offices is None else (1, offices)
    return Case(bits, *steps, *answers, procedure_known=any(name.startswith("procedure_") for name in attributes))


@pytest.mark.parametrize(
    ("dossier", "expected"),
    [
        # early; one step early, one on its day; no papers asked for; no other office; posted and described
        (
            case("early", "ended_in_time", "procedure_posted", "procedure_described", steps=(2, 1, 1), offices=2),
            [2, 1.5, 2, 2, 2, 2],
        ),
        # on its day; no step had a time; asked for papers once by the office's fault; nobody answered; only posted
        (case("ended_in_time", "faulted", "procedure_posted"), [1, None, 1, None, 1, 1]),
        # late; its only step late; asked twice; more than one office; procedure unknown
        (case("ended_late", "faulted", "faulted_again", steps=(1, 0, 0), offices=0), [0, 0, 0, 0, None, 0]),
        # early, but a petition on conduct was found true
        (case("early", "ended_in_time", "misconduct", offices=1), [2, None, 2, 1, None, 0]),
    ],
)
def test_a_dossier_has_the_points_of_the_circular(dossier: Case, expected: list[float | None]) -> None:
    score = line([dossier])
    assert list(score.points.values()) == expected
    counted = [points for points in [*expected[:4], expected[5]] if points is not None]
    assert (score.total, score.attainable) == (sum(counted), 2 * len(counted))


@pytest.mark.parametrize(("late", "band"), [(0, "All duties done"), (10, "Less than 70 % of the duties done")])
def test_the_class_follows_from_the_means_and_is_not_told_while_an_index_is_missing(late: int, band: str) -> None:
    good = case("early", "ended_in_time", steps=(1, 1, 0), offices=2)
    bad = case("ended_late", "faulted", "faulted_again", steps=(1, 0, 0), offices=0)
    reached = line([bad] * late + [good] * (10 - late)).band
    assert reached is not None
    assert reached.name_en == band
    assert line([case("early", "ended_in_time")] * 10).band is None


@pytest.mark.parametrize(
    ("value", "rounded"), [(14.95, 15.0), (14.94, 14.9), (0.05, 0.1), (8.25, 8.3), (2, 2.0), (None, None)]
)
def test_a_form_rounds_the_half_upwards(value: float | None, rounded: float | None) -> None:
    assert to_one_decimal(value) == rounded


def answers(totals: dict[str, float]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]:
    def score(name: str, total: float) -> dict[str, Any]:
        parts = [{"points": total if n == 0 else 0.0} for n in range(9)]
        band = {"name_vi": "?", "name_en": "?", "icon": "?"}
        score = {"unit": name, "unit_name_vi": name, "unit_name_en": name, "points": total, "attainable": 18}
        return {**score, "band": band, "cards": [{"components": parts}]}

    def figure(name: str, numerator: int | None, cases: int) -> dict[str, Any]:
        status = "insufficient" if numerator is None else "ok"
        return {"id": name, "numerator": numerator, "denominator": cases, "status": status}

    head = {"from": "2026-03-01T00:00:00+07:00", "to": "2026-04-01T00:00:00+07:00", "as_of": None}
    rankings = {
        name: [{"unit": unit, **figure(name, count, 30)} for unit in totals]
        for name, count in (("SAT_CSAT", 27), ("SAT_VERY", 20))
    }
    together = [figure("SAT_CSAT", None, 9), figure("SAT_VERY", None, 9)]
    return (
        {**head, "scores": [score(name, total) for name, total in totals.items()]},
        {**head, "scores": [score("Tỉnh", 12)]},
        {"rankings": rankings},
        {"indicators": together},
    )


def test_units_are_classed_and_ranked_by_the_rounded_total() -> None:
    sheet = form_03(*answers({"A": 14.94, "B": 14.95, "C": 15.04, "D": 11.96, "E": 5.9}), texts_in("vi", "reports"))
    assert [(row.cells[0], row.cells[1], row.cells[12], row.cells[14]) for row in sheet.rows[:-1]] == [
        (1, "B", 15.0, "Xuất sắc"),
        (1, "C", 15.0, "Xuất sắc"),
        (3, "A", 14.9, "Tốt"),
        (4, "D", 12.0, "Tốt"),
        (5, "E", 5.9, "Yếu"),
    ]
    # Of 30 answers 20 are very satisfied, 7 satisfied, 3 not.
    assert sheet.rows[0].cells[15:] == [66.7, 23.3, 10.0]
    assert sheet.rows[-1].cells[:3] == ["", "Tỉnh", "Tỉnh"]
    assert sheet.rows[-1].cells[15:] == [None, None, None]
    assert len(sheet.columns) == len(sheet.rows[0].cells) == 18


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    sent = [
        unit(CITY, level="city", name_vi="Tỉnh FM", name_en="Province FM"),
        unit(OFFICE, CITY, name_vi="Xã FM", name_en="Commune FM"),
        event(
            *("procedure.published", "P-FM", "2026-01-01T00:00:00+07:00"),
            unit=CITY,
            name_vi="Khai sinh",
            posted=True,
            parts_complete=True,
        ),
    ]
    for n in range(6):
        code, at = f"FM-{n}", f"2026-03-02T09:{n:02}:00+07:00"
        staff = OFFICIAL if n < 5 else "CB-FM-2"
        due = "2026-03-05T16:00:00+07:00" if n else "2026-03-01T16:00:00+07:00"
        data = {"unit": OFFICE, "source": SOURCE}
        sent += [
            event("dossier.accepted", code, at, **data, procedure="P-FM", channel="direct", staff=staff, due_at=due),
            event(
                *("dossier.step", code, "2026-03-03T09:00:00+07:00"),
                **data,
                step="S",
                step_due="2026-03-03T16:00:00+07:00",
                finished_at="2026-03-03T09:00:00+07:00",
            ),
            event("dossier.completed", code, f"2026-03-03T10:{n:02}:00+07:00", **data),
            rating(
                *(OFFICE, "2026-03-04T10:00:00+07:00", 2, str(n)),
                source=SOURCE,
                channel="online",
                scale="nd61",
                dossier=code,
                answers={"nd61_4": n % 3},
            ),
        ]
    assert stack.send(sent[:3]) == []
    assert stack.send(sent[3:]) == []
    stack.wait_stored(SOURCE, 24)
    return stack


@pytest.mark.stack
def test_the_sheet_of_an_official_has_a_row_for_each_dossier_and_the_means(office: Stack) -> None:
    answer = office.get("/v1/staff-sheet", unit=CITY, staff=OFFICIAL, **PERIOD)
    assert [row["dossier"] for row in answer["dossiers"]] == [f"FM-{n}" for n in range(5)]
    late, early = answer["dossiers"][:2]
    assert late["points"] == {"ND61_1": 0, "ND61_2": 1, "ND61_3": 2, "ND61_4": 0, "ND61_6": 2, "ND61_7": 0}
    assert early["points"] == {"ND61_1": 2, "ND61_2": 1, "ND61_3": 2, "ND61_4": 1, "ND61_6": 2, "ND61_7": 2}
    assert (late["total"], early["total"], early["attainable"]) == (3, 8, 10)
    assert answer["whole"]["points"]["ND61_1"] == 1.6
    assert answer["whole"]["total"] == pytest.approx(1.6 + 1 + 2 + 0.8 + 1.6)
    assert answer["band"]["name_vi"] == "Hoàn thành 100 % nhiệm vụ"
    few = office.get("/v1/staff-sheet", unit=CITY, staff="CB-FM-2", **PERIOD)
    assert (few["n"], len(few["dossiers"]), few["whole"], few["band"]) == (1, 1, None, None)
    assert office.get("/v1/staff-sheet", unit=CITY, staff=OFFICIAL, **{**PERIOD, "to": "2026-03-02"})["n"] == 0


@pytest.mark.stack
def test_the_forms_are_written_the_same_twice_and_the_means_are_those_of_the_unit(
    office: Stack, tmp_path: Path
) -> None:
    variables = {"HAILONG_API_URL": office.settings.api_url}
    contents = []
    for n in range(2):
        path = tmp_path / f"{n}.xlsx"
        arguments = ["official", str(path), "--unit", CITY, "--staff", OFFICIAL, "--period", "2026-03"]
        result = CliRunner().invoke(app, ["report", *arguments], env=variables)
        assert result.exit_code == 0, result.output
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    page = load_workbook(tmp_path / "0.xlsx").active
    assert page is not None
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    assert ["Cán bộ, công chức, viên chức", OFFICIAL] in [row[:2] for row in rows]
    assert next(row for row in rows if row[1] == "FM-1")[2:12] == [
        *("Khai sinh", "03/03/2026"),
        *(2, 1, 2, 1, 2, 2, 8, 10),
    ]
    sheet = sheet_of(office.settings, ReportRequest("ranking-nd61", CITY, date(2026, 3, 1), date(2026, 4, 1)))
    assert [row.cells[1] for row in sheet.rows] == [OFFICE, CITY]
    nameless = CliRunner().invoke(app, ["report", "official", str(tmp_path / "x.xlsx"), "--unit", CITY], env=variables)
    assert nameless.exit_code == 1
    assert "--staff" in nameless.output
