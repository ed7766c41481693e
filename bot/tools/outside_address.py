"""An outside service that the bot calls: by proxy, within a deadline, its address a secret."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import httpx

from bot.tools.proxy import proxy_for
from bot.tools.retry_after import retry_after
from bot.tools.web_client import deadline, make_client
from state.frozen import dataclass

LIMIT = 10.0  # seconds for a whole call
MOST_READ = 64 * 1024  # bytes of an answer, which says nothing; a longer one costs the connection
CERTIFICATE = "its certificate is not accepted"


@dataclass(frozen=True)
class NotTaken:
    """Why a call did not succeed, without the address; `wait` is for how many seconds the service wants no other."""

    why: str
    wait: float = 0.0


class OutsideAddress:
    """One address, which may hold a secret. All threads share its connections."""

    def __init__(self, url: str, environ: Mapping[str, str], tls: ssl.SSLContext | None = None) -> None:
        self._url = url
        self._client = make_client(proxy_for(url, environ), tls)

    def call(
        self, method: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> NotTaken | None:
        """Call it; None if the answer is a success. A redirect is none, and is not followed."""
        try:
            with (
                deadline(LIMIT),
                self._client.stream(method, self._url, headers=headers, content=content, timeout=LIMIT) as answer,
            ):
                received = 0
                for chunk in answer.iter_raw():
                    received += len(chunk)
                    if received > MOST_READ:
                        break
                if answer.is_success:
                    return None
                wait = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
                return NotTaken(f"status {answer.status_code}", wait)
        except Exception as error:  # its message may hold the address
            return NotTaken(_kind_of(error))

    def problem(self, method: str, headers: Mapping[str, str] | None = None, content: bytes | None = None) -> str:
        """The same, as the reason alone; empty if the answer is a success."""
        not_taken = self.call(method, headers, content)
        return not_taken.why if not_taken else ""

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def _kind_of(error: Exception) -> str:
    """What went wrong, in a word of the library's or one of ours; nothing of the error's own message."""
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(error)):
        return CERTIFICATE
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {LIMIT:g} s"
    return type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came of, the latest first."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__
