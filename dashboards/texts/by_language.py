"""The dashboards' texts in each language: ``LANGUAGE/pages.yaml``, ``reports.yaml`` and ``grafana.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from contract.languages import FIRST
from runtime import texts as runtime_texts

Language = str
Part = Literal["pages", "reports", "grafana"]
HOME = Path(__file__).parent


class Texts(runtime_texts.Texts):
    """One language's texts of the dashboards."""

    def score(self, scale: str, score: int) -> str:
        """A citizen's answer in words; ``scale: score`` for a scale without words."""
        names: Mapping[int, str] = self.group("scores").get(scale, {})
        return names.get(score, f"{scale}: {score}")


def languages() -> list[Language]:
    """The languages that the dashboards have texts in, the first one first."""
    return runtime_texts.languages(HOME)


def texts_in(wanted: str | None, part: Part = "pages") -> Texts:
    """The texts in the wanted language; in the first one where the wanted one does not exist."""
    by_language = every_text(part)
    language = wanted if wanted and wanted in by_language else FIRST
    return Texts(language, by_language[language])


def every_text(part: Part = "pages") -> Mapping[Language, Mapping[str, Any]]:
    """A part's texts by language; ValueError with file and key when one of them lacks a text."""
    return runtime_texts.read_texts(HOME, part)
