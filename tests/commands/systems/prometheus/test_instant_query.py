"""What Prometheus' API answers: samples, its own words, and answers that are none."""

from __future__ import annotations

import math
from typing import Any

import pytest

from commands.ports.web import HttpRequest, HttpResponse
from commands.systems.prometheus.instant_query import Answer, PrometheusError, Server
from state.errors import LostTrack
from tests.world import World

VECTOR = '{"status":"success","data":{"resultType":"vector","result":[%s]}}'
ONE = '{"metric":{},"value":[1795888324.344,"0.5"]}'


def ask(text: Any, status: int = 200, token: str = "") -> Answer:
    """Ask a server that answers so."""
    world = World()
    reply = HttpResponse(status=status, seconds=0.1, headers={}, text=text) if isinstance(text, str) else text
    world.on_web("/api/v1/query", reply)
    return Server(web=world.tools().web, place="metrics", token=token).ask("up", limit=10)


def refused(text: Any, status: int = 200, token: str = "") -> PrometheusError:
    """The error of such a question."""
    with pytest.raises(PrometheusError) as caught:
        ask(text, status, token).only()
    return caught.value


def test_the_query_is_sent_encoded_with_the_token_and_past_caches() -> None:
    asked: list[HttpRequest] = []
    world = World()

    def reply(_: Any) -> HttpResponse:
        return HttpResponse(status=200, seconds=0.1, headers={}, text=VECTOR % ONE)

    world.on_web("", reply)
    tools = world.tools()

    class Listening:
        def request(self, place: str, call: HttpRequest) -> HttpResponse:
            asked.append(call)
            return tools.web.request(place, call)

        def close(self) -> None:
            """Nothing is open."""

    server = Server(web=Listening(), place="metrics", token="$TOKEN")
    server.ask('up{a="b&c=d #é"}', limit=10, time=12.5)
    assert asked[0].path == "/api/v1/query?query=up%7Ba%3D%22b%26c%3Dd+%23%C3%A9%22%7D&time=12.500"
    assert {name: str(text) for name, text in asked[0].headers.items()} == {
        "Cache-Control": "no-cache",
        "Authorization": "Bearer $TOKEN",
    }


def test_a_vector_of_one_and_a_scalar_are_one_sample() -> None:
    sample = ask(VECTOR % ONE).only()
    assert sample is not None
    assert (sample.value, sample.at) == (0.5, 1795888324.344)
    scalar = ask('{"status":"success","data":{"resultType":"scalar","result":[12,"1e+06"]}}')
    assert (scalar.is_vector, scalar.samples[0].value) == (False, 1e6)


def test_an_empty_vector_is_no_sample_and_several_are_refused_with_their_number() -> None:
    assert ask(VECTOR % "").only() is None
    assert str(refused(VECTOR % ",".join([ONE] * 3))) == "The query gives 3 series; aggregate it in the query."


def test_warnings_and_notes_of_the_server_are_read_as_one_plain_line_each() -> None:
    more = VECTOR[:-1] % ONE + ',"warnings":["store b\\u202e away\\n"],"infos":["not a counter"]}'
    answer = ask(more)
    assert (answer.warnings, answer.notes) == (("store b\\u202e away\\n",), ("not a counter",))


def test_an_answer_that_is_called_partial_is_one_with_a_warning() -> None:
    partial = '{"status":"success","isPartial":%s,"data":{"resultType":"vector","result":[]}}'
    assert ask(partial % "true").warnings == ("isPartial: a part of its storage did not answer",)
    assert ask(partial % "false").warnings == ()


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "1e999"])
def test_no_number_is_read_as_what_it_is(text: str) -> None:
    assert not math.isfinite(ask(VECTOR % ONE.replace("0.5", text)).samples[0].value)


@pytest.mark.parametrize(
    ("status", "text", "token", "words"),
    [
        (400, '{"status":"error","errorType":"bad_data","error":"1:5: parse error: x"}', "",
         "refuses the query (400): 1:5: parse error: x."),
        (422, '{"status":"error","errorType":"execution","error":"many-to-many matching"}', "",
         "refuses the query (422): many-to-many matching."),
        (200, '{"status":"error","error":"late"}', "", "refuses the query (200): late."),
        (401, "Unauthorized", "", "wants a token (401)."),
        (403, "{}", "$TOKEN", "does not accept the token $TOKEN (403)."),
        (302, "", "", "redirects to another address."),
        (502, "<html>", "", "answers 502."),
        (404, '{"status":"success"}', "", "answers 404."),
        (200, "<html>Log in</html>", "", "does not answer like Prometheus' API."),
        (200, "[1]", "", "does not answer like Prometheus' API."),
        (200, "{}", "", "answers 200."),
        (200, '{"status":"success"}', "", "does not answer like Prometheus' API."),
        (200, VECTOR % '{"metric":{}}', "", "does not answer like Prometheus' API."),
        (200, VECTOR % '{"value":["now","1"]}', "", "does not answer like Prometheus' API."),
        (200, VECTOR % '{"value":[1,"1_0"]}', "", "does not answer like Prometheus' API."),
        (200, VECTOR % '{"value":[1,2]}', "", "does not answer like Prometheus' API."),
        (200, VECTOR % '{"value":[1,["1"]]}', "", "does not answer like Prometheus' API."),
        (200, VECTOR % ('{"value":[1%s,"1"]}' % ("0" * 400)), "", "does not answer like Prometheus' API."),
        (200, VECTOR % '{"value":[true,"1"]}', "", "does not answer like Prometheus' API."),
        (200, '{"status":"success","data":{"resultType":"streams","result":[]}}', "", "does not answer like"),
        (200, (VECTOR % ONE)[:50], "", "is cut off or broken"),
        (200, '{"status":"success","data":{"resultType":"matrix","result":[]}}', "", "samples over a time"),
        (200, '{"status":"success","data":{"resultType":"string","result":[1,"x"]}}', "", "gives a text"),
        (200, VECTOR % '{"metric":{},"histogram":[1,{}]}', "", "gives a histogram"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_reported_in_the_servers_words(status: int, text: str, token: str, words: str) -> None:
    error = refused(text, status, token)
    assert words in str(error)
    assert error.seconds == 0.1


def test_a_long_or_strange_error_is_cut_and_made_plain() -> None:
    error = refused('{"status":"error","error":"a\\u001b[31m%s"}' % ("x" * 5000), 400)
    assert len(str(error)) < 400
    assert "a\\x1b[31m" in str(error)


def test_a_busy_server_may_be_asked_again_and_a_silent_one_has_no_time() -> None:
    assert refused("", 503).busy
    error = refused(LostTrack("GET … did not answer"))
    assert (str(error), error.seconds, error.busy) == ("“metrics” gave no whole answer within 10 s.", None, False)
