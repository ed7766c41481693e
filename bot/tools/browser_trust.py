"""Lets Chromium accept the certificates that the bot accepts: by itself it reads no CA file."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from bot.tools.web_client import tls_context

LIMIT = 3.0  # seconds for one server
_MOST = 20  # servers that are asked

Origin = tuple[str, str | None, int | None]


def trust_flags(origins: Collection[Origin]) -> list[str]:
    """The flags with which Chromium accepts the keys of those servers whose certificate the bot has just verified.

    Chromium knows the public CAs only, and not those of SSL_CERT_FILE. A key that it accepts is that server's alone: a
    certificate that the bot does not accept, or that has changed since, is refused there, too.
    """
    servers = sorted({(host, port or 443) for scheme, host, port in origins if scheme == "https" and host})[:_MOST]
    if not servers:
        return []
    with ThreadPoolExecutor(len(servers)) as asking:
        keys = sorted(filter(None, asking.map(_verified_key, servers)))
    return [f"--ignore-certificate-errors-spki-list={','.join(keys)}"] if keys else []


def _verified_key(server: tuple[str, int]) -> str:
    """The hash of a server's public key, as Chromium writes it; empty if its certificate is not accepted."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate

    try:
        with (
            socket.create_connection(server, timeout=LIMIT) as plain,
            tls_context().wrap_socket(plain, server_hostname=server[0]) as tls,
        ):
            shown = tls.getpeercert(binary_form=True)
    except (OSError, ValueError):
        return ""
    key = load_der_x509_certificate(shown or b"").public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return base64.b64encode(digest).decode()
