"""What sudo said when it refused: about a password, a terminal, or something else."""

from __future__ import annotations

import re

from commands.systems.services.manager import Finding

NEEDS_TERMINAL = (
    "requiretty is set in sudoers; add this line there, with the user's name in place of USER: "
    "Defaults:USER !requiretty"
)
# what it says is neither about a rule nor about a terminal
OTHERWISE = "mend on that host what sudo says; `sudo -n -l` as this user shows it"
_TERMINAL = "must have a tty"
_PASSWORD = re.compile(
    r"password is required|password was provided|read the password|askpass|authentication is required"
)
_NO_RULE = re.compile(r"may not run sudo|not allowed to|not in the sudoers")


def is_of_sudo(said: str) -> bool:
    """Whether sudo said it, and not the program that it was to run."""
    return said.startswith(("sudo: ", "Sorry, user "))


def wants_terminal(said: str) -> bool:
    """Whether sudo refuses because of requiretty."""
    return _TERMINAL in said


def misses_rule(said: str) -> bool:
    """Whether a rule with NOPASSWD helps; not of words that are not known, nor where sudo said nothing."""
    return (_PASSWORD.search(said) or _NO_RULE.search(said)) is not None


def quoted(said: str) -> str:
    """What sudo said, without its name."""
    return f"it says “{said.removeprefix('sudo: ')}”"


def manager_refused(said: str, host: str, manager: str, todo: str) -> Finding:
    """Why sudo does not let this user ask a manager; `todo` is what to do where a rule is missing."""
    asks = f"ask {manager}"
    if wants_terminal(said):
        what = f"sudo on host “{host}” lets this user {asks} only in a terminal ({quoted(said)})"
        return Finding(what=what, todo=NEEDS_TERMINAL)
    if _PASSWORD.search(said):
        return Finding(what=f"sudo on host “{host}” lets this user {asks} only with a password", todo=todo)
    what = f"sudo on host “{host}” does not let this user {asks} ({quoted(said)})"
    return Finding(what=what, todo=todo if misses_rule(said) else OTHERWISE)
