"""Daemons of the local stack: started in a session of their own, found by a pid file, stopped as a group."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

POLL_INTERVAL_S = 0.05
EXIT_TIMEOUT_S = 10.0
LARGEST_LOG_BYTES = 16 << 20
"""A log that is larger when its process starts is put aside, in the place of the one put aside before."""
_PF_EXITING = 0x4  # Linux's flag of a process that is on its way out
_HAS_PROC = Path("/proc/self/stat").exists()


class StackError(Exception):
    """The local stack cannot do what was requested; the text gives the reason and the remedy."""


class PortInUseError(StackError):
    """Something else listens where one of our processes should."""


class Daemon:
    """One named process of a stack, found again by any later command through its pid file.

    ``<state_dir>/run/NAME.pid`` holds the process id alone and ``NAME.birth`` when that process began, so that
    another process which later got the same id is never taken for it. Output is appended to ``log/NAME.log``.
    """

    def __init__(self, state_dir: Path, name: str) -> None:
        self.name = name
        self.log = state_dir / "log" / f"{name}.log"
        self._pid_file = state_dir / "run" / f"{name}.pid"
        self._birth_file = state_dir / "run" / f"{name}.birth"

    def pid(self) -> int | None:
        """The id of the living process, or None; waits for one that is just being killed."""
        pid = self._recorded_pid()
        if pid is None:
            return None
        deadline = time.monotonic() + EXIT_TIMEOUT_S
        while True:
            # A child of ours that ended stays in the process table until it is waited for.
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not _is_ending(pid) or time.monotonic() > deadline:
                break
            time.sleep(POLL_INTERVAL_S)
        birth = _birth(pid)
        return pid if birth is not None and birth == _read(self._birth_file) else None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Start the program with exactly this environment and return its process id; what is left of it is ended first.

        Raises StackError when the program is not found.
        """
        self.stop(timeout_s=0)
        for folder in (self.log.parent, self._pid_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        program = shutil.which(command[0])
        if program is None:
            raise StackError(f"{command[0]} was not found; install it or put it on the PATH")
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        # A pipe inherited from whoever called us would keep its reader waiting for as long as the daemon lives.
        open_files = [int(entry.name) for entry in Path("/dev/fd").iterdir()]
        inherited = [fd for fd in open_files if fd > 2 and _is_inheritable(fd)]
        # What a process writes (log, Kafka's segments, the store's parts) is for this user alone.
        former_umask = os.umask(0o077)
        pid = os.posix_spawn(
            program,
            list(command),
            dict(environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                *((os.POSIX_SPAWN_CLOSE, fd) for fd in inherited),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGPIPE],
        )
        os.umask(former_umask)
        self._birth_file.write_text(_birth(pid) or "")
        self._pid_file.write_text(f"{pid}\n")
        return pid

    def stop(self, timeout_s: float) -> None:
        """End the process and everything it started: SIGTERM, up to ``timeout_s`` seconds, then SIGKILL."""
        group = self._recorded_pid()
        if group is not None and (self.pid() is not None or not _exists(group)):
            _end_group(group, timeout_s)
        self._pid_file.unlink(missing_ok=True)
        self._birth_file.unlink(missing_ok=True)

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _recorded_pid(self) -> int | None:
        text = _read(self._pid_file)
        return int(text) if text.isdigit() else None


def require_free_port(host: str, port: int, setting: str) -> None:
    """Raises PortInUseError, naming the setting that moves it, when the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUseError(f"port {port} is in use; set {setting} to another address") from error


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def _is_inheritable(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:
        return False  # the listing's own, closed by now


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stat(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` from the state on, or None when no thread of the process runs any more.

    The first thread of a process that is being killed is a zombie while the others still hold its ports.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" and int(fields[17]) <= 1 else fields


def _is_ending(pid: int) -> bool:
    """Whether the process still runs but is on its way out: SIGKILL waits for it, or it is leaving already."""
    fields = _stat(pid) if _HAS_PROC else None
    if fields is None:
        return False
    flags, pending = int(fields[6]), int(fields[28])
    return fields[0] == "Z" or bool(flags & _PF_EXITING) or bool(pending & (1 << (signal.SIGKILL - 1)))


def _birth(pid: int) -> str | None:
    """When a process began, as text that no other process of that id shares; None when it is dead."""
    if _HAS_PROC:
        fields = _stat(pid)
        return f"{_read(Path('/proc/sys/kernel/random/boot_id'))} {fields[19]}" if fields else None
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() or None


def _end_group(group: int, timeout_s: float) -> None:
    for signal_number, wait_s in ((signal.SIGTERM, timeout_s), (signal.SIGKILL, EXIT_TIMEOUT_S)):
        if signal_number == signal.SIGTERM and timeout_s <= 0:
            continue
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal_number)
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if not _group_lives(group):
                return
            time.sleep(POLL_INTERVAL_S)


def _group_lives(group: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(-group, os.WNOHANG)
    if _HAS_PROC:
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return any(fields[2] == str(group) for fields in map(_stat, pids) if fields)
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
