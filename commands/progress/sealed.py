"""A short text sealed with the record's key: without that key, the record does not show it."""

from __future__ import annotations

import secrets

from state.journal import RecordKey

LENGTH = 32  # bytes of every sealed text, so that its length says nothing


def seal(key: RecordKey, text: str) -> str:
    """The text, so that only the key opens it. Raises ValueError if it is longer than LENGTH bytes."""
    plain = text.encode()
    if len(plain) > LENGTH:
        raise ValueError(f"{text!r} is longer than {LENGTH} bytes")
    nonce = secrets.token_hex(16)
    return f"{nonce}:{_xor(key, nonce, plain.ljust(LENGTH, bytes(1))).hex()}"


def opened(key: RecordKey, sealed: str) -> str:
    """The text that was sealed; with another key, or for what nobody sealed, some other text or none."""
    nonce, _, covered = sealed.partition(":")
    try:
        return _xor(key, nonce, bytes.fromhex(covered)).rstrip(bytes(1)).decode()
    except ValueError:
        return ""


def _xor(key: RecordKey, nonce: str, text: bytes) -> bytes:
    stream = bytes.fromhex(key.mac(f"sealed {nonce}"))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
