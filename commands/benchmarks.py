"""``hailong bench``: measured figures beside their floors and peers."""

from __future__ import annotations

from typing import Annotated

import typer


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks to run; all when left out.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything, at full length.")] = False,
) -> None:
    """Print every measured figure beside its floor or its peers in the same run (in a source checkout)."""
    from bench.__main__ import main as measure

    raise typer.Exit(measure(names or [], full=full))
