"""Answers of the read API as the tests of the pages make them up."""

from __future__ import annotations

from datetime import date
from typing import Any

from contract.indicators.indicator import Figure, Target
from contract.indicators.verdict import WATCHED, Verdict, verdict
from tests.dashboards.rule_of_rankings import in_trouble


def figure(value: float | None, **changes: Any) -> Any:
    """A figure as the read API answers it: satisfied citizens, at least 95 % wanted."""
    row = {
        "id": "SAT_CSAT",
        "name_vi": "Tỷ lệ hài lòng",
        "name_en": "Satisfied citizens",
        "unit_of_measure": "percent",
        "unit": "H26.66.01",
        "value": value,
        "numerator": None if value is None else value,
        "n": 100,
        "interval": None,
        "target": {"op": ">=", "value": 95.0, "source": "QĐ 468"},
        "status": "ok" if value is not None else "insufficient",
        **changes,
    }
    return {"verdict": _verdict(row), **row}


def _verdict(row: dict[str, Any]) -> Verdict:
    target = row["target"] and Target(valid_from=date(2026, 1, 1), **{"source": "test", **row["target"]})
    interval = row["interval"] and tuple(row["interval"])
    return verdict(Figure(row["status"], row["value"], row["numerator"], row["n"], row["n"], interval), target)


def overdue(unit: str, value: float, low: float) -> Any:
    target = {"op": "<=", "value": 0.0, "source": "3 không"}
    return figure(value, id="TIM_OVERDUE_RATE", unit=unit, interval=[low, 99.0], target=target)


def ranking(*figures: dict[str, Any], level: str = "service_point") -> Any:
    return {"level": level, "rankings": {name: [f for f in figures if f["id"] == name] for name in WATCHED}}


def troubles(*rankings: Any) -> Any:
    """The answer of /v1/troubles for these rankings."""
    listed = [trouble.__dict__ for trouble in in_trouble(rankings)]
    figures = [figure for ranking in rankings for row in ranking["rankings"].values() for figure in row]
    return {"troubles": listed, "figures_with_value": sum(figure["value"] is not None for figure in figures)}
