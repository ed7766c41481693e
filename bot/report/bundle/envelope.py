"""A DSSE envelope (github.com/secure-systems-lab/dsse) around an in-toto statement."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.report.bundle.signing_key import key_id
from state.errors import Refused
from state.frozen import dataclass

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload with their lengths (DSSE's "pre-authentication encoding")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(statement: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The envelope of a statement, in JSON."""
    payload = json.dumps(statement, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    signature = {
        "keyid": key_id(key.public_key()),
        "sig": _base64(key.sign(pae(PAYLOAD_TYPE, payload))),
    }
    return _written({"payload": _base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]})


def _written(envelope: Any) -> bytes:
    return json.dumps(envelope, sort_keys=True, indent=1).encode() + b"\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(frozen=True)
class Envelope:
    """An envelope as read; nothing in it is verified yet."""

    statement: dict[str, Any]
    payload: bytes
    key: str
    signature: bytes

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether its signature is that of the key, and names it."""
        return self.key == key_id(key) and _signed(key, self.signature, pae(PAYLOAD_TYPE, self.payload))


def read_envelope(envelope: bytes) -> Envelope:
    """The envelope in some JSON.

    Raises Refused if it is none, if it holds no in-toto statement, or if anything in it is not as `sign` writes it:
    what the signature does not cover must not differ between two bundles that are both good.
    """
    try:
        parts = json.loads(envelope)
        payload_type, payload = parts["payloadType"], base64.b64decode(parts["payload"], validate=True)
        (signed,) = parts["signatures"]
        key, signature = signed["keyid"], base64.b64decode(signed["sig"], validate=True)
        statement = json.loads(payload)
        as_written = {
            "payload": _base64(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": key, "sig": _base64(signature)}],
        }
        exact = _written(as_written) == envelope
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused("statement.json is no DSSE envelope with an in-toto statement.") from None
    if payload_type != PAYLOAD_TYPE or not isinstance(statement, dict):
        raise Refused("statement.json holds no in-toto statement.")
    if not exact or not isinstance(key, str):
        raise Refused("statement.json is not as gonogo writes it: something beside the statement was added or changed.")
    return Envelope(statement, payload, key, signature)


def _signed(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True
