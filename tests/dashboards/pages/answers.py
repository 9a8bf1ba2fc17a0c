"""Answers of the read API as the tests of the pages make them up."""

from __future__ import annotations

from typing import Any

from dashboards.pages.supervisor.trouble import WATCHED


def figure(value: float | None, **changes: Any) -> Any:
    """A figure as the read API answers it: satisfied citizens, at least 95 % wanted."""
    return {
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


def overdue(unit: str, value: float, low: float) -> Any:
    target = {"op": "<=", "value": 0.0, "source": "3 không"}
    return figure(value, id="TIM_OVERDUE_RATE", unit=unit, interval=[low, 99.0], target=target)


def ranking(*figures: dict[str, Any], level: str = "service_point") -> Any:
    return {"level": level, "rankings": {name: [f for f in figures if f["id"] == name] for name in WATCHED}}
