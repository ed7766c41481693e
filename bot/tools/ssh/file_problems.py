"""What is wrong with a file of an SSH login or with its path, in words that show no value."""

from __future__ import annotations

from pathlib import Path

from bot.tools.ssh.key_files import is_only_certificate_wrong

_KEY_ITSELF = "-----BEGIN"
_PUBLIC = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")  # how the line of a public key begins
_PUTTY = "PuTTY-User-Key-File"
_SHOWN = 100  # bytes of a file that say what it is


def unreadable(what: str, path: str, at: str, error: Exception) -> str:
    """Why a file cannot be read, and what to do; `at` is where its path stands, `$NAME` or a field of the page."""
    if path.startswith(_KEY_ITSELF):
        return f"{at} holds the key itself; put the key into a file of the bot's own, and the file's path there."
    if path[:1] in {"~", "$"}:
        return f"{what} cannot be read: {path[0]} is not replaced in a path; write it from / on in {at}."
    if isinstance(error, IsADirectoryError):
        return f"{what} is a folder; name the file in it in {at}."
    if isinstance(error, PermissionError):
        return f"{what} cannot be read by the bot's user; check its permissions and the path in {at}."
    if isinstance(error, FileNotFoundError):
        start = "" if Path(path).is_absolute() else ": it counts from the folder in which gonogo starts"
        return f"{what} is not there{start}; correct the path in {at}."
    return f"{what} cannot be read; check the path in {at}."


def not_a_key(path: str, at: str) -> str:
    """What a file is that holds no usable private key, and what to do."""
    begins = _beginning(path)
    if begins.startswith(_PUTTY):
        return "the private key is in PuTTY's format; convert it: puttygen KEY.ppk -O private-openssh -o KEY."
    if begins.startswith(_PUBLIC):
        return f"the file holds the public half of a key; name the private key in {at}, often the path without .pub."
    if is_only_certificate_wrong(path):
        return (
            "the certificate beside the private key (the key's path and -cert.pub) is damaged or of another key; "
            "renew or remove it."
        )
    return f"the private key's file holds no usable key; name one in OpenSSH's or PEM format in {at}."


def is_private_key(path: Path) -> bool:
    """Whether a file may hold a private key; a folder and a public key do not."""
    return path.is_file() and not _beginning(str(path)).startswith(_PUBLIC)


def _beginning(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(_SHOWN).decode(errors="replace")
    except (OSError, ValueError):
        return ""
