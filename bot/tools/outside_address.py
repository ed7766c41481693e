"""An outside service that the bot calls: by proxy, within a deadline, its address a secret."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from bot.tools.proxy import proxy_for
from bot.tools.web_client import deadline, make_client

LIMIT = 10.0  # seconds for a whole call
MOST_READ = 64 * 1024  # bytes of an answer, which says nothing; a longer one costs the connection


class OutsideAddress:
    """One address, which may hold a secret. All threads share its connections."""

    def __init__(self, url: str, environ: Mapping[str, str], tls: ssl.SSLContext | None = None) -> None:
        self._url = url
        self._client = make_client(proxy_for(url, environ), tls)

    def problem(self, method: str, headers: Mapping[str, str] | None = None, content: bytes | None = None) -> str:
        """Call it. Empty if the answer is a success; otherwise its status, or the kind of error alone."""
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
                return "" if answer.is_success else f"status {answer.status_code}"
        except Exception as error:  # its message may hold the address
            return type(error).__name__

    def close(self) -> None:
        """Close its connections."""
        self._client.close()
