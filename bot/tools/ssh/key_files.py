"""The files of an SSH login: the private key, and the known_hosts file."""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Never

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import SSHCertificate, load_ssh_public_identity
from paramiko.config import SSH_PORT
from paramiko.hostkeys import HostKeyEntry, HostKeys, InvalidHostKey
from paramiko.ssh_exception import PasswordRequiredException

# how a server may prove its key, the preferred first, and of which type in known_hosts that key is
_HOST_KEYS = {
    "ssh-ed25519": "ssh-ed25519",
    "ecdsa-sha2-nistp256": "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384": "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521": "ecdsa-sha2-nistp521",
    "rsa-sha2-512": "ssh-rsa",
    "rsa-sha2-256": "ssh-rsa",
}


def read_private_key(path: str) -> paramiko.PKey:
    """Read a private key, with its certificate if there is one beside it.

    Raises PasswordRequiredException, OSError, or ValueError if the file holds no usable key.
    """
    try:
        return paramiko.PKey.from_path(path)
    except TypeError:
        # cryptography's answer if a password is needed
        raise PasswordRequiredException("the private key has a passphrase") from None
    except (
        ValueError,
        binascii.Error,
        UnsupportedAlgorithm,
        paramiko.pkey.UnknownKeyType,
        paramiko.SSHException,
    ) as error:
        if isinstance(error, PasswordRequiredException):
            raise
        raise ValueError("the file holds no usable private key") from None


def is_only_certificate_wrong(path: str) -> bool:
    """Whether a file that `read_private_key` refuses holds a usable key, so that it was the certificate beside it."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(OSError, ValueError, TypeError, paramiko.SSHException):
            kind.from_private_key_file(path)
            return True
    return False


def read_certificate(key: paramiko.PKey) -> SSHCertificate | None:
    """The certificate that was beside a private key's file. None if there was none, or one of an unknown form."""
    if key.public_blob is None:
        return None
    text = f"{key.public_blob.key_type} {b64encode(key.public_blob.key_blob).decode()}"
    try:
        found = load_ssh_public_identity(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, SSHCertificate) else None


class RevokedKeyError(paramiko.SSHException):
    """The server shows a key that a line of known_hosts revokes."""


class RefuseKeys(paramiko.RejectPolicy):
    """Refuses every unknown key, and tells the revoked ones apart, which may be added later."""

    def __init__(self, revoked: Collection[bytes]) -> None:
        self._revoked = revoked

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> Never:
        """Raises RevokedKeyError, or SSHException."""
        if key.asbytes() in self._revoked:
            raise RevokedKeyError
        super().missing_host_key(client, hostname, key)


def add_known_hosts(path: str, keys: HostKeys, revoked: set[bytes] | None = None) -> bool:
    """Add the keys of a known_hosts file. A key that any line revokes counts for no host, and comes into `revoked`.

    A line that is no entry is skipped. Of two keys of one host and type the later one counts. Returns whether there are
    `@cert-authority` lines, which paramiko does not support. sshd(8) describes the form of a line, under
    "SSH_KNOWN_HOSTS FILE FORMAT". Raises OSError, ValueError.
    """
    revoked = set() if revoked is None else revoked
    entries, authorities = [], False
    for text in Path(path).read_text(encoding="utf-8").splitlines():
        marker, line = "", " ".join(text.split())
        if line.startswith("@"):
            marker, _, line = line.partition(" ")
        authorities = authorities or marker == "@cert-authority"
        entry = _entry(line)
        if entry is None or entry.key is None or entry.key.get_name() not in _HOST_KEYS.values():
            continue
        if marker == "@revoked":
            revoked.add(entry.key.asbytes())
        elif not marker:
            entries.append(entry)
    types = list(dict.fromkeys(_HOST_KEYS.values()))
    # paramiko prefers the type that it finds first
    for entry in sorted(entries, key=lambda one: types.index(one.key.get_name())):
        if entry.key and entry.key.asbytes() not in revoked:
            for name in entry.hostnames or []:
                keys.add(name, entry.key.get_name(), entry.key)
    return authorities


def host_keys(address: str, known_hosts: str) -> str:
    """The keys that known_hosts has for an address; empty if it cannot be read or has none."""
    name, _, port = address.rpartition(":")
    name = name.strip("[]")
    known = HostKeys()
    try:
        add_known_hosts(known_hosts, known)
    except (OSError, ValueError):
        return ""
    keys = known.lookup(name if port == "22" else f"[{name}]:{port}")
    return " ".join(sorted(f"{sort} {key.get_base64()}" for sort, key in keys.items())) if keys else ""


def unknown_types(host: str, port: int, keys: HostKeys) -> list[str]:
    """The ways to prove a host key of a type that the host has no known key of; empty if it has none at all.

    Without them a server that has several keys shows one that is known, as it does to OpenSSH.
    """
    found = keys.lookup(host if port == SSH_PORT else f"[{host}]:{port}")
    return [how for how, key_type in _HOST_KEYS.items() if found and key_type not in found]


def _entry(line: str) -> HostKeyEntry | None:
    if not line or line.startswith("#"):
        return None
    try:
        return HostKeyEntry.from_line(line)
    except (InvalidHostKey, paramiko.SSHException, ValueError):
        return None
