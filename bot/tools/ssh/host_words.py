"""What is said of a host that runs something other than the bot's program, in its own words."""

from __future__ import annotations

import re

from bot.tools.secrets import Redactor
from bot.tools.ssh.exchange import Output
from commands.text.phrases import joined_few

MOST = 200  # characters of it that are quoted
MOST_LEFT = 5  # processes by name
_LEFT = re.compile(r"^left=([0-9]+) (.{1,15})$", re.MULTILINE)


def quoted(heard: bytes, redact: Redactor) -> str:
    """What was heard, as the end of a sentence; empty if nothing was."""
    text = redact(" ".join(heard.decode(errors="replace").split()), cut_start=False, cut_end=True)
    shown = "".join(letter for letter in text[:MOST] if letter.isprintable())
    return f": “{shown}”" if shown else ""


def words_of(output: Output, redact: Redactor) -> str:
    """What the host itself printed, as the end of a sentence; empty if it printed nothing."""
    return quoted(output.greeting + b"\n" + output.errors, redact)


def why_not_answered(host: str, output: Output, redact: Redactor) -> str:
    """What is said of a host that ended the session itself, before the program was at its end."""
    end = f"(exit code {output.ended}){words_of(output, redact)}"
    if output.begun:
        return f"Host “{host}” ended the bot's command before it was done {end}."
    return (
        f"Host “{host}” ran something other than the bot's command {end}. Check its user's account and login shell, "
        "that bash is installed, and `command=` in authorized_keys."
    )


def still_there(said: str) -> str:
    """What goes on of a job that was ended, as the end of a sentence, or nothing; from lines `left=PID NAME`."""
    left = [f"{name} ({pid})" for pid, name in _LEFT.findall(said)]
    if not left:
        return ""
    return f"; what it had started in a session of its own goes on: {joined_few(left, MOST_LEFT)}"
