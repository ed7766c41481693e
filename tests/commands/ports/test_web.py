"""The body of a response as JSON."""

from __future__ import annotations

import pytest

from commands.ports.web import HttpResponse


def response(text: str) -> HttpResponse:
    """A response with this body."""
    return HttpResponse(status=200, seconds=0.1, headers={}, text=text)


def test_a_body_is_parsed_as_json() -> None:
    assert response('{"a": [1, null]}').json() == {"a": [1, None]}


@pytest.mark.parametrize("text", ["", "<html>", '{"a": NaN}', "[Infinity]", "-Infinity"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|is not JSON"):
        response(text).json()
