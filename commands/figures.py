"""``hailong rebuild`` and ``verify``: derived rows made anew, and every figure counted a second way."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from commands.environment import settings_of_running_stack, settings_of_service
from runtime.console import out


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
    settings_of_service("rebuild")
    settings = settings_of_running_stack()
    try:
        if from_kafka:
            follow(reread(settings, again=again), "messages", out)
        else:
            follow(rebuild_derived(connect(settings), again=again, from_empty=from_empty), "events", out)
    except (ClickHouseError, KafkaException, KafkaError, OSError, TooManyDeadLettersError) as error:
        out.print(f"{error}\nThe same command goes on where it was broken off.", style="red", soft_wrap=True)
        raise typer.Exit(1) from error


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

    verification = Verification(connect(settings_of_running_stack()), first and first.date(), last and last.date())
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
