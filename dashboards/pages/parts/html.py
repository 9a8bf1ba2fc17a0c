"""Markup for the pages: the only module that writes a ``<``.

Builders in Python and no templates, so that a block of a page is one file: its question, its answer's type and what it
draws, all read by the type checker. A template would be a second file for each block, in a language that checks no
name. ``tag`` escapes each text that is not ``Html`` already, and makes it plain first (``plain_text``), since names,
codes and comments come from others. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboards.texts.plain_text import escape

CHOSEN = {"aria_current": "true"}
"""The attribute of what is looked at already, among other choices."""


class Html(str):
    """Markup. Only this module makes it; other modules put it together with `join` and `tag`."""

    __slots__ = ()


def join(content: Iterable[str], between: str = "") -> Html:
    """Pieces of markup and of text in a row; the texts are escaped."""
    return Html(between.join(piece if isinstance(piece, Html) else escape(piece) for piece in content))


def tag(name: str, *content: str, **attributes: str | None) -> Html:
    """An element. ``kind`` is its class, ``_`` in an attribute's name a hyphen; an attribute of None is left out."""
    written = "".join(
        f' {"class" if key == "kind" else key.replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{written}>{join(content)}</{name}>")


def page_head(style: str, language: str) -> Html:
    """A page's style, and its language, by which screen readers choose their voice."""
    return Html(f"<style>{style}</style><script>document.documentElement.lang = '{language}'</script>")


def link(address: str, text: str, **attributes: str | None) -> Html:
    """A link that stays in this window."""
    return tag("a", text, href=address, target="_self", **attributes)


def banner(text: str, way_out: Html | None = None) -> Html:
    """A sentence that nobody overlooks, with a link that leads back to a page without the problem."""
    return tag("p", f"⚠ {text}", *((" ", way_out) if way_out else ()), kind="banner", role="alert")


def quiet(text: str) -> Html:
    """The sentence of a block that has nothing to show."""
    return tag("p", text, kind="quiet")


def more(left: int, text: str) -> Html:
    """How many entries a list leaves out; nothing when it leaves out none."""
    return quiet(text) if left > 0 else Html()


def heading(text: str, note: str = "", problem: str = "") -> Html:
    """A block's heading, with what is wrong with the block if anything is."""
    extra = tag("span", note, kind="note") if note else ""
    stale = tag("span", f"⚠ {problem}", kind="stale") if problem else ""
    return tag("h2", f"{text} ", extra, stale)


def verdict(state: str, text: str, details: Html | None = None, role: str | None = "status") -> Html:
    """A judgement in one sentence, with its details behind it."""
    return tag("p", text, *((" ", details) if details is not None else ()), kind=f"verdict {state}", role=role)


def sentence(state: str, *content: str) -> Html:
    """The result of a comparison, in a frame with the colour of its ``state``."""
    return tag("p", *content, kind=f"recount {state}", role="status")


def choice(options: Mapping[str, tuple[str, str]], chosen: str) -> Html:
    """One of some views, as links: by each name its text and its address."""
    links = (link(address, text, **(CHOSEN if name == chosen else {})) for name, (text, address) in options.items())
    return tag("p", *links, kind="choice")


def counts_line(counted: Mapping[str, str], label: str | Html = "") -> Html:
    """Some counts in a row, by name."""
    pairs = (tag("span", f"{name} ", tag("b", count)) for name, count in counted.items())
    return tag("p", label, *pairs, kind="queue")


def definitions(kind: str, entries: Mapping[str, str]) -> Html:
    """Terms, each with what it means."""
    pairs = (part for term, text in entries.items() for part in (tag("dt", term), tag("dd", text)))
    return tag("dl", *pairs, kind=kind)
