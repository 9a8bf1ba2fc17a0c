"""``hailong reference``: units, procedures, calendars, targets and tablets, told from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.console import out, read_settings

reference_app = typer.Typer(help="Units, procedures, calendars, targets and tablets.", no_args_is_help=True)


@reference_app.command("load")
def reference_load(
    place: Annotated[
        Path | None,
        typer.Argument(help="Folder of CSV files (see `files`) or Excel workbook; Hanoi's own if left out."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who loads it; the user of this machine when left out.")] = None,
) -> None:
    """Load reference data: every wrong line is reported, and nothing is loaded unless all are right."""
    from sources.reference.load import run

    raise typer.Exit(run(read_settings(), place, by))


@reference_app.command("check")
def reference_check(place: Annotated[Path, typer.Argument(help="Folder of CSV files or Excel workbook.")]) -> None:
    """Look through reference data without loading it; exit code 1 when a line is wrong."""
    from sources.reference.load import check

    raise typer.Exit(check(place))


@reference_app.command("history")
def reference_history(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Loads at most, the latest first.")] = 20,
) -> None:
    """Show who loaded reference data when, and what that changed."""
    from sources.reference.history import print_history

    raise typer.Exit(print_history(read_settings(), limit))


@reference_app.command("export")
def reference_export(folder: Annotated[Path, typer.Argument(help="Folder to write CSV files to.")]) -> None:
    """Write what the system knows by now as CSV files that can be changed and loaded again."""
    from sources.reference.load import export

    raise typer.Exit(export(read_settings(), folder))


@reference_app.command("tablet")
def reference_tablet(
    device: Annotated[str, typer.Argument(help="The tablet's code, as in tablets.csv.")],
    unit: Annotated[str, typer.Option(help="Unit at which it stands.")],
    counter: Annotated[str | None, typer.Option(help="Counter at which it stands.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the place, shown above the question.")] = None,
    faces: Annotated[int, typer.Option(min=3, max=5, help="Faces to choose from.")] = 4,
    mirrored: Annotated[bool, typer.Option(help="It stands at the citizen's left hand.")] = False,
    large_text: Annotated[bool, typer.Option(help="Words half as large again.")] = False,
    qr: Annotated[Path | None, typer.Option(help="SVG file for the address as a QR code.")] = None,
) -> None:
    """Pair a tablet with a new token, and print the address with it that the tablet is opened with once."""
    from sources.links import set_up_tablet

    place = {"unit": unit, "counter": counter, "name": name, "faces": str(faces)}
    place |= {"mirrored": str(int(mirrored)), "large_text": str(int(large_text))}
    raise typer.Exit(set_up_tablet(read_settings(), device, place, qr=qr))


@reference_app.command("pair")
def reference_pair(
    code: Annotated[str, typer.Argument(help="The eight letters that the tablet shows.")],
    unit: Annotated[str | None, typer.Option(help="Unit at which it stands.")] = None,
    counter: Annotated[str | None, typer.Option(help="Counter at which it stands.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the place, shown above the question.")] = None,
    faces: Annotated[int, typer.Option(min=3, max=5, help="Faces to choose from.")] = 4,
    device: Annotated[str | None, typer.Option(help="The tablet's code; made of the letters when left out.")] = None,
    replaces: Annotated[
        str | None, typer.Option(help="Tablet that it stands in for: its place is taken over, its token ends.")
    ] = None,
) -> None:
    """Pair the tablet that shows this code, so that citizens can rate on it."""
    from sources.reference.pair import pair

    place = {"unit": unit, "counter": counter, "name": name, "faces": faces}
    raise typer.Exit(pair(read_settings(), code, place, device=device, replaces=replaces))


@reference_app.command("revoke")
def reference_revoke(
    device: Annotated[str | None, typer.Argument(help="The tablet's code.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every tablet that is paired.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, such as: stolen.")] = None,
) -> None:
    """End the token of a tablet, or of all: each is turned away at its next call, and keeps what it has not sent."""
    from sources.reference.pair import revoke

    if every == (device is not None):
        out.print("say which tablet, or --all for every one", style="red")
        raise typer.Exit(2)
    raise typer.Exit(revoke(read_settings(), device, reason))


@reference_app.command("configure")
def reference_configure(
    scope: Annotated[str, typer.Argument(help="Unit with all below it, or one tablet.")],
    faces: Annotated[int | None, typer.Option(help="3, 4 or 5 faces.")] = None,
    languages: Annotated[str | None, typer.Option(help="Languages in their order, such as vi,en.")] = None,
    idle_s: Annotated[int | None, typer.Option(help="Seconds after which a chosen language is left again.")] = None,
    mirrored: Annotated[bool | None, typer.Option(help="Layout for the other hand.")] = None,
    large_text: Annotated[bool | None, typer.Option(help="Larger words.")] = None,
    follow_up: Annotated[bool | None, typer.Option(help="Ask why of who is not satisfied.")] = None,
    back: Annotated[bool, typer.Option("--back", help="What it had before instead; once more undoes that.")] = False,
) -> None:
    """Tell what tablets follow; what is left out is inherited from the unit above."""
    from sources.reference.configure import configure

    given = {
        "faces": faces,
        "languages": languages.replace(" ", "").split(",") if languages else None,
        "idle_s": idle_s,
        "mirrored": mirrored,
        "large_text": large_text,
        "follow_up": follow_up,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if back and values:
        out.print("--back takes over what was before; it goes with nothing else", style="red")
        raise typer.Exit(2)
    raise typer.Exit(configure(read_settings(), scope, values, back=back))


@reference_app.command("files")
def reference_files() -> None:
    """Show which files a folder of reference data may have, and their columns."""
    from sources.reference.load import print_file_columns

    print_file_columns()
