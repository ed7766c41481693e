"""A value in PromQL is the value of a label, whatever characters it has."""

from __future__ import annotations

import pytest

from commands.systems.prometheus.promql import fill_query, query_error
from state.errors import BadValue
from tests.growth import assert_linear

HOSTILE = 'a"} or vector(1) #\\'


def test_a_value_alone_becomes_a_quoted_string() -> None:
    assert fill_query("up{version=<v>}", {"v": "1.2"}) == 'up{version="1.2"}'


def test_a_value_in_quotes_is_the_same_as_one_alone() -> None:
    assert fill_query('up{version="<v>"}', {"v": "1.2"}) == 'up{version="1.2"}'


@pytest.mark.parametrize("query", ["up{v=<v>}", 'up{v="<v>"}', "up{v='<v>'}", "up{v = # why\n <v>}"])
def test_a_value_cannot_leave_its_string(query: str) -> None:
    filled = fill_query(query, {"v": HOSTILE})
    quote = "'" if "'" in query else '"'
    inner = HOSTILE.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    assert f"{quote}{inner}{quote}}}" in filled


def test_in_a_regular_expression_a_value_is_only_itself() -> None:
    assert fill_query('up{pod=~"api-<v>-.*"}', {"v": "1.2|x"}) == 'up{pod=~"api-1\\\\.2\\\\|x-.*"}'
    assert fill_query("up{pod!~<v>}", {"v": "a.b"}) == 'up{pod!~"a\\\\.b"}'


def test_control_characters_are_written_as_escapes() -> None:
    assert fill_query("up{v=<v>}", {"v": "a\nb\u202e"}) == 'up{v="a\\U0000000ab\\U0000202e"}'


def test_nothing_that_was_put_in_is_read_again() -> None:
    assert fill_query("up{a=<a>,b=<b>}", {"a": "<b>", "b": "x"}) == 'up{a="<b>",b="x"}'


def test_an_unknown_name_and_a_comment_stay_as_they_are() -> None:
    query = "up{a=<a>} # <b>"
    assert fill_query(query, {}) == query
    assert fill_query(query, {"b": "\n) or vector(1"}) == query


@pytest.mark.parametrize(
    "query",
    [
        "up > <v>",
        "<v>",
        "up{<v>='x'}",
        "up[<v>]",
        "up{a=`<v>`}",
        'label_replace(up, "a", "<v>", "b", "c")',
        'count_values("<v>", up)',
        "sum by (<v>) (up)",
        "up == <v>",
        "up = <v>",
    ],
)
def test_a_value_anywhere_else_is_refused_before_and_during_the_run(query: str) -> None:
    assert "<v> must be the value of a label" in query_error(query)
    with pytest.raises(BadValue, match="not the value of a label"):
        fill_query(query, {"v": "x"})


def test_a_quote_that_is_closed_nowhere_is_refused() -> None:
    assert query_error("up{a='x} <v>") == "a quote is not closed on its line; close it"
    with pytest.raises(BadValue):
        fill_query("up{a='x, b=<v>}", {"v": "'} or up{a='"})


def test_an_empty_value_is_refused_because_it_would_select_what_has_no_such_label() -> None:
    with pytest.raises(BadValue, match="<v> is empty"):
        fill_query("up{version=<v>}", {"v": ""})


def test_a_query_without_values_is_never_changed() -> None:
    query = "sum(rate(http_requests_total{code=~'5..'}[5m])) / 2 < 3 > bool 1 # a < b > c"
    assert (query_error(query), fill_query(query, {"v": "x"})) == ("", query)


@pytest.mark.parametrize("piece", ['"', "`", "'\\\\", "{a=<v>}", "=", "#", "<v"])
def test_a_long_query_takes_time_in_proportion_to_its_length(piece: str) -> None:
    assert_linear(query_error, piece, "{}<v>")
    assert_linear(lambda query: fill_query(query, {"v": "x"}), piece, "up{{a=<v>}}{}")
