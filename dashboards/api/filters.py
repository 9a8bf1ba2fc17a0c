"""The parameters of all routes: what each may hold, an example, and the error message for anything else."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import HTTPException, Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from contract.indicators.public_bands import Month
from contract.time import VIETNAM
from runtime.clock import Clock
from warehouse.read.periods import Period

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
"""No event is older, and none is expected later; parameters are days from the first to the second."""

MOST_ROWS, MOST_OFFSET = 100_000, 10_000_000
LONGEST_CODE, LONGEST_LIST, LONGEST_VALUE_SHOWN = 200, 4_000, 60

DAY = f"a day from {FIRST_DAY} to {LAST_DAY}"
CODE = f"text of at most {LONGEST_CODE} characters"
RULES: dict[str, tuple[str, str]] = {
    "from": (f"{DAY} or an instant between them, as in 2026-11-23T08:00:00+07:00", "2026-11-23"),
    "to": (f"{DAY} or an instant between them, as in 2026-11-23T17:00:00+07:00", "2026-11-24"),
    "tree": (DAY, "2026-11-23"),
    "month": (f"a month from {FIRST_DAY:%Y-%m} to {LAST_DAY - timedelta(days=1):%Y-%m}", "2026-10"),
    "limit": (f"a whole number from 0 to {MOST_ROWS}", "100"),
    "offset": (f"a whole number from 0 to {MOST_OFFSET}", "100"),
    "after": ("the `next` of the answer that this one goes on from", "the `next` of an answer"),
    "ids": (f"indicators separated by commas, {LONGEST_LIST} characters at most", "SAT_CSAT,Q766_2_1"),
    "id": ("one indicator", "SAT_CSAT"),
    "hour": ("an hour from 00 to 23, `*` for any", "08"),
    "weekday": ("a number from 1 (Monday) to 7, `*` for any", "1"),
    "unit": (CODE, "H26.66.01"),
    "code": (CODE, "H26.66.01-261123-0001"),
    "rule_set": (CODE, "qd766"),
    "source": (CODE, "my-one-stop-system"),
    **dict.fromkeys(("counter", "staff", "procedure", "channel"), (f"{CODE}, `*` for any", "*")),
}
"""What a parameter must be, and an example of it."""


def parameter(name: str, description: str = "", **limits: Any) -> Any:
    """The parameter ``name`` of an address with its rule in the OpenAPI document; ``limits`` as FastAPI has them."""
    rule, example = RULES[name]
    text = "; ".join(filter(None, (description, rule)))
    return Query(alias=name, description=text, openapi_examples={"example": {"value": example}}, **limits)


def _check_day_text(value: object) -> object:
    # pydantic takes digits alone for seconds since 1970.
    if isinstance(value, str) and (len(value) != len("2026-11-23") or value.isdigit()):
        raise ValueError("not a day")
    return value


DAY_SCHEMA = WithJsonSchema({"type": "string", "format": "date"})
Day = Annotated[date, BeforeValidator(_check_day_text), DAY_SCHEMA]
TreeDay = Annotated[
    Day | None, parameter("tree", "day whose unit tree is meant; today when left out", ge=FIRST_DAY, le=LAST_DAY)
]
Unit = Annotated[str, parameter("unit", "the unit, with everything below it", max_length=LONGEST_CODE)]
From = Annotated[str | None, parameter("from", "start of the period; today when left out", max_length=LONGEST_CODE)]
To = Annotated[str | None, parameter("to", "end of the period, exclusive; now when left out", max_length=LONGEST_CODE)]
Ids = Annotated[str | None, parameter("ids", "all when left out", max_length=LONGEST_LIST)]
IndicatorId = Annotated[str, parameter("id", max_length=LONGEST_CODE)]
RuleSet = Annotated[str, parameter("rule_set", "a rule set with points", max_length=LONGEST_CODE)]
Source = Annotated[str, parameter("source", "who sent the events", max_length=LONGEST_CODE)]
Staff = Annotated[str, parameter("staff", "the official's code, as the events name it", max_length=LONGEST_CODE)]
MonthText = Annotated[str | None, parameter("month", "the last closed one when left out", max_length=LONGEST_CODE)]
Limit = Annotated[int, parameter("limit", "rows at most", ge=0, le=MOST_ROWS)]
Offset = Annotated[int, parameter("offset", "rows left out at the beginning", ge=0, le=MOST_OFFSET)]
After = Annotated[str | None, parameter("after", "goes on behind the last row of another answer", max_length=1_000)]
DossierCode = Annotated[str, Path(description=f"the dossier's code: {CODE}", max_length=LONGEST_CODE)]
OneCode = Annotated[str, Query(description=f"{CODE}; `*` for any, an empty text for none", max_length=LONGEST_CODE)]
Hour = Annotated[str, parameter("hour", pattern=r"^(\*|[01]\d|2[0-3]|)$")]
Weekday = Annotated[str, parameter("weekday", pattern=r"^(\*|[1-7]|)$")]


def parse_period(start: str | None, end: str | None, clock: Clock) -> Period:
    """``from`` and ``to`` as instants; days and times without offset are Vietnam's. Default: today until now.

    ``to`` is exclusive: ``to=2026-11-23`` ends with the last instant of the 22nd. 422 when a text is no time, lies
    outside of ``FIRST_DAY`` to ``LAST_DAY``, or the period is empty.
    """
    now = clock()
    today = datetime.combine(now.astimezone(VIETNAM).date(), time.min, VIETNAM)
    begins = _instant("from", start) if start else today
    ends = _instant("to", end) if end else now
    if ends <= begins:
        raise HTTPException(422, f"from ({begins.isoformat()}) must be before to ({ends.isoformat()})")
    return Period(begins.astimezone(UTC), ends.astimezone(UTC))


def parse_month(text: str) -> Month:
    """``month`` as it is written in an address; 422 when it is none, or not one of ``FIRST_DAY`` to ``LAST_DAY``."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise HTTPException(422, sentence("month", text)) from error
    if not FIRST_DAY <= first < LAST_DAY:
        raise HTTPException(422, sentence("month", text))
    return Month(first.year, first.month)


def period_before(period: Period) -> Period:
    """The period before another: as many days before it, from the same time of day to the same.

    Before one that begins with a month and is longer than a day: as many months, up to the same day of the
    month or its last.
    """
    start, end = (instant.astimezone(VIETNAM) for instant in period)
    if start.day == 1 and start.time() == time.min and end - start > timedelta(days=1):
        last = end - timedelta(microseconds=1)
        months = 12 * (last.year - start.year) + last.month - start.month + 1
        return Period(*(_months_before(instant, months).astimezone(UTC) for instant in (start, end)))
    days = -(-(end - start) // timedelta(days=1))
    return Period(*(instant - timedelta(days=days) for instant in period))


def _months_before(instant: datetime, months: int) -> datetime:
    year, month = divmod(12 * instant.year + instant.month - 1 - months, 12)
    return instant.replace(year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1]))


def _instant(name: str, text: str) -> datetime:
    try:
        if len(text) == len("2026-11-23"):
            instant = datetime.combine(date.fromisoformat(text), time.min, VIETNAM)
        elif text.isdigit():
            raise ValueError(text)
        else:
            # A plus sign in an address stands for a blank.
            instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise HTTPException(422, sentence(name, text)) from error
    aware = instant if instant.tzinfo else instant.replace(tzinfo=VIETNAM)
    # Compared as they are written: an offset can carry the first and the last year out of the calendar.
    first, last = (datetime.combine(day, time.min, VIETNAM) for day in (FIRST_DAY, LAST_DAY))
    if not first <= aware <= last:
        raise HTTPException(422, sentence(name, text))
    return aware


def sentence(name: str, value: object = None, expected: str = "") -> str:
    """The error message for a parameter: its name, its value (None: missing), what it must be, an example.

    ``expected`` for those that are not in ``RULES``.
    """
    rule, example = RULES.get(name, (expected or "another value", ""))
    such_as = f", such as {name}={example}" if example and name != "after" else ""
    if value is None:
        return f"{name} is missing: it must be {rule}{such_as}"
    text = str(value)
    shown = text if len(text) <= LONGEST_VALUE_SHOWN else f"{text[:LONGEST_VALUE_SHOWN]}…"
    return f"{name}: {shown!r} is not {rule}{such_as}"


def error_sentences(errors: Sequence[Mapping[str, Any]]) -> str:
    """A sentence for each parameter in which FastAPI found an error."""
    sentences = {}
    for error in errors:
        name = str(error["loc"][-1])
        missing = error["type"] == "missing"
        expected = "true or false" if "bool" in error["type"] else f"one of {error.get('ctx', {}).get('expected', '')}"
        sentences[name] = sentence(name, None if missing else error["input"], expected)
    return "; ".join(sentences.values())
