"""The tests' macro engine gives what the plugin's own gives (outputs of the real engine, version 4.19 and 4.20)."""

from __future__ import annotations

import pytest

from tests.grafana_macros import MacroError, Range, in_the_browser, on_the_server

SEEN = Range(1_780_272_000_123, 1_780_358_400_456, 90_000)


@pytest.mark.parametrize(
    ("sql", "expanded"),
    [
        (
            "$__timeFilter( toDateTime(a.ts, 'UTC') )",
            "toDateTime(a.ts, 'UTC') >= toDateTime(1780272000) AND toDateTime(a.ts, 'UTC') <= toDateTime(1780358400)",
        ),
        (
            "$__timeFilter_ms(ts)",
            "ts >= fromUnixTimestamp64Milli(1780272000123) AND ts <= fromUnixTimestamp64Milli(1780358400456)",
        ),
        ("$__timeInterval(ts)", "toStartOfInterval(toDateTime(ts), INTERVAL 90 second)"),
        ("$__timeInterval_ms(ts)", "toStartOfInterval(toDateTime64(ts, 3), INTERVAL 90000 millisecond)"),
        ("count()/$__interval_s, '$__interval', $__interval_ms", "count()/90, '90s', 90000"),
        ("$__timeGroup(ts, '1h')", "toStartOfInterval(toDateTime(ts), INTERVAL 3600 second)"),
        ("$__dateFilter(d)", "d >= toDate('2026-06-01') AND d <= toDate('2026-06-02')"),
        ("$__fromTime() < $__toTime", "toDateTime(1780272000) < toDateTime(1780358400)"),
        ("$__fromTime_ms", "fromUnixTimestamp64Milli(1780272000123)"),
        ("'a -- b' -- $__timeFilter()", "'a -- b'" + " " * 19),
        ("$__somethingElse", "$__somethingElse"),
    ],
)
def test_a_macro_becomes_what_the_plugin_makes_of_it(sql: str, expanded: str) -> None:
    assert on_the_server(sql, SEEN) == expanded


@pytest.mark.parametrize("sql", ["$__timeFilter(a, b)", "$__timeFilter (ts)", "$__timeFilter()", "$__timeGroup(t, 1d)"])
def test_a_macro_with_wrong_arguments_is_an_error(sql: str) -> None:
    with pytest.raises(MacroError):
        on_the_server(sql, SEEN)


def test_the_browser_puts_in_variables_as_their_format_says() -> None:
    values = {"unit": "O'Hare", "both": ["O'Hare", "B"], "all": "$__all"}
    assert in_the_browser("= ${unit:singlequote}", values, SEEN) == r"= 'O\'Hare'"
    assert in_the_browser("IN (${both:singlequote})", values, SEEN) == r"IN ('O\'Hare','B')"
    assert in_the_browser("IN ($both)", values, SEEN) == "IN ('O'Hare','B')"
    assert in_the_browser("$__conditionalAll(a IN (${all:singlequote}), $all)", values, SEEN) == "1=1"
    assert in_the_browser("$__conditionalAll(a = 1, $unit)", values, SEEN) == "a = 1"
