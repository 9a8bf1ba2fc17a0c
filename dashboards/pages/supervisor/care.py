"""Who takes care of what, from the read API's acknowledgements, as the supervisor's page tells it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dashboards.pages.supervisor.blocks import link
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import escape

Rows = list[dict[str, Any]]


class Care:
    """The latest acknowledgement of each unit and matter; ``words`` come latest first.

    ``address`` gives the page's own address with other parameters.
    """

    def __init__(
        self, words: Sequence[dict[str, Any]], address: Callable[[Mapping[str, str]], str], texts: Texts
    ) -> None:
        self.latest = {(word["unit"], word["about"]): word for word in reversed(words)}
        self._address = address
        self._texts = texts

    def word(self, unit: str, about: str, since: str | None = None) -> dict[str, Any] | None:
        """Who takes care of it; None when it became known (``since``) after that was said."""
        found = self.latest.get((unit, about))
        if found and since and form.instant(since) > form.instant(found["occurred_at"]):
            return None
        return found

    def split(self, rows: Iterable[dict[str, Any]], about: str, since: str = "") -> tuple[Rows, Rows]:
        """Rows about units, which nobody takes care of and which somebody does; ``since`` names their column."""
        left: Rows = []
        taken: Rows = []
        for row in rows:
            (taken if self.word(row["unit"], about, row[since] if since else None) else left).append(row)
        return left, taken

    def shown(self, unit: str, about: str, since: str | None = None) -> str:
        """Who takes care of it, or the link by which somebody does."""
        word = self.word(unit, about, since)
        if word is None:
            return link(self._address({"ack": f"{unit}~{about}"}), self._texts("acknowledge.take"), ' class="care"')
        at = f"{form.instant(word['occurred_at']):%H:%M}"
        told = self._texts("acknowledge.taken", by=word["by"], at=at)
        comment = f": {word['comment']}" if word["comment"] else ""
        return f'<span class="care">✓ {escape(told + comment)}</span>'
