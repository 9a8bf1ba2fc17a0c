"""The words of the supervisor's page, in each language, from texts.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Language = Literal["vi", "en"]
FIRST: Language = "vi"
FILE = Path(__file__).with_name("texts.yaml")


class Texts:
    """One language's texts by key; ``wrong.SAT_CSAT`` names a text inside a group."""

    def __init__(self, language: Language, texts: Mapping[str, Any]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The text with its braces filled in; KeyError when there is no such text."""
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        return str(found).format(**values) if values else str(found)

    def score(self, scale: str, score: int) -> str:
        """What a citizen's answer means in words; ``scale: score`` for a scale without words."""
        words: Mapping[int, str] = self._texts["scores"].get(scale, {})
        return words.get(score, f"{scale}: {score}")


def texts_in(wanted: str | None, path: Path = FILE) -> Texts:
    """The texts of the wanted language, Vietnamese for one we have not."""
    languages = every_text(path)
    language: Language = "en" if wanted == "en" else FIRST
    return Texts(language, languages[language])


@cache
def every_text(path: Path = FILE) -> dict[str, dict[str, Any]]:
    """All languages; ValueError names the texts that one of them lacks."""
    languages: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for language, texts in languages.items():
        if different := keys(languages[FIRST]) ^ keys(texts):
            raise ValueError(f"{path}: {FIRST} and {language} differ in {', '.join(sorted(different))}")
    return languages


def keys(texts: Mapping[Any, Any], prefix: str = "") -> set[str]:
    """Every key of one language, groups written out with dots."""
    found: set[str] = set()
    for key, value in texts.items():
        found |= keys(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}"}
    return found
