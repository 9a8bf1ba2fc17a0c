"""``hailong up``, ``down``, ``status`` and ``demo``: the local stack on this machine."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from runtime.console import out, read_settings


def up() -> None:
    """Start what is not running of the local stack: Kafka, ClickHouse and every service."""
    from local.stack import up as start

    start(read_settings(), report=out.print)
    status()


def down() -> None:
    """Stop the local stack; data stays."""
    from local.stack import down as stop

    stop(read_settings())


def status() -> None:
    """Show each process of the local stack, its address and whether it is ready."""
    from local.stack import status as look

    table = Table("process", "pid", "state", "address")
    for row in look(read_settings()):
        state = "ready" if row.ready else "starting" if row.alive else "down"
        table.add_row(row.name, str(row.pid or "—"), state, row.address)
    out.print(table)


def demo(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after about this long; without it, run until Ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
) -> None:
    """Start everything and let a simulated working day of Hanoi flow through it."""
    from local.demo.demo import run

    raise typer.Exit(run(read_settings(), seconds=seconds, seed=seed))
