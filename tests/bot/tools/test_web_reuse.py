"""A server ends a connection when it is used again: only what can be repeated is sent again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.web import HttpRequest
from state.errors import LostTrack

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"


class OneAnswerEach:
    """Answers the requests of each connection with `first` and `second`, and ends it then, or if one is empty."""

    def __init__(self, first: bytes = ANSWER, second: bytes = b"") -> None:
        self.first, self.second = first, second
        self.seen: list[tuple[int, str]] = []  # the number of the connection, and the method
        self.listening = socket.create_server(("127.0.0.1", 0))

    def serve(self) -> None:
        number = 0
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self._answer, args=(number, connection), daemon=True).start()

    def _answer(self, number: int, connection: socket.socket) -> None:
        with connection:
            for answer in (self.first, self.second):
                if not (request := connection.recv(65536)):
                    return
                self.seen.append((number, request.decode().split(" ")[0]))
                if not answer:
                    return
                connection.sendall(answer)


@contextmanager
def served(server: OneAnswerEach) -> Iterator[HttpWeb]:
    threading.Thread(target=server.serve, daemon=True).start()
    port = server.listening.getsockname()[1]
    web = HttpWeb({"api": WebPlace(url=f"http://127.0.0.1:{port}")}, {}, Redactor([]))
    try:
        yield web
    finally:
        web.close()
        server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()


def ask(web: HttpWeb, method: str) -> int:
    return web.request("api", HttpRequest(path="/", method=method)).status


def test_a_get_that_meets_the_end_of_an_open_connection_is_sent_again_on_a_new_one() -> None:
    with served(server := OneAnswerEach()) as web:
        assert [ask(web, "GET") for _ in range(3)] == [200, 200, 200]
    # the repeated one's own connection is not kept, so the third opens another
    assert server.seen == [(1, "GET"), (1, "GET"), (2, "GET"), (3, "GET")]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_may_change_something_goes_once_and_on_a_new_connection(method: str) -> None:
    with served(server := OneAnswerEach()) as web:
        assert (ask(web, "GET"), ask(web, method)) == (200, 200)
    assert server.seen == [(1, "GET"), (2, method)]


def test_a_get_whose_answer_breaks_off_is_not_sent_again() -> None:
    with served(server := OneAnswerEach(second=HALF)) as web:
        assert ask(web, "GET") == 200
        with pytest.raises(LostTrack, match="closed the connection before its answer was complete"):
            ask(web, "GET")
    assert server.seen == [(1, "GET"), (1, "GET")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_new_connection_that_ends_without_an_answer_is_not_tried_again(method: str) -> None:
    with (
        served(server := OneAnswerEach(first=b"")) as web,
        pytest.raises(LostTrack, match="closed the connection before its answer was complete"),
    ):
        ask(web, method)
    assert server.seen == [(1, method)]
