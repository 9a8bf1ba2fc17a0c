"""What Grafana and its ClickHouse plugin (4.20) do to a statement before the store sees it. Written from their rules.

Two stages: the browser puts in variables (dashboards only), then the plugin's server expands macros (alert rules too).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

ALL = "$__all"
COMMENT_OR_QUOTED = re.compile(r"'(?:\\.|''|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__)(\w+)")
DURATION = re.compile(r"'?(\d+(?:\.\d+)?)(ms|s|m|h)'?")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


class Range(NamedTuple):
    """What a page looks at: milliseconds since 1970, and the interval of one point in milliseconds."""

    from_ms: int
    to_ms: int
    interval_ms: int = 60_000


class MacroError(ValueError):
    """A macro with the wrong number of arguments."""


def in_the_browser(sql: str, values: Mapping[str, str | Sequence[str]], seen: Range) -> str:
    """A page's statement with its variables put in; several values as a list, each escaped as its format says."""
    sql = _conditional_all(sql, values)
    own = {"interval_ms": seen.interval_ms, "from": seen.from_ms, "to": seen.to_ms}
    sql = re.sub(r"\$__(interval_ms|from|to)\b", lambda found: str(own[found[1]]), sql)

    def put_in(found: re.Match[str]) -> str:
        name, form = found[1] or found[3], found[2] or ""
        if name not in values:
            return found[0]
        value = values[name]
        listed = [value] if isinstance(value, str) else list(value)
        if form == "singlequote":
            return ",".join("'" + one.replace("\\", "\\\\").replace("'", "\\'") + "'" for one in listed)
        # Without a format the plugin quotes several values and escapes none: what a careless page gets.
        return listed[0] if isinstance(value, str) else ",".join(f"'{one}'" for one in listed)

    return VARIABLE.sub(put_in, sql)


def on_the_server(sql: str, seen: Range) -> str:
    """A statement with the plugin's macros expanded, the innermost first; raises MacroError."""
    sql = COMMENT_OR_QUOTED.sub(lambda found: found[0] if found[0][0] in "'\"" else " " * len(found[0]), sql)
    from_s, to_s = seen.from_ms // 1000, seen.to_ms // 1000
    interval_s = max(seen.interval_ms // 1000, 1)
    days = [f"toDate('{datetime.fromtimestamp(s, UTC):%Y-%m-%d}')" for s in (from_s, to_s)]
    plain = {
        "fromTime_ms": f"fromUnixTimestamp64Milli({seen.from_ms})",
        "toTime_ms": f"fromUnixTimestamp64Milli({seen.to_ms})",
        "fromTime": f"toDateTime({from_s})",
        "toTime": f"toDateTime({to_s})",
        "interval_s": str(interval_s),
        "interval_ms": str(seen.interval_ms),
        "interval": _as_duration(seen.interval_ms),
    }
    time_filter = "{0} >= " + plain["fromTime"] + " AND {0} <= " + plain["toTime"]
    date_filter = "{0} >= " + days[0] + " AND {0} <= " + days[1]
    called = {
        "timeFilter_ms": (1, "{0} >= " + plain["fromTime_ms"] + " AND {0} <= " + plain["toTime_ms"]),
        "timeFilter": (1, time_filter),
        "dateFilter": (1, date_filter),
        "dateTimeFilter": (2, "(" + date_filter + ") AND (" + time_filter.replace("{0}", "{1}") + ")"),
        "timeInterval_ms": (
            1,
            "toStartOfInterval(toDateTime64({0}, 3), INTERVAL " + f"{max(seen.interval_ms, 1)} millisecond)",
        ),
        "timeInterval": (1, "toStartOfInterval(toDateTime({0}), INTERVAL " + f"{interval_s} second)"),
        "timeGroup": (2, "toStartOfInterval(toDateTime({0}), INTERVAL {1} second)"),
    }
    for name, (wanted, template) in called.items():
        while (found := list(re.finditer(rf"\$__{name}(?![a-zA-Z_])", sql))) != []:
            at = found[-1]  # of nested ones the last is innermost
            arguments, end = _arguments(sql, at.end())
            if len(arguments) != wanted:
                raise MacroError(f"${at[0]}: expected {wanted} argument(s), received {len(arguments)}")
            if name == "timeGroup":
                arguments[1] = str(_seconds(arguments[1]))
            sql = sql[: at.start()] + template.format(*arguments) + sql[end:]
    for name, text in plain.items():
        sql = re.sub(rf"\$__{name}(?![a-zA-Z_])(\(\))?", text, sql)
    return sql


def _arguments(sql: str, at: int) -> tuple[list[str], int]:
    if sql[at : at + 1] != "(":
        return [], at
    depth, parts, quote = 0, [""], ""
    for n, sign in enumerate(sql[at:], at):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([":
            depth += 1
            if depth == 1:
                continue
        elif sign in ")]":
            depth -= 1
            if depth == 0:
                trimmed = [part.strip() for part in parts]
                return (trimmed if any(trimmed) else []), n + 1
        if sign == "," and depth == 1 and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return [], at


def _conditional_all(sql: str, values: Mapping[str, str | Sequence[str]]) -> str:
    while (at := sql.find("$__conditionalAll(")) >= 0:
        arguments, end = _arguments(sql, at + len("$__conditionalAll"))
        value = values.get(arguments[1].strip("${}"), arguments[1])
        joined = value if isinstance(value, str) else ",".join(value)
        sql = sql[:at] + ("1=1" if joined in ("", ALL) else arguments[0]) + sql[end:]
    return sql


def _seconds(text: str) -> int:
    found = DURATION.fullmatch(text)
    if found is None:
        raise MacroError(f"{text} is no duration")
    return round(float(found[1]) * SECONDS[found[2]])


def _as_duration(interval_ms: int) -> str:
    seconds = interval_ms // 1000
    for size, name in ((3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{name}"
    return f"{seconds}s"
