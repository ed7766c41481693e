"""What an exit code of a shell means, in words."""

from __future__ import annotations

import signal

_BY_SIGNAL = 128  # a shell adds this to the number of the signal that ended a program
_OF_GIT = 129  # how git ends for words that it does not know
_KILLED = "by somebody, or by the host because its memory ran out"


def exit_words(code: int) -> str:
    """An exit code, with the signal that it stands for: "exit code 137 (SIGKILL: …)"."""
    if code == _BY_SIGNAL + signal.SIGKILL:
        return f"exit code {code} (killed by SIGKILL: {_KILLED})"
    if code == _OF_GIT:
        return f"exit code {code}"
    try:
        name = signal.Signals(code - _BY_SIGNAL).name
    except ValueError:
        return f"exit code {code}"
    return f"exit code {code} (ended by {name})"
