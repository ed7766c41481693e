"""Every way of saying no, in one tree; the message of each is the sentence a person sees.

GonogoError
├── Refused            what was asked cannot be; nothing was changed
│   ├── BadPage        the runbook page is wrong: line, step, field
│   ├── BadSettings    the environment is wrong: all missing names at once
│   ├── NotAllowed     this person may not do that
│   ├── AlreadyRunning the target has an active run
│   ├── NothingRuns    there is no active run
│   ├── TooLate        it was decided, or its time is over
│   └── BadRecord      the record's file is locked, damaged or newer than this program
└── ToolError          a tool could not do its part
    ├── Unreachable    nothing was begun
    │   └── Down       it was found, and takes no connection
    ├── Failed         it was done and failed; the target says so
    ├── Stopped        a person asked to stop and it was stopped
    └── LostTrack      it was begun and its end is not known
"""

from __future__ import annotations


class GonogoError(Exception):
    """Base of everything this product raises on purpose."""


class Refused(GonogoError):
    """What was asked cannot be; nothing was changed."""


class BadPage(Refused):
    """The runbook page is wrong.

    `line` is the page's own line number, counted from 1; `where` is the step's title or the part.
    """

    def __init__(self, line: int, where: str, what: str) -> None:
        super().__init__(f"line {line}, {where}: {what}" if where else f"line {line}: {what}")
        self.line = line
        self.where = where
        self.what = what


class BadSettings(Refused):
    """The environment is wrong; the message names every variable at once."""


class NotAllowed(Refused):
    """This person may not do that."""


class AlreadyRunning(Refused):
    """The target has an active run."""


class NothingRuns(Refused):
    """There is no active run."""


class TooLate(Refused):
    """It was decided, or its time is over."""


class BadRecord(Refused):
    """The record's file is locked, damaged or newer than this program."""


class ToolError(GonogoError):
    """A tool could not do its part."""


class Unreachable(ToolError):
    """The other side could not be reached, and nothing was begun there."""


class Down(Unreachable):
    """There is a way to it and it takes no connection, which says that it is down; any other Unreachable may be the bot's own trouble."""


class Failed(ToolError):
    """It was done and failed; `output` holds the telling lines."""

    def __init__(self, sentence: str, output: str = "") -> None:
        super().__init__(sentence)
        self.output = output


class Stopped(ToolError):
    """A person asked to stop, and it was stopped before its end."""


class LostTrack(ToolError):
    """It was begun and its end is not known; it must be looked at before anything is run again."""
