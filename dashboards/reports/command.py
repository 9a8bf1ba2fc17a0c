"""``hailong report``: a sheet from the read API's answers, so that its figures are those of the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from contract.indicators.catalogue import catalogue
from contract.languages import FIRST, field_in
from dashboards.reports import files, mail
from dashboards.reports.form_01 import form_01
from dashboards.reports.form_03 import form_03
from dashboards.reports.sheets import Sheet, figures_sheet, points_sheet, ranking_sheet, scorecard_sheet
from dashboards.texts.by_language import Language, texts_in
from runtime.settings import Settings

TIMEOUT_S = 60.0
ASKED_AT_MOST = 5
RULE_SETS = {"qd766": "qd766", "nd61": "nd61_2018", "staff": "nd61_staff"}
RANKINGS = {"ranking": "qd766"}
FORM_03 = "ranking-nd61"
FORM_01 = "official"
SCORECARD_TOTALS = ("qd766", "nd61_2018")
SCORECARD = ("SAT_CSAT", "OPS_WAIT_AVG", "ONL_DOSSIER_RATE", "ONL_LISTED_100", "ONL_PROC_FULL", "OPS_PROD_STAFF")
HEADLINE = (
    *("SAT_CSAT", "SAT_VERY", "SAT_RESPONSE", "OPS_WAIT_AVG", "OPS_WAIT_P90", "OPS_HANDLE_AVG", "Q766_2_1"),
    *("TIM_EARLY_RATE", "TIM_OVERDUE_RATE", "SUP_RATE", "SUP_GT1_RATE", "ONL_DOSSIER_RATE", "PAY_ONLINE", "DIG_RESULT"),
)
KINDS = (*RULE_SETS, *RANKINGS, FORM_03, FORM_01, "scorecard", "figures")
FORMS: dict[str, Callable[[Sheet, Language], bytes]] = {
    ".xlsx": lambda sheet, _: files.excel(sheet),
    ".html": lambda sheet, language: files.html(sheet, language).encode(),
    ".pdf": files.pdf,
}


class ReportError(Exception):
    """There is no report; says why."""


class Asked(NamedTuple):
    """What is reported: the kind, of which unit, from a day to another (exclusive; None is now), in which language.

    ``level`` says which units a ranking has, ``staff`` whose sheet form 01 is.
    """

    kind: str
    unit: str
    first: date
    after: date | None
    language: Language = FIRST
    level: str = "service_point"
    staff: str = ""


def period_of(text: str, today: date) -> tuple[date, date | None]:
    """``2026-11-23``, ``2026-11``, ``2026-Q4`` or ``2026`` as the first day and the one after the last.

    The latter is None while the period runs: what is open then is not late yet. An empty text is the last month that is
    over; raises ReportError.
    """
    first, after = _days_of(text, today)
    return first, None if after > today else after


def _days_of(text: str, today: date) -> tuple[date, date]:
    if not text:
        after = today.replace(day=1)
        return (after - timedelta(days=1)).replace(day=1), after
    year, _, rest = text.partition("-")
    try:
        if not rest:
            return date(int(year), 1, 1), date(int(year) + 1, 1, 1)
        if rest.startswith("Q"):
            quarter = int(rest[1:])
            return _month(int(year), 3 * quarter - 2), _month(int(year), 3 * quarter + 1)
        if len(rest) <= len("12"):
            return _month(int(year), int(rest)), _month(int(year), int(rest) + 1)
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ReportError(
            f"{text!r} is no day (2026-11-23), month (2026-11), quarter (2026-Q4) or year (2026)"
        ) from error
    return day, day + timedelta(days=1)


def sheet_of(settings: Settings, asked: Asked) -> Sheet:
    """The sheet; raises ReportError when the read API has no answer."""
    texts = texts_in(asked.language, "reports")
    parameters = {"unit": asked.unit, "from": asked.first.isoformat()}
    parameters |= {"to": asked.after.isoformat()} if asked.after else {}
    with httpx.Client(base_url=settings.api_url, timeout=TIMEOUT_S, trust_env=False) as api:
        if asked.kind in RULE_SETS:
            rule_set = RULE_SETS[asked.kind]
            rules = catalogue().rule_set(rule_set)
            wanted = ",".join(rules.components if rules else ())
            scores, figures = _agreeing(api, {**parameters, "rule_set": rule_set}, {**parameters, "ids": wanted})
            return points_sheet(asked.kind, scores, {figure["id"]: figure for figure in figures["indicators"]}, texts)
        name = _unit_name(api, asked)
        if asked.kind in RANKINGS:
            scores = _ask(api, "/v1/scores", {**parameters, "rule_set": RANKINGS[asked.kind], "level": asked.level})
            return ranking_sheet(asked.kind, scores, name, texts)
        if asked.kind == FORM_03:
            points = {**parameters, "rule_set": "nd61_2018"}
            ratings = {**parameters, "ids": "SAT_CSAT,SAT_VERY"}
            return form_03(
                _ask(api, "/v1/scores", {**points, "level": asked.level}),
                _ask(api, "/v1/scores", points),
                _ask(api, "/v1/ranking", {**ratings, "level": asked.level}),
                _ask(api, "/v1/indicators", ratings),
                texts,
            )
        if asked.kind == FORM_01:
            if not asked.staff:
                raise ReportError("whose sheet? name the official by --staff")
            return form_01(_ask(api, "/v1/staff-sheet", {**parameters, "staff": asked.staff}), name, texts)
        if asked.kind == "scorecard":
            totals = [_ask(api, "/v1/scores", {**parameters, "rule_set": rules}) for rules in SCORECARD_TOTALS]
            figures = _ask(api, "/v1/indicators", {**parameters, "ids": ",".join(SCORECARD)})
            return scorecard_sheet(figures, totals, name, texts)
        return figures_sheet(_ask(api, "/v1/indicators", {**parameters, "ids": ",".join(HEADLINE)}), name, texts)


def write(settings: Settings, asked: Asked, path: Path, to: Sequence[str] = ()) -> None:
    """Writes the report, its form by the file's ending, and mails it; raises ReportError."""
    if path.suffix not in FORMS:
        raise ReportError(f"{path.name}: a report is one of {', '.join(FORMS)}")
    sheet = sheet_of(settings, asked)
    try:
        made = FORMS[path.suffix](sheet, asked.language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
        if to:
            texts = texts_in(asked.language, "reports")
            head = dict(zip(("unit", "period", "as_of"), (words for _, words in sheet.head), strict=True))
            told = {"title": sheet.title, **head}
            mail.send(settings, to, texts("mail.subject", **told), texts("mail.body", **told), path.name, made)
    except (files.NoChromiumError, mail.MailError, OSError) as error:
        raise ReportError(str(error)) from error


def _agreeing(
    api: httpx.Client, score: dict[str, str], figures: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Points and the figures behind them, of one moment: asked until points before and after the figures agree."""
    before = _ask(api, "/v1/scores", score)
    for _ in range(ASKED_AT_MOST):
        found = _ask(api, "/v1/indicators", figures)
        after = _ask(api, "/v1/scores", score)
        if before["scores"] == after["scores"]:
            return after, found
        before = after
    raise ReportError("the figures change while they are read; report a period that is over")


def _ask(api: httpx.Client, path: str, parameters: dict[str, str]) -> dict[str, Any]:
    try:
        answer = api.get(path, params=parameters)
    except httpx.HTTPError as error:
        raise ReportError(f"the read API at {api.base_url} does not answer: {error}") from error
    if answer.status_code != httpx.codes.OK:
        raise ReportError(f"{path}: {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found


def _unit_name(api: httpx.Client, asked: Asked) -> str:
    for unit in _ask(api, "/v1/units", {})["units"]:
        if unit["unit"] == asked.unit:
            return str(field_in(asked.language, unit))
    raise ReportError(f"no unit has the code {asked.unit!r}")


def _month(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1) if 1 <= month <= 13 else date(year, month, 1)
