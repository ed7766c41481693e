"""Every error this product raises on purpose, in one tree.

The message of each is the sentence a person reads.

GonogoError
├── Refused            a request is not possible; nothing was changed
│   ├── BadPage        the runbook page is wrong: every mistake with line, step, field
│   ├── BadSettings    the environment is wrong; names every variable at once
│   ├── BadValue       a value from outside does not fit where the page uses it
│   ├── NotAllowed     this person may not do this
│   ├── NeedsReason    something speaks against the start, which needs a reason
│   ├── AlreadyRunning the target already has an active run
│   ├── NothingRuns    there is no active run
│   ├── TooLate        the matter is already decided or over
│   └── BadRecord      the record is locked, away, damaged, or newer than this program
│       ├── UnreadableRun  a row of one run in it cannot be read
│       ├── NotText        a text in it holds bytes that are none
│       ├── NotOwner       another bot carries out the run by now
│       ├── MirrorTaken    the run is rolled back from its mirror
│       └── BadMirror      the mirror of a run cannot be written
└── ToolError          an outside system did not do its part
    ├── Unreachable    it could not be reached; nothing was started there
    │   └── Down       the network leads there, but the service gives no usable connection
    ├── Failed         it ran and failed; the target says so
    ├── Stopped        a person asked to stop it, and it was stopped
    └── LostTrack      it was started and its result is unknown
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from state.shortening import shortened

MISTAKES_SHOWN = 5  # of a page, in a message
LONGEST_MESSAGE = 4_000  # characters; what a host, a server or a person sent may stand in it


class GonogoError(Exception):
    """Base of everything this product raises on purpose. A message that is too long is cut, with a note.

    `of_drill`: it is about a drill, and whoever reads it is told so.
    """

    of_drill = False

    def __init__(self, message: str = "") -> None:
        super().__init__(shortened(message, LONGEST_MESSAGE))


class Refused(GonogoError):
    """A request is not possible; nothing was changed."""


class BadPage(Refused):
    """The runbook page is wrong.

    `line` is the line number in the page, counted from 1. `where` is the title of the step, or the part. `what` is
    "field: what is wrong; what to do". `value` is what the page has there, None if that is not told. They are those of
    the first mistake; `mistakes` holds every one, in the order of their lines.
    """

    def __init__(
        self, line: int, where: str, what: str, mistakes: Sequence[BadPage] = (), *, value: object = None
    ) -> None:
        self.line = line
        self.where = where
        self.what = what
        self.value = value
        self.mistakes: tuple[BadPage, ...] = tuple(mistakes) or (self,)
        lines = [mistake.sentence for mistake in self.mistakes[:MISTAKES_SHOWN]]
        if (more := len(self.mistakes) - len(lines)) > 0:
            lines.append(f"and {more} more; `gonogo check` shows them all")
        super().__init__("\n".join(lines))

    @property
    def sentence(self) -> str:
        """The first mistake with its line."""
        return f"line {self.line}, {self.where}: {self.what}" if self.where else f"line {self.line}: {self.what}"

    @classmethod
    def together(cls, mistakes: Sequence[BadPage]) -> BadPage:
        """One error for all these mistakes, of which there is at least one."""
        ordered = sorted({(m.line, m.where, m.what): m for m in mistakes}.values(), key=lambda mistake: mistake.line)
        first = ordered[0]
        return cls(first.line, first.where, first.what, ordered, value=first.value) if len(ordered) > 1 else first


class BadSettings(Refused):
    """The environment is wrong. The message names every variable at once."""


class BadValue(Refused):
    """A value of an earlier step does not fit where the page uses it. The message does not repeat the value."""


class NotAllowed(Refused):
    """This person may not do this."""


class NeedsReason(Refused):
    """Something speaks against a start, which may be made with a reason and a second person."""


class AlreadyRunning(Refused):
    """The target already has an active run: `run`; 0 where that is not known."""

    def __init__(self, message: str = "", run: int = 0) -> None:
        super().__init__(message)
        self.run = run


class NothingRuns(Refused):
    """There is no active run."""


class OtherRecord(Refused):
    """A button is about a run of another bot's record."""


class TooLate(Refused):
    """The matter is already decided or over."""


class BadRecord(Refused):
    """The record is locked, away, damaged, or newer than this program."""


class UnreadableRun(BadRecord):
    """A row of one run in the record cannot be read; the other runs can."""

    def __init__(self, run: int) -> None:
        super().__init__(
            f"Run {run} cannot be read from the record, so the bot cannot carry it on, and cannot roll it back. "
            "Put the record back as it was (`gonogo verify` names what was changed)."
        )


class NotText(BadRecord):
    """A text of the record holds bytes that are none. The message does not repeat them."""


class NotOwner(BadRecord):
    """This bot's session ended, and another one has taken the run since, or is to take it."""

    def __init__(self, run: int) -> None:
        super().__init__(f"This bot lost its connection to the record, so run {run} is not its own any more.")


class MirrorTaken(BadRecord):
    """The run was rolled back from its mirror while the record was away, and the record does not know of it yet."""

    def __init__(self, run: int, file: object) -> None:
        super().__init__(
            f"Run {run} was rolled back from its mirror {file} while the record was away, so the bot does nothing of "
            f"it before that is in the record (`gonogo record read {quote(str(file))}`)."
        )


class BadMirror(BadRecord):
    """The mirror of a run cannot be read or written; the record can."""


class ToolError(GonogoError):
    """An outside system (host, database, web site, browser) did not do its part."""


class Unreachable(ToolError):
    """The other side could not be reached, so nothing was started there."""


class Down(Unreachable):
    """The network leads there, but the service gives no usable connection: it is down itself.

    Any other Unreachable may be a problem of the bot's own. `lasting`: it does not go away by itself while the service
    starts, like a wrong certificate.
    """

    def __init__(self, message: str = "", *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class Failed(ToolError):
    """It ran and failed. `output` holds the lines that show why."""

    def __init__(self, sentence: str, output: str = "") -> None:
        super().__init__(sentence)
        self.output = output


class Stopped(ToolError):
    """A person asked to stop it, and it was stopped before its end."""


class LostTrack(ToolError):
    """It was started and its result is unknown. It must be recovered before anything is run again."""
