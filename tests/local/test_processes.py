"""Daemons of the local stack: found again, never mistaken for another, stopped with all they started."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from local.processes import Daemon, PortInUseError, StackError, require_free_port
from local.state import forget, in_force, write_endpoints
from runtime.settings import Settings

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def wait_for_log(daemon: Daemon) -> str:
    deadline = time.monotonic() + 10
    while not daemon.log_tail() and time.monotonic() < deadline:
        time.sleep(0.02)
    return daemon.log_tail()


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_started_daemon_is_found_by_its_pid_file_and_stops(tmp_path: Path) -> None:
    pid = Daemon(tmp_path, "sleeper").start(SLEEP, os.environ)
    assert int((tmp_path / "run" / "sleeper.pid").read_text()) == pid
    assert Daemon(tmp_path, "sleeper").pid() == pid
    assert os.getsid(pid) == pid
    Daemon(tmp_path, "sleeper").stop(timeout_s=5)
    assert not lives(pid)
    assert Daemon(tmp_path, "sleeper").pid() is None
    assert list((tmp_path / "run").iterdir()) == []


def test_a_daemon_has_only_the_given_environment_and_its_log(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, "teller")
    code = "import os, sys; print(sorted(os.environ), os.listdir('/proc/self/fd'), file=sys.stderr)"
    with (tmp_path / "held-open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        daemon.start([sys.executable, "-c", code], {"HAILONG_CLOCK": "x", "LC_CTYPE": "C.UTF-8"})
    # The fourth is the listing itself.
    assert wait_for_log(daemon) == "['HAILONG_CLOCK', 'LC_CTYPE'] ['0', '1', '2', '3']"
    daemon.stop(timeout_s=5)


def test_stopping_ends_what_the_daemon_started_even_when_it_ignores_the_request(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, "stubborn")
    pid = daemon.start([sys.executable, "-c", STUBBORN], os.environ)
    child = int(wait_for_log(daemon))
    daemon.stop(timeout_s=0.3)
    assert not lives(pid)
    assert not lives(child)


def test_children_of_a_killed_daemon_end_with_the_next_start(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, "stubborn")
    pid = daemon.start([sys.executable, "-c", STUBBORN], os.environ)
    child = int(wait_for_log(daemon))
    os.kill(pid, signal.SIGKILL)
    assert daemon.pid() is None
    assert lives(child)
    daemon.start(SLEEP, os.environ)
    assert not lives(child)
    daemon.stop(timeout_s=5)


def test_another_process_with_the_recorded_id_is_neither_taken_nor_stopped(tmp_path: Path) -> None:
    other = Daemon(tmp_path / "other", "sleeper")
    pid = other.start(SLEEP, os.environ)
    run = tmp_path / "run"
    run.mkdir()
    (run / "recycled.pid").write_text(f"{pid}\n")
    (run / "recycled.birth").write_text("an earlier life")
    recycled = Daemon(tmp_path, "recycled")
    assert recycled.pid() is None
    recycled.stop(timeout_s=1)
    assert other.pid() == pid
    other.stop(timeout_s=5)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no-such-program was not found"):
        Daemon(tmp_path, "missing").start(["no-such-program"], os.environ)


def test_a_busy_port_names_the_setting_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} is in use; set HAILONG_INGEST_URL to another address"):
            require_free_port("127.0.0.1", port, "HAILONG_INGEST_URL")
    require_free_port("127.0.0.1", port, "HAILONG_INGEST_URL")


def test_a_living_stack_keeps_the_environment_it_was_started_with(tmp_path: Path) -> None:
    first = Settings(state_dir=tmp_path, ingest_url="http://127.0.0.1:1")
    started, variables = in_force(first, {"HAILONG_CLOCK": "a past day"}, alive=False)
    assert started.clock == variables["HAILONG_CLOCK"] == "a past day"
    assert started.outbox_path == tmp_path / "data" / "outbox.sqlite"
    again, same_variables = in_force(Settings(state_dir=tmp_path), {}, alive=True)
    assert (again, same_variables) == (started, variables)
    other, _ = in_force(Settings(state_dir=tmp_path), {}, alive=False)
    assert (other.clock, other.api_key) == ("", started.api_key)
    forget(tmp_path)
    assert not (tmp_path / "stack.json").exists()


def test_addresses_and_key_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    settings, _ = in_force(Settings(state_dir=tmp_path), {}, alive=False)
    write_endpoints(settings)
    assert len(settings.api_key.get_secret_value()) >= 32
    for name in ("endpoints.json", "secret.json", "stack.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_the_token_of_one_tablet_is_made_once_and_by_chance(tmp_path: Path) -> None:
    tokens = []
    for folder in (tmp_path / "one", tmp_path / "one", tmp_path / "other"):
        settings, _ = in_force(Settings(state_dir=folder, api_key=SecretStr("key")), {}, alive=False)
        write_endpoints(settings)
        tokens.append(json.loads((folder / "endpoints.json").read_text())["device_token"])
        assert (folder / "tablet-tokens.json").stat().st_mode & 0o777 == 0o600
    assert tokens[0] == tokens[1] != tokens[2]
    assert len(tokens[0]) >= 43
