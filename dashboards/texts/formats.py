"""Formats of figures, times and names for people. Pure; nothing here computes an indicator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from contract.indicators.verdict import Verdict
from contract.languages import field_in
from contract.ratings.reasons import reasons
from contract.ratings.scales import LEVELS, Scale
from contract.time import VIETNAM
from dashboards.texts.by_language import Language, Texts, every_text, texts_in
from dashboards.texts.plain_text import plain

NOTHING = "—"
NBSP = "\u00a0"
LATE_S, TOO_LATE_S = 60.0, 600.0

STATES: dict[Verdict, str] = {
    "met": "met",
    "missed": "missed",
    "missed_beyond_doubt": "missed",
    "too_few": "too_few",
    "none": "none",
}
"""How pages and reports show the read API's verdict on a figure."""


def number(value: float, language: Language, decimals: int = 0) -> str:
    """``1.234,5`` in Vietnamese, ``1,234.5`` in English."""
    marks = texts_in(language).group("numbers")
    return f"{value:,.{decimals}f}".translate({ord(","): marks["thousands"], ord("."): marks["decimal"]})


def percent(value: float, language: Language) -> str:
    """``99,18 %``. A value that is not 0 or 100 is never rounded to it."""
    sign, gap = "", texts_in(language)("numbers.before_percent")
    if 99.995 <= value < 100:
        sign, value = ">" + NBSP, 99.99
    elif 0 < value < 0.005:
        sign, value = "<" + NBSP, 0.01
    decimals = 0 if value in (0, 100) else 2
    return f"{sign}{number(value, language, decimals)}{gap}%"


def duration(seconds: float, texts: Texts) -> str:
    """``2 giây``, ``12 phút``, ``3,5 giờ``, ``3 ngày``: in the largest unit of which there are two."""
    for unit, length_s in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length_s:
            value = seconds / length_s
            decimals = 1 if unit != "minutes" and value < 10 and round(value, 1) % 1 else 0
            return f"{number(value, texts.language, decimals)}{NBSP}{texts(f'units_of_time.{unit}')}"
    return f"{number(seconds, texts.language)}{NBSP}{texts('units_of_time.seconds')}"


def quantity(value: float | None, unit: str, texts: Texts) -> str:
    """A value in its indicator's unit of measure (percent, minutes, seconds, count); ``—`` for no value."""
    if value is None:
        return NOTHING
    if unit == "percent":
        return percent(value, texts.language)
    if unit in ("minutes", "hours"):
        return f"{number(value, texts.language, 1)}{NBSP}{texts(f'units_of_time.{unit}')}"
    return duration(value, texts) if unit == "seconds" else number(value, texts.language)


def target(figure: Mapping[str, Any], texts: Texts) -> str:
    """``mục tiêu ≥ 95 %``; a target is a round number, written without decimals where it has none."""
    expected = figure["target"]
    if expected is None:
        return texts("no_target")
    shown = quantity(expected["value"], figure["unit_of_measure"], texts)
    if figure["unit_of_measure"] in ("percent", "minutes", "hours"):
        shown = re.sub(r"[.,]0+(?=\D)", "", shown)
    return texts("target", op={">=": "≥", "<=": "≤"}[expected["op"]], value=shown)


def instant(text: str) -> datetime:
    """A time of the read API, in Vietnam's zone."""
    return datetime.fromisoformat(text).astimezone(VIETNAM)


def day_and_time(at: datetime) -> str:
    """``22/11/2026 10:42``."""
    return f"{at:%d/%m/%Y %H:%M}"


def data_age(age_s: float | None, texts: Texts) -> tuple[Literal["fresh", "late", "too_late", "none"], str]:
    """The age of the data, as a level and as text."""
    if age_s is None:
        return "none", texts("age_none")
    age = duration(age_s, texts)
    if age_s >= TOO_LATE_S:
        return "too_late", texts("age_too_late", age=age)
    return ("late", texts("age_late", age=age)) if age_s >= LATE_S else ("fresh", texts("age", age=age))


def short_name(unit: Mapping[str, Any], language: Language) -> str:
    """A unit's name without the words that all service points share: ``Phường Ba Đình``, ``Ba Dinh Ward``."""
    name = plain(field_in(language, unit))
    # A name may be in the first language, because data has none in this one.
    for texts in every_text().values():
        name = name.removeprefix(texts["service_point"]["before"]).removesuffix(texts["service_point"]["after"])
    return name[:1].upper() + name[1:]


def counter_name(unit: Mapping[str, Any], language: Language) -> str:
    """A counter's name without its unit's: ``Quầy 1``."""
    return plain(field_in(language, unit)).partition(",")[0]


def is_satisfied(scale: str, score: int) -> bool:
    """Whether an answer counts as satisfied on its scale (contract/ratings/scales.py)."""
    return score >= LEVELS[Scale(scale)].satisfied_from


def reason_names(codes: Iterable[str], language: Language) -> str:
    """The names of a rating's reasons; a code of another collector as it came."""
    known = reasons()
    return ", ".join(known[code].name_in(language) if code in known else code for code in codes)
