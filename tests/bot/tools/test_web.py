"""HTTP requests to a real server: deadlines, redirects, names of the environment, failures."""

from __future__ import annotations

import errno
import json
import socket
import time
from typing import Any

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools import web_client
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from bot.tools.web_client import tls_context
from commands.ports.page_text import PageText
from commands.ports.web import MAX_BODY, HttpRequest
from state.errors import Down, LostTrack, Unreachable
from tests.bot.tools.site import PAGE

ENV = {"TOKEN": "t0ken-value"}


@pytest.fixture
def web(places: dict[str, WebPlace]) -> HttpWeb:
    """The tool, which masks nothing, so that the tests see what was sent."""
    return HttpWeb({**places, "tls": WebPlace(url="https://127.0.0.1:1")}, ENV, Redactor([]))


def test_an_answer_has_status_text_and_seconds(web: HttpWeb) -> None:
    began = time.monotonic()
    answer = web.request("api", HttpRequest(path="/page"))
    assert (answer.status, answer.text) == (200, PAGE.decode())
    assert 0 < answer.seconds <= time.monotonic() - began


def test_certificates_are_loaded_only_for_a_place_that_speaks_tls(web: HttpWeb) -> None:
    tls_context.cache_clear()
    web.request("api", HttpRequest(path="/page"))
    assert tls_context.cache_info().currsize == 0
    web._new_client("tls").close()
    assert tls_context.cache_info().currsize == 1


def test_a_redirect_is_not_followed(web: HttpWeb) -> None:
    assert web.request("api", HttpRequest(path="/moved")).status == 302


def test_an_answer_that_trickles_ends_at_its_limit(web: HttpWeb) -> None:
    # each byte comes in time, and they never end: without a limit for the whole answer, this would not return
    with pytest.raises(LostTrack, match=r"GET /trickle: “api” did not answer within 0\.5 s\."):
        web.request("api", HttpRequest(path="/trickle", limit=0.5))


def test_an_answer_that_breaks_off_is_lost(web: HttpWeb) -> None:
    with pytest.raises(LostTrack, match="“api” closed the connection before its answer was complete"):
        web.request("api", HttpRequest(path="/broken"))


def test_only_the_beginning_of_a_very_long_answer_is_read_and_it_says_so(web: HttpWeb) -> None:
    answer = web.request("api", HttpRequest(path="/large"))
    assert (len(answer.text), answer.cut) == (MAX_BODY, True)
    with pytest.raises(ValueError, match="only its beginning was read"):
        answer.json()
    assert not web.request("api", HttpRequest(path="/page")).cut


def test_a_list_of_several_megabytes_is_read_as_a_whole(web: HttpWeb) -> None:
    sent = [{"id": number, "subject": "x" * 100} for number in range(20_000)]
    answer = web.request("api", HttpRequest(path="/", method="POST", json=sent))
    assert (answer.json(), answer.cut) == (sent, False)


def test_a_port_on_which_nothing_listens_is_down_and_its_address_is_not_shown(web: HttpWeb) -> None:
    with pytest.raises(Down, match=r"“gone” cannot be reached: nothing answers at its address\.") as caught:
        web.request("gone", HttpRequest(path="/"))
    assert "127.0.0.1" not in str(caught.value)


def request_error(url: str, limit: float = 5) -> Unreachable:
    """The error of a request to an address that accepts no connection."""
    with pytest.raises(Unreachable) as caught:
        HttpWeb({"api": WebPlace(url=url)}, {}, Redactor([])).request("api", HttpRequest(path="/", limit=limit))
    return caught.value


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "its name cannot be resolved here"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "there is no route to its address from here"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "there is no route to its address from here"),
        (OSError(errno.EMFILE, "Too many open files"), "there is no route to its address from here"),
        (TimeoutError("timed out"), "its address sends no response at all"),
    ],
)
def test_a_failure_that_may_be_the_bots_own_does_not_say_that_the_service_is_down(
    error: OSError, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo" if isinstance(error, socket.gaierror) else "create_connection", refuse)
    caught = request_error("https://api.example" if isinstance(error, socket.gaierror) else "https://127.0.0.1")
    assert not isinstance(caught, Down)
    assert reason in str(caught)


@pytest.mark.parametrize("error", [ConnectionRefusedError("refused"), ConnectionResetError("reset")])
def test_a_place_that_refuses_is_down_and_is_not_tried_again(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = []

    def refuse(address: object, *_: object, **__: object) -> None:
        addresses.append(address)
        raise error

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert isinstance(request_error("https://127.0.0.1"), Down)
    assert len(addresses) == 1


def test_an_unknown_name_and_an_address_that_is_no_web_address_do_not_say_that_the_service_is_down() -> None:
    assert not isinstance(request_error("http://api.invalid"), Down)
    wrong = request_error("ftp://api.example")
    assert not isinstance(wrong, Down)
    assert str(wrong) == "“api” cannot be reached: its address is not a web address; begin it with https:// or http://."


def test_a_name_with_an_address_that_refuses_is_down_though_another_has_no_route(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo

    def both(host: str, port: int | None, *more: Any, **named: Any) -> object:
        if host != "api.example":
            return real(host, port, *more, **named)
        # the second address has no route from anywhere: it is for broadcasts
        return real("127.0.0.1", port, type=socket.SOCK_STREAM) + real("255.255.255.255", port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert isinstance(request_error(f"http://api.example:{free_port()}"), Down)


@pytest.mark.fault("the first of several for all")
def test_the_other_ip_version_is_tried_second_as_often_one_version_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def drop(address: tuple[str, int], *_: object, **__: object) -> None:
        tried.append(address[0])
        raise TimeoutError

    names = ["::1", "::2", "::3", "127.0.0.1", "127.0.0.2"]
    monkeypatch.setattr(web_client, "addresses_of", lambda *_: names)
    monkeypatch.setattr(socket, "create_connection", drop)
    assert "none of its 5 addresses sends a response" in str(request_error("http://api.example"))
    assert tried == ["::1", "127.0.0.1", "127.0.0.2", "::2", "::3"]


@pytest.mark.fault("the first of several for all")
def test_an_address_that_drops_packets_is_asked_last_for_a_while_and_is_still_named(
    places: dict[str, WebPlace], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, real = [], socket.create_connection

    def drop(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        tried.append(address[0])
        if address[0] == "::9":
            raise TimeoutError
        return real(address, *more, **named)

    monkeypatch.setattr(web_client, "addresses_of", lambda *_: ["::9", "127.0.0.1"])
    monkeypatch.setattr(socket, "create_connection", drop)
    web = HttpWeb(places, {}, Redactor([]))
    for _ in range(3):
        answer = web.request("api", HttpRequest(path="/", method="POST", json={}))
        assert (answer.status, answer.silent, answer.others) == (201, ("::9",), ("::9",))
    assert tried == ["::9", "127.0.0.1", "127.0.0.1", "127.0.0.1"]
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + web_client.REMEMBERED)
    web.request("api", HttpRequest(path="/", method="POST", json={}))
    assert tried[4:] == ["::9", "127.0.0.1"], "it may respond again by now"


def test_an_address_that_responds_again_has_its_turn_again(
    places: dict[str, WebPlace], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, real = [], socket.create_connection
    first, second = "127.0.0.8", "127.0.0.9"
    fails: dict[str, OSError] = {}

    def connect(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        tried.append(address[0])
        if error := fails.get(address[0]):
            raise error
        return real(("127.0.0.1", address[1]), *more, **named)

    monkeypatch.setattr(web_client, "addresses_of", lambda *_: [first, second])
    monkeypatch.setattr(socket, "create_connection", connect)
    web = HttpWeb(places, {}, Redactor([]))
    failures: list[dict[str, OSError]] = [{first: TimeoutError()}, {second: ConnectionRefusedError()}, {}]
    for failing in failures:
        fails.clear()
        fails.update(failing)
        web.request("api", HttpRequest(path="/", method="POST", json={}))
    assert tried == [first, second, second, first, first], "it responded to the second request"


def test_a_place_that_accepts_the_connection_but_fails_at_tls_is_down(places: dict[str, WebPlace]) -> None:
    caught = request_error(str(places["api"].url).replace("http:", "https:"))
    assert isinstance(caught, Down)
    why = "what answers does not speak TLS; perhaps its address begins with http://"
    assert str(caught) == f"“api” accepts the connection, but TLS fails ({why})."
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert isinstance(request_error(f"https://127.0.0.1:{silent.getsockname()[1]}", limit=0.5), Down)


def test_names_in_headers_and_json_are_resolved(web: HttpWeb) -> None:
    headers = {"Authorization": PageText("Bearer $TOKEN")}
    assert web.request("api", HttpRequest(path="/token", headers=headers)).text == "Bearer t0ken-value"
    sent = web.request("api", HttpRequest(path="/", method="POST", json={"a": [PageText("$TOKEN"), 1]})).text
    assert json.loads(sent) == {"a": ["t0ken-value", 1]}


def test_the_bots_requests_carry_its_name(web: HttpWeb) -> None:
    assert web.request("api", HttpRequest(path="/agent")).text == "gonogo"


def test_a_secret_that_comes_back_is_masked(places: dict[str, WebPlace]) -> None:
    web = HttpWeb(places, ENV, Redactor(ENV.values()))
    assert web.request("api", HttpRequest(path="/token", headers={"Authorization": PageText("$TOKEN")})).text == "•••"


def test_no_cache_is_to_answer_unless_the_page_says_so(web: HttpWeb) -> None:
    assert web.request("api", HttpRequest(path="/cache")).text == "no-cache"
    assert web.request("api", HttpRequest(path="/cache", headers={"cache-control": "max-age=60"})).text == "max-age=60"


def test_a_proxy_of_the_environment_is_not_asked(web: HttpWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    web.close()
    assert web.request("api", HttpRequest(path="/page")).status == 200
