"""The tokens of tablets that were paired from here: made at random, kept in a file that only this user may read.

The system keeps hashes alone, so a token that is lost is made anew. Nothing needs the file once the tablets are set up.
"""

from __future__ import annotations

import json
from pathlib import Path

from contract.links.device_token import new_token
from runtime.private_file import write_private

FILE = "tablet-tokens.json"


class TabletTokens:
    """``tablet-tokens.json`` in a state folder: tokens by the tablet's code."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE
        try:
            self._tokens: dict[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self._tokens = {}

    def get(self, device: str) -> str | None:
        """The token that was made for a tablet here; another one may have been made elsewhere since."""
        return self._tokens.get(device)

    def given_to(self, device: str) -> str:
        """The tablet's token, made and kept now if there is none."""
        return self.get(device) or self.make([device])[device]

    def make(self, devices: list[str]) -> dict[str, str]:
        """New tokens for some tablets in place of those they had here; written to the file before being returned."""
        new_tokens = {device: new_token() for device in devices}
        if new_tokens:
            self._tokens |= new_tokens
            write_private(self.path, self._tokens)
        return new_tokens
