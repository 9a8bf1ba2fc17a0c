"""Shared by all commands: the console, and the settings, with each faulty variable printed as a sentence."""

from __future__ import annotations

import typer
from pydantic import ValidationError
from rich.console import Console

from runtime.settings import Settings

out = Console(highlight=False)


def read_settings() -> Settings:
    """The settings of the environment; ends the command with 2, naming each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(["HAILONG", *(str(part).upper() for part in fault["loc"])])
            out.print(f"[red]{name}[/]: {fault['msg']}", style=None)
        raise typer.Exit(2) from error
