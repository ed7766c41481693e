"""The shape of an HTTP answer, and what its fields must hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.ports.web import HttpResponse
from commands.systems.http_answers import (
    Shape,
    field,
    field_errors,
    from_cache,
    holds_secret,
    is_api,
    is_page,
    shape_error,
    status_of,
)
from tests.growth import assert_linear

ONE_TEXT = pytest.mark.fault("one text, two readers")
PAGE = "\ufeff <!-- built --> <!DOCTYPE html><title>Log in</title>"


def response(text: str) -> HttpResponse:
    """A response with this body."""
    return HttpResponse(status=200, seconds=0.1, headers={}, text=text)


@pytest.mark.parametrize(
    ("path", "api"), [("/api/jobs", True), ("/v2/api", True), ("/api?x=1", True), ("/apis", False), ("/rapid/x", False)]
)
def test_a_path_with_api_as_one_of_its_names_is_an_apis(path: str, api: bool) -> None:
    assert is_api(path) is api


@pytest.mark.parametrize("text", [PAGE, "<HTML>", "\n<body class='x'>", "<head>"])
def test_a_web_page_is_recognised_by_its_start(text: str) -> None:
    assert is_page(response(text))


@pytest.mark.parametrize("text", ['{"html": "<html>"}', "<p>part of a page</p>", "<htmlx>", ""])
def test_anything_else_is_no_web_page(text: str) -> None:
    assert not is_page(response(text))


@pytest.mark.parametrize(
    ("shape", "text", "error"),
    [
        ("json", "[1]", ""),
        ("json", PAGE, "The answer is a web page instead of JSON."),
        ("json", "OK", "The answer is not JSON."),
        ("list", "[]", ""),
        ("list", "{}", "The answer is not a JSON list."),
        ("object", "{}", ""),
        ("object", "[]", "The answer is not a JSON object."),
        ("object", PAGE, "The answer is a web page instead of a JSON object."),
        ("page", PAGE, ""),
        ("page", "{}", "The answer is not an HTML page."),
    ],
)
def test_a_wrong_shape_is_named(shape: Shape, text: str, error: str) -> None:
    assert shape_error(response(text), shape) == error


def test_a_field_is_found_by_its_path() -> None:
    data = {"a": {"b": [1]}, "c": "x"}
    assert field(data, "a.b") == [1]
    assert field(data, "a.x.y") is None
    assert field([1], "a") is None


@pytest.mark.parametrize(
    ("expected", "good", "bad"),
    [
        ("<any>", [0, "", False, []], [None]),
        ("<text>", ["x"], ["", "  ", 1, None]),
        ("<number>", [0, 1.5, -3], [True, "1", float("inf"), None]),
        ("ok", ["ok"], ["OK", None]),
        (3, [3, 3.0], ["3", 4]),
        pytest.param(1, [1, 1.0], [True], marks=ONE_TEXT),
        pytest.param(True, [True], [1, 1.0, "true", None], marks=ONE_TEXT),
        pytest.param([{"ready": True}, 0], [[{"ready": True}, 0]], [[{"ready": 1}, 0], [{"ready": True}, False], [{}]]),
    ],
)
def test_a_field_must_hold_the_expected_value_or_kind_of_value(expected: Any, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if field_errors({"f": value}, {"f": expected})] == []
    assert [value for value in bad if not field_errors({"f": value}, {"f": expected})] == []


def test_the_error_of_a_field_shows_no_secret() -> None:
    data = {"status": "pending", "token": "s3cr3t-1"}
    assert field_errors(data, {"status": "done", "token": "x"}) == [
        "status is 'pending' instead of 'done'.",
        "token is '•••' instead of 'x'.",
    ]


def test_a_field_holds_a_secret_by_its_name_or_its_value() -> None:
    data = {"session": "s3cr3t-1", "data": "eyJhbGciOi.SESSION.abc", "id": 7}
    assert holds_secret(data, "session")
    assert holds_secret(data, "data")
    assert not holds_secret(data, "id")


def test_a_page_may_start_with_comments_of_any_number_and_length() -> None:
    assert is_page(response("<!---->" * 1000 + f"<!-- {'x' * 5000} -->\n<html>"))
    assert not is_page(response("<!-- <html> "))
    assert not is_page(response("<!--><p>"))


@pytest.mark.parametrize("piece", ["<!-- -->", "<!--", "<!---->\n", " ", "<", "-->", "<!-- - -- ->"])
def test_the_time_to_recognise_a_page_grows_with_its_length_and_no_faster(piece: str) -> None:
    # 342 characters of such comments once took longer than anybody waited
    assert_linear(lambda text: is_page(response(text)), piece)


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Age", "900"),
        ("X-Cache", "HIT"),
        ("x-cache", "Hit from cloudfront"),
        ("X-Cache", "MISS, HIT"),
        ("X-Cache", "TCP_MEM_HIT from a23"),
        ("CF-Cache-Status", "STALE"),
        ("X-Proxy-Cache", "UPDATING"),
        ("Cache-Status", "edge; hit; ttl=30"),
        ("X-Cache", "TCP_REFRESH_FAIL_HIT from a23"),
        ("X-Cache", "TCP_REFRESH_FAIL_OLD"),
        ("Warning", '110 squid "Response is stale"'),
        ("X-Rack-Cache", "fresh"),
        ("X-Vercel-Cache", "PRERENDER"),
        ("X-Varnish", "32770 3"),
        ("X-Cache-Hits", "0, 2"),
        ("Server-Timing", "cdn-cache; desc=HIT, edge; dur=1"),
    ],
)
def test_an_answer_that_a_cache_gave_is_told_by_its_headers(name: str, value: str) -> None:
    assert from_cache(replace(response("{}"), headers={"date": "now", name: value})) == f"{name}: {value}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Age", "0"),
        ("Age", "old"),
        ("X-Cache", "MISS"),
        ("X-Cache", "RefreshHit from cloudfront"),
        ("X-Cache", "TCP_REFRESH_HIT"),
        ("CF-Cache-Status", "DYNAMIC"),
        ("CF-Cache-Status", "REVALIDATED"),
        ("Cache-Status", "edge; fwd=stale"),
        ("Cache-Control", "hit"),
        ("X-Cache-Lookup", "HIT from squid"),
        ("X-Page", "HIT"),
        ("X-Rack-Cache", "stale, valid, store"),
        ("X-Varnish", "32770"),
        ("X-Cache-Hits", "0, 0"),
        ("Warning", '199 - "misc"'),
        ("Server-Timing", "cdn-cache; desc=MISS, edge; dur=1"),
    ],
)
def test_an_answer_that_the_service_gave_or_confirmed_is_none_of_a_cache(name: str, value: str) -> None:
    assert from_cache(replace(response("{}"), headers={name: value})) == ""


@pytest.mark.parametrize(
    ("found", "wanted", "sentence"),
    [
        ({"done": False}, True, "done is false instead of true."),
        ({"done": None}, True, "done is missing or null instead of true."),
        ({}, "<text>", "done is missing or null instead of '<text>'."),
        ({"done": [1]}, "x", "done is [1] instead of 'x'."),
    ],
)
def test_a_wrong_field_is_named_in_the_words_of_json(found: dict[str, Any], wanted: Any, sentence: str) -> None:
    assert field_errors(found, {"done": wanted}) == [sentence]


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("status", "location", "told"),
    [
        (302, "/login?next=%2Fhealth&token=abcdef", "302 (to /login)"),
        (301, "https://shop.example/health", "301 (to https://shop.example/health)"),
        (307, "https://user:secret@sso.example/#x", "307 (to https://sso.example/)"),
        (307, "//user:secret@sso.example/", "307 (to //sso.example/)"),
        (302, "/\u202egnp", "302 (to /\\u202egnp)"),
        (302, "/" + "x" * 500, f"302 (to /{'x' * 79})"),
        (304, "", "304"),
        (200, "/login", "200"),
        (503, "/login", "503"),
    ],
    ids=str,
)
def test_of_a_redirect_is_told_where_it_leads_without_what_may_be_secret(status: int, location: str, told: str) -> None:
    answer = replace(response(""), status=status, headers={"location": location} if location else {})
    assert status_of(answer) == told
