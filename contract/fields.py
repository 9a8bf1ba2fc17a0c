"""Field types shared by all events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant with an offset (RFC 3339), kept in UTC."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
"""A code of the sender's world (unit, dossier, ticket, staff): text, leading zeros kept, no outer blanks."""

Text = Annotated[str, StringConstraints(max_length=2000)]
"""Free text."""


class Data(BaseModel):
    """What every event's data has: the unit where it happened. Fields we do not know are kept, not refused."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    unit: Code
