"""A DSSE envelope (github.com/secure-systems-lab/dsse) around an in-toto statement."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.report.bundle.signing_key import key_id
from state.errors import Refused

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST_SIGNATURES = 8


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload with their lengths (DSSE's "pre-authentication encoding")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(statement: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The envelope of a statement, in JSON."""
    payload = json.dumps(statement, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    signature = {
        "keyid": key_id(key.public_key()),
        "sig": base64.b64encode(key.sign(pae(PAYLOAD_TYPE, payload))).decode(),
    }
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [signature],
    }
    return json.dumps(envelope, sort_keys=True, indent=1).encode() + b"\n"


@dataclass(frozen=True)
class Envelope:
    """An envelope as read; nothing in it is verified yet."""

    statement: dict[str, Any]
    payload: bytes
    signatures: tuple[bytes, ...]

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether one of its signatures is that of the key."""
        data = pae(PAYLOAD_TYPE, self.payload)
        return any(_signed(key, signature, data) for signature in self.signatures[:MOST_SIGNATURES])


def read_envelope(envelope: bytes) -> Envelope:
    """The envelope in some JSON. Raises Refused if it is none, or holds no in-toto statement."""
    try:
        parts = json.loads(envelope)
        payload_type, payload = parts["payloadType"], base64.b64decode(parts["payload"], validate=True)
        signatures = tuple(base64.b64decode(signature["sig"], validate=True) for signature in parts["signatures"])
        statement = json.loads(payload)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused("statement.json is no DSSE envelope with an in-toto statement.") from None
    if payload_type != PAYLOAD_TYPE or not isinstance(statement, dict):
        raise Refused("statement.json holds no in-toto statement.")
    return Envelope(statement, payload, signatures)


def _signed(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True
