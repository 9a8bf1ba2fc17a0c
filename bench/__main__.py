"""``python -m bench [--full] [BENCH …]``: runs benchmarks, prints their rows and keeps them in bench/results."""

from __future__ import annotations

import argparse
import signal
import sys
from importlib import import_module

from rich.console import Console

from bench.harness.report import Row, machine, plain, write

BENCHES = ("ingest", "sink", "flush", "freshness", "watchers", "workday", "history", "country")
"""Modules of this folder with ``run(full: bool) -> Iterable[Row]``, in the order of running."""


def main(names: list[str], *, full: bool) -> int:
    """Runs the named benchmarks, all when none is named; the exit code: 2 when there is no such benchmark."""
    out = Console(highlight=False)
    unknown = set(names) - set(BENCHES)
    if unknown:
        out.print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
        return 2
    out.print(", ".join(f"{name} {value}" for name, value in machine().items()), soft_wrap=True)
    # What is measured runs in sessions of its own and would outlive us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows: list[Row] = []
    try:
        for name in names or BENCHES:
            for row in import_module(f"bench.{name}").run(full):
                out.print(plain(row), markup=False, soft_wrap=True)
                rows.append(row)
    finally:
        if rows:
            out.print(f"kept in {write(rows)}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="BENCH", help=", ".join(BENCHES))
    parser.add_argument("--full", action="store_true", help="everything, at full length")
    arguments = parser.parse_args()
    sys.exit(main(arguments.names, full=arguments.full))
