"""Steps of the deploy whose commands only look at something: nothing has to undo them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands.adopt.draft import Box, Notes
from commands.adopt.shell import Command, commands_in, statements

_LOOKS = re.compile(
    r"journalctl\b(?!.*--(?:vacuum|rotate|flush|sync|relinquish|setup|update|cursor-file))"
    r"|dmesg\b(?!.* (?:-\w*[cCDEn]|--(?:clear|read-clear|console)))"
    r"|docker[ -](?:compose )?(?:ps|logs|images|inspect)\b"
    r"|kubectl (?:get|logs|describe|top|rollout (?:status|history))\b"
    r"|pm2 (?:status|list|ls|l|show|describe|info|logs?)\b|supervisorctl status\b"
    r"|systemctl (?:status|show|is-active|is-enabled|is-failed|list-units)\b"
    r"|git (?:log|status|rev-parse|show|describe|diff)\b(?!.* --(?:output|ext-diff))|ss(?!\S|.* (?:-\w*K|--kill))"
    r"|(?:tail|head|cat|ls|wc|grep|egrep|df|du|free|uptime|ps|netstat|nproc|whoami|hostname$|date$|sleep)(?!\S)"
)
_WRITES = re.compile(r">(?!&[12]|\s*/dev/null\b)")


def say_what_only_looks(boxes: Iterable[Box], notes: Notes) -> None:
    """Let each `run` box of which no command changes anything say that nothing undoes it."""
    for box in boxes:
        if box.kind == "run" and all(map(_only_looks, box.fields["commands"])):
            box.fields |= {"undone_by": "nothing", "why": "it only looks"}
            notes.assume(box.line, "its commands only look, so nothing undoes them")


def _only_looks(text: str) -> bool:
    found = [commands_in(one.code) for one in statements(text) if one.code]
    return bool(found) and all(commands and all(map(_looks, commands)) for commands in found)


def _looks(command: Command) -> bool:
    words = " ".join(word for word in command.words if word != "sudo")
    looks = command.plain and not _WRITES.search(command.text) and _LOOKS.match(words)
    return bool(looks) and all(map(_looks, command.into))
