"""The command ``hailong``: every command in the order of its help. Each imports its stage only when it runs."""

from __future__ import annotations

import gc
import sys

import typer

from commands import benchmarks, figures, imports, links, local_stack, reports, services
from commands.grafana import grafana_app
from commands.reference import reference_app
from runtime.console import out

app = typer.Typer(
    name="hailong",
    help="Watch the quality of one-stop public services live: ratings, waits, deadlines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(reference_app, name="reference")
app.add_typer(grafana_app, name="grafana")

app.command()(local_stack.up)
app.command()(local_stack.down)
app.command()(local_stack.status)
app.command()(services.migrate)
app.command()(services.ingest)
app.command()(services.stream)
app.command()(figures.rebuild)
app.command()(figures.verify)
app.command()(services.feedback)
app.command()(links.invite)
app.command()(services.dashboards)
app.command()(local_stack.demo)
app.command(name="import")(imports.import_file)
app.command()(imports.simulate)
app.command()(benchmarks.bench)
app.command()(reports.report)

COLLECT_AFTER = 50_000


def main() -> None:
    """Entry point. A ``StackError`` is printed as its sentence; Ctrl-C ends a command without a traceback."""
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
