"""Whether a release contains a commit that was rolled back, asked of git in the working copy."""

from __future__ import annotations

import re

from commands.ports.page_text import Text
from commands.ports.shell import Shell
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.scripts import script
from state.frozen import dataclass

CONTAINS = OWN_REPOSITORY + script("git/contains.sh")
LIMIT = 20  # seconds
_VALUE = re.compile(r"^(contains|reverted|fixed)=(\S*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Contained:
    """What git says. `known` is False where it does not know one of the commits, or the way between them.

    `reverted` and `fixed` are the commits since that revert the bad one, or whose message says that they fix it.
    """

    known: bool
    contains: bool = False
    reverted: str = ""
    fixed: str = ""


def ask_whether_contained(shell: Shell, host: str, repository: Text, commit: str, bad: str, fix: str) -> Contained:
    """Ask git whether `commit` contains `bad`. `fix` is what the message of a fix holds, as it is; "" for nothing.

    Raises ToolError if the host cannot be asked.
    """
    env: dict[str, Text] = {"REPOSITORY": repository, "COMMIT": commit, "BAD": bad, "FIX": fix}
    result = shell.ask(host, CONTAINS, env=env, limit=LIMIT)
    values = dict(_VALUE.findall(result.tail))
    if result.code or values.get("contains") not in {"yes", "no"}:
        return Contained(known=False)
    contains = values["contains"] == "yes"
    return Contained(known=True, contains=contains, reverted=values.get("reverted", ""), fixed=values.get("fixed", ""))
