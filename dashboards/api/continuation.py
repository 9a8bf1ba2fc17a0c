"""Where the next page of a list begins: the place of a page's last row in the list's order, as text for addresses."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from fastapi import HTTPException
from pydantic import TypeAdapter, ValidationError

from dashboards.api.filters import sentence

Key = TypeVar("Key", UUID, str)


def encode(at: datetime, key: UUID | str) -> str:
    """The place as a text."""
    instant = at if at.tzinfo else at.replace(tzinfo=UTC)
    place = TypeAdapter(tuple[datetime, str]).dump_json((instant.astimezone(UTC), str(key)))
    return urlsafe_b64encode(place).decode().rstrip("=")


def decode(text: str, kind: TypeAdapter[tuple[datetime, Key]]) -> tuple[datetime, Key]:
    """The place in a text of ``encode``; raises HTTPException 422 for any other text."""
    try:
        place = kind.validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        # Beyond what the store's instants hold, and near the ends of the calendar.
        if not 1900 <= place[0].year < 2300:
            raise ValueError(text)
    except (ValueError, ValidationError) as error:
        raise HTTPException(422, sentence("after", text)) from error
    return place[0] if place[0].tzinfo else place[0].replace(tzinfo=UTC), place[1]
