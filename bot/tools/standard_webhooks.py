"""The Standard Webhooks scheme: a shared secret, and signed headers."""

from __future__ import annotations

import base64
import binascii
import hmac

PREFIX = "whsec_"
FEWEST, MOST = 24, 64  # bytes of a secret, by the specification


def read_secret(text: str) -> bytes:
    """The bytes of a secret like whsec_MfKQ…. Raises ValueError, which does not repeat it."""
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not text.startswith(PREFIX) or not FEWEST <= len(secret) <= MOST:
        raise ValueError(f"it must be {PREFIX} and the base64 of {FEWEST} to {MOST} bytes")
    return secret


def signed_headers(secret: bytes, message: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that sign a message with this id; `at` is the time of sending in Unix seconds."""
    signed = f"{message}.{at}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}
