"""Sentences for missing figures, by reason. Pure except for reading its own file once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

Reason = Literal["no_cases", "too_few", "no_appointment", "no_calendar", "no_calendar_for_petitions", "no_working_time"]


@cache
def texts() -> dict[Reason, dict[str, str]]:
    """The sentence for each reason by language (``vi``, ``en``)."""
    sentences: dict[Reason, dict[str, str]] = yaml.safe_load(
        files("contract.indicators").joinpath("missing.yaml").read_text()
    )
    return {
        reason: {language: text.strip() for language, text in by_language.items()}
        for reason, by_language in sentences.items()
    }
