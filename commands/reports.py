"""``hailong report``: a sheet of figures as a file or by mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contract.languages import FIRST
from runtime.console import out, read_settings


def report(
    kind: Annotated[
        str, typer.Argument(help="qd766, nd61, staff, official, ranking, ranking-nd61, scorecard, figures.")
    ],
    file: Annotated[Path, typer.Argument(help="Where to write it: .xlsx, .html or .pdf.")],
    unit: Annotated[str, typer.Option(help="Unit reported, with everything below it.")] = "H26",
    period: Annotated[str, typer.Option(help="2026-11, 2026-Q4, 2026 or 2026-11-23; last month when left out.")] = "",
    level: Annotated[str, typer.Option(help="Units of a ranking.")] = "service_point",
    staff: Annotated[str, typer.Option(help="The official whose sheet it is (official).")] = "",
    language: Annotated[str, typer.Option(help="Language of its texts: a folder of dashboards/texts.")] = FIRST,
    mail: Annotated[list[str] | None, typer.Option(help="Address to send it to; again for more.")] = None,
) -> None:
    """Write a report as Excel, page or PDF from the figures of the screen, and mail it."""
    from contract.time import VIETNAM
    from dashboards.reports.command import KINDS, ReportError, ReportRequest, period_of, write
    from dashboards.texts.by_language import languages
    from runtime.clock import clock_from

    settings = read_settings()
    try:
        if kind not in KINDS or language not in languages():
            raise ReportError(f"there is no report {kind!r} in {language!r}")
        first, after = period_of(period, clock_from(settings.clock)().astimezone(VIETNAM).date())
        request = ReportRequest(kind, unit, first, after, language, level, staff)
        write(settings, request, file, mail or ())
    except ReportError as error:
        out.print(f"[red]no report[/]: {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    out.print(file, soft_wrap=True)
