"""``hailong migrate`` and those that serve one stage each: ``ingest``, ``stream``, ``feedback``, ``dashboards``."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.environment import settings_of_running_stack, settings_of_service
from runtime.console import out


def migrate() -> None:
    """Create or update the topics in Kafka and the tables in ClickHouse."""
    from runtime.kafka import create_topics
    from warehouse.client import connect
    from warehouse.migrate import migrate as apply_all

    settings = settings_of_running_stack()
    create_topics(settings)
    for name in apply_all(connect(settings, database="default"), settings.clickhouse_database):
        out.print(f"applied {name}")


def ingest() -> None:
    """Serve POST /v1/events: admit events, keep them durably, hand them to Kafka."""
    from ingest.app import serve

    serve(settings_of_service("ingest"))


def stream(
    replay_dead_letters: Annotated[
        bool, typer.Option("--replay-dead-letters", help="Send every dead letter through again, then stop.")
    ] = False,
) -> None:
    """Carry events from Kafka into ClickHouse and keep every figure current."""
    from stream.consumer import serve
    from stream.dead_letters import replay
    from stream.limits import TooManyDeadLettersError

    settings = settings_of_service("stream")
    if replay_dead_letters:
        out.print(f"sent through again: {replay(settings)}")
        return
    try:
        serve(settings)
    except TooManyDeadLettersError as error:
        out.print(str(error), style="red", soft_wrap=True)
        raise typer.Exit(1) from error


def feedback() -> None:
    """Serve the page on which citizens rate."""
    from feedback_app.app import serve

    serve(settings_of_service("feedback"))


def dashboards() -> None:
    """Serve the read API and the supervisor's page."""
    from dashboards.serve import serve

    serve(settings_of_service("dashboards"))
