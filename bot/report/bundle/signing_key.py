"""The ed25519 key that signs bundles: a file beside the record, made with the first bundle."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from state.errors import Refused

LONGEST = 10_000  # bytes of a key file
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def read_or_create(path: Path) -> Ed25519PrivateKey:
    """The key in a file, which is made, for its owner only, if it is not there. Raises Refused."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return read_private(path)
    except OSError as error:
        raise Refused(
            f"The signing key cannot be written to {path} ({error.strerror}). Set GONOGO_SIGNING_KEY_FILE."
        ) from None
    key = Ed25519PrivateKey.generate()
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return key


def read_private(path: Path) -> Ed25519PrivateKey:
    """The private key in a file. Raises Refused."""
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _no_key(path, "private key without a passphrase, as of `openssl genpkey -algorithm ed25519`") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "private key, as of `openssl genpkey -algorithm ed25519`")
    return key


def read_public(path: Path) -> Ed25519PublicKey:
    """The public key in a file. Raises Refused."""
    key = public_from(_read(path))
    if key is None:
        raise _no_key(path, "public key in PEM, as in the bundle's public-key.pem")
    return key


def public_from(pem: bytes) -> Ed25519PublicKey | None:
    """The public key in PEM, or None if it is no ed25519 key."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def public_pem(key: Ed25519PublicKey) -> bytes:
    """A public key in PEM."""
    return key.public_bytes(serialization.Encoding.PEM, _SPKI)


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key: the SHA-256 of its public part in DER."""
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, _SPKI)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Refused(f"{path} is not there, or it is not a file.")
        with path.open("rb") as file:
            return file.read(LONGEST)
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}).") from None


def _no_key(path: Path, what: str) -> Refused:
    return Refused(f"{path} does not hold an ed25519 {what}.")
