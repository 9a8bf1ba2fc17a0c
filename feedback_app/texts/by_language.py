"""The texts of the citizens' pages in each language: ``LANGUAGE/tablet.yaml``, ``phone.yaml`` and ``pairing.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from contract.languages import FIRST
from contract.ratings.reasons import reasons
from runtime.texts import check_keys, read_texts

HOME = Path(__file__).parent
EveryText = Mapping[str, dict[str, Any]]


def every_text(part: Literal["phone", "pairing"]) -> EveryText:
    """A part's texts by language, the first language first; ValueError with file and key when one lacks a text."""
    return read_texts(HOME, part)


def tablet_texts(home: Path = HOME) -> EveryText:
    """The tablet's texts by language, the first language first, with the contract's reasons that it shows.

    Raises ValueError when a language lacks a text that the first one has, or the name of a reason.
    """
    shown = {code: reason.names for code, reason in reasons().items() if reason.on_tablet}
    by_language = {
        language: {**texts, "reasons": {code: names[language] for code, names in shown.items() if language in names}}
        for language, texts in read_texts(home, "tablet").items()
    }
    for texts in by_language.values():
        check_keys(by_language[FIRST]["reasons"], texts["reasons"], "contract/ratings/reasons.yaml")
    return by_language


def choose_language(wanted: str, by_language: EveryText) -> str:
    """The wanted language; the first one where the wanted one does not exist."""
    return wanted if wanted in by_language else FIRST
