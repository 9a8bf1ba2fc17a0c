"""Comments and reasons of simulated people, from texts.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("texts.yaml")


class Texts(BaseModel):
    """``comments`` by reason code and language; ``dossier_reasons`` by the step they are given for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    comments: dict[str, dict[str, list[str]]]
    dossier_reasons: dict[str, str]


@cache
def texts() -> Texts:
    """The file's texts, read once; pydantic's ValidationError names what is missing or unknown."""
    return Texts.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
