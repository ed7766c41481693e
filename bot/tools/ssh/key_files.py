"""The files of an SSH login: the private key, and the known_hosts file."""

from __future__ import annotations

import binascii
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.hostkeys import HostKeyEntry, HostKeys, InvalidHostKey
from paramiko.ssh_exception import PasswordRequiredException


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


def add_known_hosts(path: str, keys: HostKeys) -> bool:
    """Add the keys of a known_hosts file. A key that any line revokes counts for no host.

    A line that is no entry is skipped. Of two keys of one host and type the later one counts. Returns whether there are
    `@cert-authority` lines, which paramiko does not support. sshd(8) describes the form of a line, under
    "SSH_KNOWN_HOSTS FILE FORMAT". Raises OSError, ValueError.
    """
    entries, revoked, authorities = [], set(), False
    for text in Path(path).read_text(encoding="utf-8").splitlines():
        marker, line = "", " ".join(text.split())
        if line.startswith("@"):
            marker, _, line = line.partition(" ")
        authorities = authorities or marker == "@cert-authority"
        entry = _entry(line)
        if entry is None or entry.key is None:
            continue
        if marker == "@revoked":
            revoked.add(entry.key.asbytes())
        elif not marker:
            entries.append(entry)
    for entry in entries:
        if entry.key and entry.key.asbytes() not in revoked:
            for name in entry.hostnames or []:
                keys.add(name, entry.key.get_name(), entry.key)
    return authorities


def _entry(line: str) -> HostKeyEntry | None:
    if not line or line.startswith("#"):
        return None
    try:
        return HostKeyEntry.from_line(line)
    except (InvalidHostKey, paramiko.SSHException, ValueError):
        return None
