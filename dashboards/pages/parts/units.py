"""The tree of units as the pages read it, and the names of its units."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.answers.units import Units as UnitsAnswer
from dashboards.pages.parts.questions import Answer, Question, Units
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

UNITS: Question[UnitsAnswer] = Question("/v1/units", every_s=30.0, is_general=True)


def by_code(answer: Answer[UnitsAnswer]) -> Units:
    """The units by code; none before the first answer."""
    return {unit["unit"]: unit for unit in answer.data["units"]} if answer.data else {}


def unit_name(code: str, units: Units, texts: Texts) -> str:
    """A unit's short name, or its code when it is not known."""
    return form.short_name(units[code], texts.language) if code in units else code


def counter_name(code: str, units: Units, texts: Texts) -> str:
    """A counter's name without its unit's, or its code when it is not known."""
    return form.counter_name(units[code], texts.language) if code in units else code


def name_in(row: Mapping[str, object], texts: Texts, field: str = "name") -> str:
    """A name in the page's language, as an answer holds it: ``name_vi`` beside ``name_en``."""
    return texts.name_of(row, field)
