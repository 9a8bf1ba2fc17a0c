"""Reasons for a low rating: a closed list (reasons.yaml) with the legal meaning of each.

Codes of other collectors are kept as received; only the listed ones have a name, a factor and a weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contract.languages import FIRST

MOST_ON_TABLET = 6
"""People do not look at more pictures (HappyOrNot shows six at most)."""


class Factor(StrEnum):
    """The five factors of the SIPAS survey (Decision 1001/QĐ-BNV of 2023)."""

    ACCESS = "access"
    PROCEDURE = "procedure"
    STAFF = "staff"
    RESULT = "result"
    FEEDBACK = "feedback"


class Reason(BaseModel):
    """``names`` by language; ``criterion`` is an index of Decree 61/2018, Article 31, if one is touched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: Mapping[str, str]
    factor: Factor
    criterion: int | None = Field(default=None, ge=1, le=9)
    severe: bool = False
    on_tablet: bool = False

    def name_in(self, language: str) -> str:
        """Its name in a language; in the first language where it has none in this one."""
        return self.names.get(language, self.names[FIRST])


@cache
def reasons() -> Mapping[str, Reason]:
    """All reasons by code, in the order of the screen; pydantic's ValidationError names a fault in the file."""
    listed = yaml.safe_load(files("contract.ratings").joinpath("reasons.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Reason]).validate_python(listed)


@cache
def tablet_languages() -> Sequence[str]:
    """The languages that tablets can be set to: those in which every reason on their page has a name."""
    shown = [reason.names for reason in reasons().values() if reason.on_tablet]
    return [language for language in shown[0] if all(language in names for names in shown)]


def severe_reasons() -> list[str]:
    """The codes of the reasons that a supervisor must see at once."""
    return [code for code, reason in reasons().items() if reason.severe]
