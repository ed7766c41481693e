"""Logs in with one private key, and says what a server asks for besides or instead of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import paramiko
from paramiko.auth_strategy import AuthResult, AuthSource, AuthStrategy, InMemoryPrivateKey, SourceResult
from paramiko.config import SSHConfig

LONGEST = 100  # characters of a server's words
_CURE = "Let this user log in with the key alone (sshd_config: AuthenticationMethods publickey)."


class NotByKeyError(paramiko.AuthenticationException):
    """The server wants more than the key, or no key at all; the message says what, and what to do."""


class KeyLogin(AuthStrategy):
    """A log-in with a key. The library's own would go on with a password, for which it asks at the bot's terminal."""

    def __init__(self, user: str, key: paramiko.PKey) -> None:
        super().__init__(SSHConfig())
        self._source = InMemoryPrivateKey(user, key)

    def get_sources(self) -> Iterator[AuthSource]:
        """The key."""
        yield self._source

    def authenticate(self, transport: paramiko.Transport) -> AuthResult:
        """Log in. Raises NotByKeyError, and paramiko's AuthenticationException for a key that is refused."""
        try:
            more = self._source.authenticate(transport)
        except paramiko.BadAuthenticationType as error:
            raise NotByKeyError(
                f"the server does not accept keys, only {_named(error.allowed_types)}. {_CURE}"
            ) from None
        if more:
            raise NotByKeyError(
                f"the server accepts the key, but also wants {_named(more)}, which a bot cannot give. {_CURE}"
            )
        result = AuthResult(self)
        result.append(SourceResult(self._source, more))
        return result


def _named(methods: Iterable[str]) -> str:
    return "".join(filter(str.isprintable, " or ".join(methods)))[:LONGEST] or "something else"
