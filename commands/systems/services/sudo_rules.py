"""Whether sudo lets a user run a command without a password, from what `sudo -n -l` lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from commands.systems.scripts import script
from commands.systems.services.manager import Finding
from commands.systems.services.sudo_words import NEEDS_TERMINAL, OTHERWISE, misses_rule, quoted, wants_terminal

SUDO_RULES = script("services/sudo.sh")  # defines `sudo_rules PROGRAM`
_RULE = re.compile(r"\s+\((?P<users>[^)]*)\) (?P<commands>.*)")
_TAG = re.compile(r"([A-Z_]+): ")


def sudo_obstacles(listed: Mapping[str, Sequence[str]], commands: Sequence[str]) -> list[Finding]:
    """What keeps the user from running these commands; `listed` are the lines of `sudo_rules` by their names.

    The first word of a command is the program that `sudo_rules` was asked about.
    """
    if "sudo" not in listed:
        return []
    program = listed.get("program", [""])[0]
    denied = [one for one in commands if not lets_run(listed["sudo"], f"{program} {one.partition(' ')[2]}")]
    if not denied:
        return []
    rules = ", ".join(f"{program} {one.partition(' ')[2]}" for one in denied)
    why = refusal(listed["sudo"])
    said = f" ({quoted(why)})" if why else ""
    what = f"sudo does not let this user run {' or '.join(f'`{one}`' for one in denied)}"
    if wants_terminal(why):
        return [Finding(what=f"{what} without a terminal{said}", todo=NEEDS_TERMINAL)]
    if why and not misses_rule(why):
        return [Finding(what=f"{what}{said}", todo=OTHERWISE)]
    todo = f"add this line to sudoers, with the user's name in place of USER: USER ALL=(root) NOPASSWD: {rules}"
    return [Finding(what=f"{what} without a password{said}", todo=todo)]


def refusal(lines: Sequence[str]) -> str:
    """Why sudo lists no rule, in its own words; empty where it lists some, and what it says besides is a warning."""
    if any(map(_RULE.fullmatch, lines)):
        return ""
    said = [line.strip() for line in lines if line.strip()]
    known = (line for line in said if wants_terminal(line) or misses_rule(line))
    return next(known, said[-1] if said else "")


def lets_run(lines: Sequence[str], command: str) -> bool:
    """Whether a user whose `sudo -n -l` prints these lines may run it as root: the last rule that fits counts."""
    free = any(re.search(r"(^|[ ,])!authenticate\b", line) for line in lines if not _RULE.fullmatch(line))
    allowed = False
    for rule in filter(None, map(_RULE.fullmatch, lines)):
        if not {"root", "ALL"} & {user.strip() for user in rule["users"].partition(":")[0].split(",")}:
            continue
        without = free
        for listed in re.split(r"(?<!\\), ", rule["commands"]):
            one = listed
            while tag := _TAG.match(one):
                without = {"NOPASSWD": True, "PASSWD": False}.get(tag[1], without)
                one = one[tag.end() :]
            if _fits(one.removeprefix("!"), command):
                allowed = without and not one.startswith("!")
    return allowed


def _fits(rule: str, command: str) -> bool:
    if rule == "ALL":
        return True
    path, _, words = re.sub(r"\\([,:=\\ ])", r"\1", rule).partition(" ")
    program, _, rest = command.partition(" ")
    if not fnmatchcase(program, path) and path != f"{PurePosixPath(program).parent}/":
        return False
    if words.startswith("^"):
        return re.search(words, rest) is not None
    return not words or (not rest if words == '""' else fnmatchcase(rest, words))
