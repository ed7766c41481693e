"""Logs in with one private key, and says what a server asks for besides or instead of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import paramiko
from cryptography.hazmat.primitives.serialization import SSHCertificate
from paramiko.auth_strategy import AuthResult, AuthSource, AuthStrategy, InMemoryPrivateKey, SourceResult
from paramiko.config import SSHConfig

from bot.tools.ssh.key_files import read_certificate

LONGEST = 100  # characters of a server's words
_REFUSED = "Authentication failed."  # paramiko's words where the server says no, and nothing else
_NO_END = 253402300799  # the last second of the year 9999; a certificate without an end names a later one
_CURE = "Let this user log in with the key alone (sshd_config: AuthenticationMethods publickey)."


class NotByKeyError(paramiko.AuthenticationException):
    """The server wants more than the key, no key, or another certificate. The message says what, and what to do."""


class KeyLogin(AuthStrategy):
    """A log-in with a key. The library's own would go on with a password, for which it asks at the bot's terminal."""

    def __init__(self, user: str, key: paramiko.PKey) -> None:
        super().__init__(SSHConfig())
        self._source, self._key = InMemoryPrivateKey(user, key), key

    def get_sources(self) -> Iterator[AuthSource]:
        """The key."""
        yield self._source

    def authenticate(self, transport: paramiko.Transport) -> AuthResult:
        """Log in. Raises NotByKeyError, and paramiko's AuthenticationException for a key that is refused."""
        try:
            more = self._log_in(transport)
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

    def _log_in(self, transport: paramiko.Transport) -> list[str]:
        """By the certificate, and where that is refused by the key alone, as OpenSSH does."""
        try:
            return self._source.authenticate(transport)
        except paramiko.AuthenticationException as error:
            certificate = read_certificate(self._key)
            if str(error) != _REFUSED or certificate is None:
                raise
        self._key.public_blob = None
        try:
            return self._source.authenticate(transport)
        except (paramiko.SSHException, EOFError):
            raise NotByKeyError(_why_refused(certificate, datetime.now(UTC))) from None


def _why_refused(certificate: SSHCertificate, now: datetime) -> str:
    begins, ends = (
        datetime.fromtimestamp(min(seconds, _NO_END), UTC)
        for seconds in (certificate.valid_after, certificate.valid_before)
    )
    if now >= ends:
        return f"the certificate beside the key ended at {ends:%Y-%m-%d %H:%M} UTC. Renew it."
    if now < begins:
        return f"the certificate beside the key counts only from {begins:%Y-%m-%d %H:%M} UTC on. Compare the clocks."
    users, options = (
        _named((name.decode(errors="replace") for name in names), "")
        for names in (certificate.valid_principals, certificate.critical_options)
    )
    if not users:
        return "it refuses the certificate beside the key, which names no user. Have it signed for one (ssh-keygen -n)."
    only, that = (f", with the critical option {options}", "that, ") if options else ("", "")
    return (
        f"it refuses the certificate beside the key, which is for {users}{only}. Check {that}the user, and there "
        "TrustedUserCAKeys and AuthorizedPrincipalsFile."
    )


def _named(words: Iterable[str], otherwise: str = "something else") -> str:
    return "".join(filter(str.isprintable, " or ".join(words)))[:LONGEST] or otherwise
