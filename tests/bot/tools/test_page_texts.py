"""Texts of the page are resolved once, and values stay data in whatever place they are sent to."""

from __future__ import annotations

import pytest

from bot.tools.page_texts import header, json_body, resolve, sql_parameters, url_path
from commands.ports.page_text import PageText
from state.errors import BadSettings, BadValue


def test_every_name_in_a_text_is_replaced_by_its_value() -> None:
    environ = {"USER_1": "me", "HOST": "shop.example"}
    assert resolve(PageText("$USER_1@$HOST:22, $5, $lower"), environ) == "me@shop.example:22, $5, $lower"


@pytest.mark.parametrize("environ", [{}, {"HOST": ""}])
def test_a_name_that_is_not_set_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match=r"HOST is not set in the bot's environment\."):
        resolve(PageText("me@$HOST"), environ)


def test_a_value_is_not_resolved_again() -> None:
    assert resolve(PageText("$A"), {"A": "$B", "B": "x"}) == "$B"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("7", "/api/jobs/7/approve?by=7"),
        ("$TOKEN", "/api/jobs/%24TOKEN/approve?by=%24TOKEN"),
        ("<b>", "/api/jobs/%3Cb%3E/approve?by=%3Cb%3E"),
        (
            "../../admin/users/7?force=1",
            "/api/jobs/..%2F..%2Fadmin%2Fusers%2F7%3Fforce%3D1/approve?by=..%2F..%2Fadmin%2Fusers%2F7%3Fforce%3D1",
        ),
        ("a#b&c=d", "/api/jobs/a%23b%26c%3Dd/approve?by=a%23b%26c%3Dd"),
        ("%2e%2e%2f", "/api/jobs/%252e%252e%252f/approve?by=%252e%252e%252f"),
        ("..\\..\\x", "/api/jobs/..%5C..%5Cx/approve?by=..%5C..%5Cx"),
        ("..;x", "/api/jobs/..%3Bx/approve?by=..%3Bx"),
        ("@evil.example", "/api/jobs/%40evil.example/approve?by=%40evil.example"),
        ("งาน 1", "/api/jobs/%E0%B8%87%E0%B8%B2%E0%B8%99%201/approve?by=%E0%B8%87%E0%B8%B2%E0%B8%99%201"),
    ],
)
def test_a_value_cannot_leave_its_part_of_a_path_or_a_query(value: str, path: str) -> None:
    text = PageText("/api/jobs/<job>/approve?by=<job>", {"job": value, "b": "no"})
    assert url_path(text, {"TOKEN": "secret"}) == path


@pytest.mark.parametrize(("text", "value"), [("/a/<x>", ".."), ("/a/<x>/b", "."), ("/a/.<x>", "."), ("/<x><x>", ".")])
def test_a_value_that_would_be_a_folder_above_is_refused(text: str, value: str) -> None:
    with pytest.raises(BadValue, match=r"is a folder \. or \.\., so the request was not sent"):
        url_path(PageText(text, {"x": value}), {})


@pytest.mark.parametrize("value", ["a\r\nHost: evil", "a\0b", "a\x1b[2J", "a\ud800"])
def test_a_control_character_is_sent_in_no_path(value: str) -> None:
    with pytest.raises(BadValue):
        url_path(PageText("/a/<x>", {"x": value}), {})


@pytest.mark.parametrize("path", ["@evil.example/", ":99/x", ".evil.example/x", "api"])
def test_a_path_always_begins_with_a_slash_so_that_it_names_no_other_host(path: str) -> None:
    assert url_path(path, {}) == url_path(PageText(path), {}) == f"/{path}"


@pytest.mark.parametrize("value", ["a\r\nX-Admin: 1", "a\nb", "a\0", "\x7f", "ก"])
def test_a_header_has_no_line_end_no_control_character_and_only_ascii(value: str) -> None:
    with pytest.raises(BadValue) as caught:
        header("X-Job", PageText("job <x>", {"x": value}), {})
    assert str(caught.value).startswith("The header X-Job (job <x>) would have a line end,")
    with pytest.raises(BadValue) as caught:
        header("Authorization", PageText("Bearer $TOKEN"), {"TOKEN": f"secret{value}"})
    assert "secret" not in str(caught.value)


def test_a_value_in_a_header_or_in_json_is_no_name() -> None:
    values = {"x": "$TOKEN", "y": "<x>"}
    assert header("X-Job", PageText("$TOKEN <x><y>", values), {"TOKEN": "t"}) == "t $TOKEN<x>"
    data = {"$TOKEN": [PageText("$TOKEN <x>", values), "$TOKEN", 7, None]}
    assert json_body(data, {"TOKEN": "t"}) == {"$TOKEN": ["t $TOKEN", "$TOKEN", 7, None]}


def test_values_in_sql_are_parameters_and_nothing_of_a_query_is_resolved() -> None:
    text = PageText("SELECT $A$<b>$A$, <a>, '<a>' WHERE x = <c>", {"a": "'; DROP TABLE x; --", "c": "<a>", "A": "no"})
    assert sql_parameters(text) == ("SELECT $A$<b>$A$, $1, $1 WHERE x = $2", ["'; DROP TABLE x; --", "<a>"])


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_what_no_place_can_hold_is_refused(value: str) -> None:
    text = PageText("<x>", {"x": value})
    for send in (lambda: sql_parameters(text), lambda: json_body([text], {})):
        with pytest.raises(BadValue, match="has a zero byte or half a character, so it was not sent"):
            send()


def test_a_plain_text_is_data_in_which_nothing_is_resolved() -> None:
    environ = {"TOKEN": "t"}
    assert resolve("$TOKEN", environ) == "$TOKEN"
    assert header("X", "$TOKEN", environ) == "$TOKEN"
    assert url_path("/$TOKEN", environ) == "/$TOKEN"
