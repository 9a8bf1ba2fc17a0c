"""``hailong grafana``: Grafana's dashboards and alert rules."""

from __future__ import annotations

import typer

from runtime.console import out, read_settings

grafana_app = typer.Typer(help="Grafana's dashboards and alert rules.", no_args_is_help=True)


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
