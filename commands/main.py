"""The command ``hailong``: one function per command, each importing its stage only when it runs."""

from __future__ import annotations

import gc
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from commands.reference import reference_app
from contract.languages import FIRST
from runtime.console import out, read_settings
from runtime.logs import configure_logging
from runtime.settings import Settings

app = typer.Typer(
    name="hailong",
    help="Watch the quality of one-stop public services live: ratings, waits, deadlines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(reference_app, name="reference")
grafana_app = typer.Typer(help="Grafana's dashboards and alert rules.", no_args_is_help=True)
app.add_typer(grafana_app, name="grafana")

COLLECT_AFTER = 50_000


@app.command()
def up() -> None:
    """Start what is not running of the local stack: Kafka, ClickHouse and every service."""
    from local.stack import up as start

    start(read_settings(), report=out.print)
    status()


@app.command()
def down() -> None:
    """Stop the local stack; data stays."""
    from local.stack import down as stop

    stop(read_settings())


@app.command()
def status() -> None:
    """Show each process of the local stack, its address and whether it is ready."""
    from local.stack import status as look

    table = Table("process", "pid", "state", "address")
    for row in look(read_settings()):
        state = "ready" if row.ready else "starting" if row.alive else "down"
        table.add_row(row.name, str(row.pid or "—"), state, row.address)
    out.print(table)


@app.command()
def migrate() -> None:
    """Create or update the topics in Kafka and the tables in ClickHouse."""
    from runtime.kafka import create_topics
    from warehouse.client import connect
    from warehouse.migrate import migrate as apply_all

    settings = _of_running_stack()
    create_topics(settings)
    for name in apply_all(connect(settings, database="default"), settings.clickhouse_database):
        out.print(f"applied {name}")


@app.command()
def ingest() -> None:
    """Serve POST /v1/events: admit events, keep them durably, hand them to Kafka."""
    from ingest.app import serve

    serve(_service("ingest"))


@app.command()
def stream(
    replay_dead_letters: Annotated[
        bool, typer.Option("--replay-dead-letters", help="Send every dead letter through again, then stop.")
    ] = False,
) -> None:
    """Carry events from Kafka into ClickHouse and keep every figure current."""
    from stream.consumer import serve
    from stream.dead_letters import replay
    from stream.limits import TooManyDeadLettersError

    settings = _service("stream")
    if replay_dead_letters:
        out.print(f"sent through again: {replay(settings)}")
        return
    try:
        serve(settings)
    except TooManyDeadLettersError as error:
        out.print(str(error), style="red", soft_wrap=True)
        raise typer.Exit(1) from error


@app.command()
def rebuild(
    from_kafka: Annotated[bool, typer.Option("--from-kafka", help="Raw rows too, from all that Kafka keeps.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin anew instead of going on where one broke off.")] = False,
    from_empty: Annotated[
        bool, typer.Option("--from-empty", help="Empty the derived tables first; figures are too low until the end.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before emptying.")] = False,
) -> None:
    """Make every derived row anew from raw events, while live events flow."""
    from clickhouse_connect.driver.exceptions import ClickHouseError
    from confluent_kafka import KafkaException
    from kafka.errors import KafkaError

    from runtime.progress import follow
    from stream.limits import TooManyDeadLettersError
    from stream.reread import reread
    from warehouse.client import connect
    from warehouse.write.rebuild import rebuild as rebuild_derived

    if from_empty and (from_kafka or not yes):
        out.print("--from-empty empties every derived table: until the rebuild ends, all figures are too low.")
        out.print("It needs --yes and does not go with --from-kafka.")
        raise typer.Exit(2)
    _service("rebuild")
    settings = _of_running_stack()
    try:
        if from_kafka:
            follow(reread(settings, again=again), "messages", out)
        else:
            follow(rebuild_derived(connect(settings), again=again, from_empty=from_empty), "events", out)
    except (ClickHouseError, KafkaException, KafkaError, OSError, TooManyDeadLettersError) as error:
        out.print(f"{error}\nThe same command goes on where it was broken off.", style="red", soft_wrap=True)
        raise typer.Exit(1) from error


@app.command()
def verify(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; that of the first event.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; that of the last event.")
    ] = None,
) -> None:
    """Recount every indicator from raw events by a second, slow way; exit code 1 on any difference."""
    from runtime.progress import follow
    from warehouse.client import connect
    from warehouse.verify.verify import Difference, Verification

    verification = Verification(connect(_of_running_stack()), first and first.date(), last and last.date())
    follow(verification.run(), "steps", out)
    if verification.differences:
        table = Table()
        for field in Difference._fields:
            table.add_column(field, overflow="fold")
        for difference in verification.differences:
            table.add_row(*difference)
        out.print(table)
    out.print(f"{verification.compared} figures compared, {len(verification.differences)} differ")
    raise typer.Exit(1 if verification.differences else 0)


@app.command()
def feedback() -> None:
    """Serve the page on which citizens rate."""
    from feedback_app.app import serve

    serve(_service("feedback"))


@app.command()
def invite(
    unit: Annotated[str, typer.Option(help="Unit that handled the dossier.")],
    dossier: Annotated[str, typer.Option(help="The dossier's code.")],
    procedure: Annotated[str | None, typer.Option(help="Its procedure's code.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days for which the link holds.")] = 30,
    qr: Annotated[Path | None, typer.Option(help="SVG file for the link as a QR code.")] = None,
) -> None:
    """Print the link by which a citizen rates one dossier on a phone."""
    from sources.links import invite as hand_out

    raise typer.Exit(hand_out(read_settings(), unit, dossier, procedure, days=days, qr=qr))


@app.command()
def dashboards() -> None:
    """Serve the read API and the supervisor's page."""
    from dashboards.serve import serve

    serve(_service("dashboards"))


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after about this long; without it, run until Ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
) -> None:
    """Start everything and let a simulated working day of Hanoi flow through it."""
    from local.demo.demo import run

    raise typer.Exit(run(read_settings(), seconds=seconds, seed=seed))


@app.command(name="import")
def import_file(
    file: Annotated[Path | None, typer.Argument(help="CSV, XES, Parquet or Excel; .gz is read as it is.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="How columns become events (see mappings/).")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent and refused, and send nothing.")
    ] = False,
    undo: Annotated[str, typer.Option(help="Take back, for good, what was imported under this name.")] = "",
    by: Annotated[str, typer.Option(help="Who takes it back (--undo).")] = "",
    reason: Annotated[str, typer.Option(help="Why (--undo).")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before taking it back.")] = False,
) -> None:
    """Read an export of an existing one-stop system into events and send them through ingest, or take one back."""
    if undo:
        raise typer.Exit(_take_back(undo, by, reason, yes=yes))
    if file is None or mapping is None:
        out.print("name a file and its --mapping, or an import to --undo")
        raise typer.Exit(2)
    from sources.importing.importer import run

    raise typer.Exit(run(read_settings(), file, mapping, dry_run=dry_run))


def _take_back(name: str, by: str, reason: str, *, yes: bool) -> int:
    from sources.importing.undo import undo

    if not by or not reason:
        out.print("--undo needs --by and --reason: both stay in the log beside what is taken back")
        return 2

    def confirm(question: str) -> bool:
        if not yes and not sys.stdin.isatty():
            out.print("say --yes to take it back")
        return yes or (sys.stdin.isatty() and typer.confirm(question))

    return undo(read_settings(), name, by, reason, confirm)


@app.command()
def simulate(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The working day to make.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    scale: Annotated[float, typer.Option(help="Share of a real day's volume.")] = 0.1,
    output: Annotated[Path | None, typer.Option(help="Write JSON lines here instead of sending them.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Years instead of a day: hanoi-2015-2019 (scale 1 is 66,274,910 dossiers).")
    ] = None,
) -> None:
    """Make a working day of Hanoi's one-stop points, or years of dossiers, and send it through ingest at once."""
    from sources.simulation.command import run

    made = day.date() if day else None
    raise typer.Exit(run(read_settings(), made, seed=seed, scale=scale, output=output, profile=profile))


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks to run; all when left out.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything, at full length.")] = False,
) -> None:
    """Print every measured figure beside its floor or its peers in the same run (in a source checkout)."""
    from bench.__main__ import main as measure

    raise typer.Exit(measure(names or [], full=full))


@app.command()
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


@grafana_app.command("push")
def grafana_push() -> None:
    """Send the dashboards and alert rules to a running Grafana; again and again if you like."""
    from dashboards.grafana.push import GrafanaRefusedError, push

    try:
        for sent in push(read_settings()):
            out.print(sent)
    except GrafanaRefusedError as error:
        out.print(f"[red]Grafana did not take it[/]: {error}")
        raise typer.Exit(1) from error


@grafana_app.command("write")
def grafana_write() -> None:
    """Write the files that Grafana reads at its start anew (in a source checkout)."""
    from dashboards.grafana.files import write

    for path in write():
        out.print(path, soft_wrap=True)


def _service(name: str) -> Settings:
    settings = read_settings()
    configure_logging(settings, name)
    return settings


def _of_running_stack() -> Settings:
    """The settings with the addresses and secrets of the local stack that runs, if one does."""
    from runtime.endpoints import resolve

    return resolve(read_settings())


def main() -> None:
    """Entry point. What the local stack cannot do is told in a sentence; Ctrl-C ends a command without a traceback."""
    from local.processes import StackError

    # Events make no reference cycles, and each look for some walks all that wait: a fifth of ingest's time.
    gc.set_threshold(COLLECT_AFTER, 20, 100)
    try:
        app()
    except StackError as error:
        out.print(f"[red]{error}[/]")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
