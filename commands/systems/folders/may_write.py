"""Whether a folder on a host can be written to, and what to do where it cannot."""

from __future__ import annotations

from commands.systems.scripts import script

MAY_WRITE = script("folders/may_write.sh")  # defines `may_write FOLDER`
_READ_ONLY = "gonogo-read-only"
REMOUNT = "see why (mount, dmesg: it is mounted so after errors of the disk); then: mount -o remount,rw"


def not_writable(output: str, what: str, todo: str) -> tuple[str, str]:
    """What is wrong where `may_write` has failed, and what to do; `todo` where the user lacks the right."""
    if _READ_ONLY in output:
        return f"{what} is in a file system that is mounted read-only", REMOUNT
    return f"{what} is not writable for this user", todo
