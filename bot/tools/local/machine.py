"""What the bot's own machine is, and what its commands see of the bot's environment."""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """All that a command on this machine gets of the bot's environment, unless the page names more."""
    home = environ.get("HOME") or _home_of_user()
    found = {"PATH": environ.get("PATH") or os.defpath, "HOME": home, "LANG": environ.get("LANG", "")}
    return {name: value for name, value in found.items() if value}


def job_folders_id(home: str) -> str:
    """What tells these job folders from others, as after a container was made anew; empty if it cannot be kept.

    Without its folder a job would be taken for one that never began.
    """
    if not home:
        return ""
    file = Path(home) / ".gonogo" / "id"
    draft = file.with_name(f"id.{secrets.token_hex(4)}")
    with suppress(OSError):
        if not file.exists():
            file.parent.mkdir(mode=0o700, exist_ok=True)
            draft.write_text(secrets.token_hex(8))
            try:
                # only whole, and never over one that is there
                file.hardlink_to(draft)
            finally:
                draft.unlink(missing_ok=True)
    try:
        return file.read_text()
    except (OSError, ValueError):
        return ""


def close_memory() -> None:
    """Let no other process of this user read this one's environment and memory: a command here runs as that user."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _home_of_user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""
