"""Makes sure that the browser tests find Chromium and letters to write with: ``python -m tests.browser_setup``.

Silent when everything is there. As root on Debian or Ubuntu it installs what is missing; elsewhere it says in one
sentence what to install and ends with 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PACKAGES = ("chromium", "fontconfig", "fonts-noto-core", "fonts-noto-color-emoji")


def chromium_path() -> str | None:
    """The installed Chromium or Chrome; None when there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def _font_for(pattern: str) -> bool:
    found = subprocess.run(["fc-list", pattern, "family"], capture_output=True, check=False)
    return bool(found.stdout.strip())


def missing() -> list[str]:
    """What the browser tests need and do not find, in words."""
    lacks = [] if chromium_path() else ["Chromium"]
    if shutil.which("fc-list") is None:
        return [*lacks, "fontconfig"]
    if not _font_for(":lang=vi"):
        lacks.append("a font with Vietnamese letters")
    if not _font_for(":charset=1f642"):
        lacks.append("a font with emoji")
    return lacks


def _install() -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", "-qq", *step], check=True, env=quiet, stdout=subprocess.DEVNULL)


def main() -> int:
    """0 when everything is there in the end, else 1."""
    lacks = missing()
    if lacks and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' '.join(PACKAGES)} (once): the browser tests lack {', '.join(lacks)}")
        try:
            _install()
        except subprocess.CalledProcessError as fault:
            print(f"{' '.join(fault.cmd)} failed with {fault.returncode}", file=sys.stderr)
        lacks = missing()
    if lacks:
        print(
            f"The browser tests lack {', '.join(lacks)}: install Chromium and the Noto and Noto Color Emoji fonts "
            f"(on Debian or Ubuntu: sudo apt-get install {' '.join(PACKAGES)}).",
            file=sys.stderr,
        )
    return 1 if lacks else 0


if __name__ == "__main__":
    sys.exit(main())
