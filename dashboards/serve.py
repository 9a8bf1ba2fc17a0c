"""The process ``hailong dashboards``: the read API here, the pages in a Streamlit child beside it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from importlib.resources import files
from ipaddress import ip_address

from dashboards.api.app import make_api
from runtime.http import host_and_port, own_names, serve_app
from runtime.settings import Settings

PR_SET_PDEATHSIG = 1
CHILD_STOP_S = 5.0


def serve(settings: Settings) -> None:
    """Runs both until a signal to stop; when the pages' process ends, so does this one."""
    page = _start_page(settings)
    threading.Thread(target=_end_with, args=(page,), daemon=True).start()
    try:
        serve_app(make_api(settings), settings.api_url, settings.listen_host)
    finally:
        page.terminate()
        page.wait(timeout=CHILD_STOP_S)


def allowed_hosts(settings: Settings) -> list[str]:
    """The names by which the pages may be opened: of their own address, of this machine, and those of the setting."""
    listed = own_names(settings.allowed_hosts, settings.dashboards_url)
    bound_to = settings.listen_host
    if bound_to and not settings.allowed_hosts and ip_address(bound_to).is_unspecified:
        # Browsers use an address of this machine that this process cannot know.
        return ["*"]
    return sorted({*listed, *filter(None, [bound_to]), "localhost", "127.0.0.1", "::1"})


def _start_page(settings: Settings) -> subprocess.Popen[bytes]:
    host, port = host_and_port(settings.dashboards_url)
    options = {
        "server.address": settings.listen_host or host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        # Otherwise Streamlit asks the internet for this machine's address.
        "browser.serverAddress": host,
        "client.toolbarMode": "minimal",
        # Errors belong in the log; visitors get no traceback, no paths and no links that lead away.
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        # A collection of all garbage behind each refresh of each viewer costs more than the refresh.
        "runner.postScriptGC": "false",
        # One look whatever the system's theme; red is reserved for alarms.
        "theme.base": "light",
        "theme.primaryColor": "#0b4a8f",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(files("dashboards.pages").joinpath("main.py"))]
    for name, value in options.items():
        command += [f"--{name}", value]
    # Any other host name may be an attacker's page that tries to read this one (DNS rebinding).
    for host in allowed_hosts(settings):
        command += ["--server.allowedHosts", host]
    return subprocess.Popen(command, preexec_fn=_die_with_parent)  # noqa: PLW1509 one thread runs at this point


def _die_with_parent() -> None:
    # A parent killed with SIGKILL cannot stop its child; the kernel can (Linux).
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_with(page: subprocess.Popen[bytes]) -> None:
    page.wait()
    os.kill(os.getpid(), signal.SIGTERM)
