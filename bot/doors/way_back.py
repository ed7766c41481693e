"""Names the way back, where somebody wants to roll back and the record is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote

from bot.settings import Settings
from state.errors import BadRecord, NotText, UnreadableRun


@contextmanager
def way_back_named(settings: Settings, *, rolls_back: bool) -> Iterator[None]:
    """Inside the block the record is used. Where it cannot be, BadRecord also names the mirrors of this machine."""
    try:
        yield
    except BadRecord as error:
        if not rolls_back or settings.mirrors is None or isinstance(error, UnreadableRun | NotText):
            raise
        folder = settings.mirrors.absolute()
        commands = "\n".join(f"gonogo rollback --from {quote(str(file))}" for file in sorted(folder.glob("*.db")))
        found = commands or f"In {folder} is no mirror; look on the machine of the run's bot."
        raise BadRecord(f"{error} The way back while it is away, from a run's mirror:\n{found}") from None
