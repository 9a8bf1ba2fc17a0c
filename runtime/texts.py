"""Texts for people by language: ``HOME/LANGUAGE/PART.yaml``. The languages are the folders that a home has.

A further language is a further folder with the same files and the same keys; no code names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contract.languages import FIRST, field_in


class Texts:
    """One language's texts by key; ``wrong.SAT_CSAT`` names a text inside a group."""

    def __init__(self, language: str, texts: Mapping[Any, Any]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The text with its braces filled in; KeyError when there is no such text."""
        text: Any = self._texts
        for part in key.split("."):
            text = text[part]
        return str(text).format(**values) if values else str(text)

    def group(self, key: str) -> Mapping[Any, Any]:
        """A group of texts as the file has it."""
        group: Mapping[Any, Any] = self._texts[key]
        return group

    def name_of(self, fields: Mapping[str, Any], name: str = "name") -> str:
        """A name of data (``name_vi``, ``unit_name_en``) in this language, else in the first; empty for null."""
        return str(field_in(self.language, fields, name) or "")


def languages(home: Path) -> list[str]:
    """The codes of a home's languages: the first one, then the others by code."""
    codes = {path.parent.name for path in home.glob("*/*.yaml")}
    return sorted(codes, key=lambda code: (code != FIRST, code))


@cache
def read_texts(home: Path, part: str) -> Mapping[str, dict[Any, Any]]:
    """A part's texts by language, the first language first.

    Raises ValueError with the file and the keys when a language lacks a text of the first one, or has another.
    """
    by_language: dict[str, dict[Any, Any]] = {}
    for language in languages(home):
        file = home / language / f"{part}.yaml"
        if not file.exists():
            raise ValueError(f"{file} is missing")
        by_language[language] = yaml.safe_load(file.read_text(encoding="utf-8"))
        check_keys(by_language[FIRST], by_language[language], str(file))
    return by_language


def check_keys(first: Mapping[Any, Any], other: Mapping[Any, Any], file: str) -> None:
    """Raises ValueError with the file and the keys when two languages do not have the same texts."""
    keys, others = set(_keys(first)), set(_keys(other))
    if lacking := keys - others:
        raise ValueError(f"{file} lacks {', '.join(sorted(lacking))}")
    if further := others - keys:
        raise ValueError(f"{file} has {', '.join(sorted(further))}, which the first language ({FIRST}) has not")


def _keys(texts: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from _keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
