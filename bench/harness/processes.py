"""A measured process: started, looked at through /proc, ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
STOP_TIMEOUT_S = 20.0
QUIET_SHARE = 0.1
QUIET_LOOK_S = 0.3
LONGEST_WAIT_FOR_QUIET_S = 15.0


class ProcessEndedError(Exception):
    """A measured process ended by itself; the text is the end of its output."""


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """The process id of ``command`` while the block runs; SIGTERM and, after 20 s, SIGKILL to its group at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
    try:
        yield process.pid
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def require_alive(pid: int, log: Path) -> None:
    """Raises ProcessEndedError when the process is gone."""
    try:
        state = _stat(pid)[0]
    except (FileNotFoundError, ProcessLookupError):
        state = "Z"
    if state == "Z":
        raise ProcessEndedError(f"the measured process ended by itself; the end of its output:\n{tail(log)}")


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a process's output."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def cpu_s(pid: int) -> float:
    """Seconds of processor time, user and system, of a process and its living children so far."""
    # utime, stime and those of children that ended are the fields 14 to 17; field 3 is the first that _stat gives.
    own = sum(int(field) for field in _stat(pid)[11:15]) * TICK_S
    return own + sum(cpu_s(child) for child in children(pid))


def peak_mb(pid: int) -> float:
    """The largest resident set so far of a process and its living children, in MB, each child at its own peak."""
    peak_kb = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return (int(peak_kb[1]) / 1024 if peak_kb else 0.0) + sum(peak_mb(child) for child in children(pid))


def wait_quiet(pid: int) -> None:
    """Waits until a process uses less than a tenth of a core, at most 15 s: what it does later belongs to its work."""
    deadline = time.monotonic() + LONGEST_WAIT_FOR_QUIET_S
    before = cpu_s(pid)
    while time.monotonic() < deadline:
        time.sleep(QUIET_LOOK_S)
        now = cpu_s(pid)
        if now - before < QUIET_SHARE * QUIET_LOOK_S:
            return
        before = now


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    """The living processes that a process started."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except FileNotFoundError:
        return []
    return [int(child) for text in lists for child in text.split()]


def resident_mb(pid: int) -> float:
    """The resident memory of a process now, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
