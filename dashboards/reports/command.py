"""``hailong report``: a sheet from the read API's answers, so that its figures are those of the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from contract.indicators.catalogue import catalogue
from contract.languages import FIRST, field_in
from dashboards.reports import files, mail
from dashboards.reports.form_01 import form_01
from dashboards.reports.form_03 import form_03
from dashboards.reports.sheets import Sheet, figures_sheet, points_sheet, ranking_sheet, scorecard_sheet
from dashboards.texts.by_language import Language, texts_in
from runtime.api_client import ApiClient, ApiError, ApiStatusError
from runtime.settings import Settings

TIMEOUT_S = 60.0
MOST_ATTEMPTS = 5
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
WRITERS: dict[str, Callable[[Sheet, Language], bytes]] = {
    ".xlsx": lambda sheet, _: files.excel(sheet),
    ".html": lambda sheet, language: files.html(sheet, language).encode(),
    ".pdf": files.pdf,
}


class ReportError(Exception):
    """No report can be made; the message has the reason."""


class ReportRequest(NamedTuple):
    """A report's kind, unit, period (``after`` is exclusive; None is now) and language.

    ``level`` is that of the units in a ranking, ``staff`` the official of form 01.
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

    The latter is None while the period runs, because what is still open is not late yet. An empty text is the last
    month that is over. Raises ReportError.
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


def sheet_of(settings: Settings, request: ReportRequest) -> Sheet:
    """The sheet; raises ReportError when the read API has no answer."""
    texts = texts_in(request.language, "reports")
    parameters = {"unit": request.unit, "from": request.first.isoformat()}
    parameters |= {"to": request.after.isoformat()} if request.after else {}
    with ApiClient(settings.api_url, TIMEOUT_S) as api:
        if request.kind in RULE_SETS:
            rule_set = RULE_SETS[request.kind]
            rules = catalogue().rule_set(rule_set)
            wanted = ",".join(rules.components if rules else ())
            scores, figures = _agreeing(api, {**parameters, "rule_set": rule_set}, {**parameters, "ids": wanted})
            return points_sheet(request.kind, scores, {figure["id"]: figure for figure in figures["indicators"]}, texts)
        name = _unit_name(api, request)
        if request.kind in RANKINGS:
            scores = _ask(api, "/v1/scores", {**parameters, "rule_set": RANKINGS[request.kind], "level": request.level})
            return ranking_sheet(request.kind, scores, name, texts)
        if request.kind == FORM_03:
            points = {**parameters, "rule_set": "nd61_2018"}
            ratings = {**parameters, "ids": "SAT_CSAT,SAT_VERY"}
            return form_03(
                _ask(api, "/v1/scores", {**points, "level": request.level}),
                _ask(api, "/v1/scores", points),
                _ask(api, "/v1/ranking", {**ratings, "level": request.level}),
                _ask(api, "/v1/indicators", ratings),
                texts,
            )
        if request.kind == FORM_01:
            if not request.staff:
                raise ReportError("whose sheet? name the official by --staff")
            return form_01(_ask(api, "/v1/staff-sheet", {**parameters, "staff": request.staff}), name, texts)
        if request.kind == "scorecard":
            totals = [_ask(api, "/v1/scores", {**parameters, "rule_set": rules}) for rules in SCORECARD_TOTALS]
            figures = _ask(api, "/v1/indicators", {**parameters, "ids": ",".join(SCORECARD)})
            return scorecard_sheet(figures, totals, name, texts)
        return figures_sheet(_ask(api, "/v1/indicators", {**parameters, "ids": ",".join(HEADLINE)}), name, texts)


def write(settings: Settings, request: ReportRequest, path: Path, to: Sequence[str] = ()) -> None:
    """Writes the report in the format of the file's ending, and mails it; raises ReportError."""
    if path.suffix not in WRITERS:
        raise ReportError(f"{path.name}: a report is one of {', '.join(WRITERS)}")
    sheet = sheet_of(settings, request)
    try:
        content = WRITERS[path.suffix](sheet, request.language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if to:
            texts = texts_in(request.language, "reports")
            head = dict(zip(("unit", "period", "as_of"), (text for _, text in sheet.head), strict=True))
            values = {"title": sheet.title, **head}
            mail.send(settings, to, texts("mail.subject", **values), texts("mail.body", **values), path.name, content)
    except (files.NoChromiumError, mail.MailError, OSError) as error:
        raise ReportError(str(error)) from error


def _agreeing(api: ApiClient, score: dict[str, str], figures: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Points and the figures behind them, of one moment: read until the points before and after the figures agree."""
    before = _ask(api, "/v1/scores", score)
    for _ in range(MOST_ATTEMPTS):
        indicators = _ask(api, "/v1/indicators", figures)
        after = _ask(api, "/v1/scores", score)
        if before["scores"] == after["scores"]:
            return after, indicators
        before = after
    raise ReportError("the figures change while they are read; report a period that is over")


def _ask(api: ApiClient, path: str, parameters: dict[str, str]) -> dict[str, Any]:
    try:
        return api.get(path, parameters)
    except ApiStatusError as error:
        raise ReportError(f"{path}: {error.body[:300]}") from error
    except ApiError as error:
        raise ReportError(f"the read API at {api.url} does not answer: {error}") from error


def _unit_name(api: ApiClient, request: ReportRequest) -> str:
    for unit in _ask(api, "/v1/units", {})["units"]:
        if unit["unit"] == request.unit:
            return str(field_in(request.language, unit))
    raise ReportError(f"no unit has the code {request.unit!r}")


def _month(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1) if 1 <= month <= 13 else date(year, month, 1)
