"""Settings for a command: those of a service with its log, and those of the local stack that runs."""

from __future__ import annotations

from runtime.console import read_settings
from runtime.endpoints import resolve
from runtime.logs import configure_logging
from runtime.settings import Settings


def settings_of_service(name: str) -> Settings:
    """The settings of the environment; from here on the process writes its log under ``name``."""
    settings = read_settings()
    configure_logging(settings, name)
    return settings


def settings_of_running_stack() -> Settings:
    """The settings with the addresses and secrets of the local stack that runs, if one does."""
    return resolve(read_settings())
