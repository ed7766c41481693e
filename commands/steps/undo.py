"""What a rollback asks of a step: what it changes, and what undoes that."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from commands.ports.preflight import PreflightCheck

if TYPE_CHECKING:
    from commands.steps.base import StepBox
    from commands.steps.outcome import Context, Outcome


class Undo:
    """The part of a step's capabilities that is about undoing it."""

    # may change production; a kind that cannot is simply run again after a crash
    changes_production: ClassVar[bool] = False
    # does whatever its commands do, so it may undo any other step, and any other may undo it
    runs_commands: ClassVar[bool] = False
    # its `why` says what the step is for, and not why nothing undoes it
    why_is_its_own: ClassVar[bool] = False

    def leaves_change(self) -> bool:
        """Whether production is different afterwards, until another step undoes it."""
        return self.changes_production

    def changed_thing(self) -> tuple[str, ...]:
        """What it changes, in words that a step which restores it has too. Empty if only `undoes` can tell."""
        return ()

    def restored_thing(self) -> tuple[str, ...]:
        """What it restores in a rollback, in the words of `changed_thing`."""
        return self.changed_thing()

    def ran(self) -> tuple[str, ...]:
        """The commands of the page that it runs."""
        return ()

    def rollback_end(self) -> StepBox | None:
        """A step that every rollback ends with because of this one, without standing on the page; None if none does."""
        return None

    def takes_for_granted(self) -> str:
        """What it assumes of production and nobody asks, for what a rollback has not compared. Empty if nothing."""
        return ""

    def restore_whole(self, step: StepBox, ctx: Context) -> Outcome:
        """If it makes a backup: as the step of `ctx`, put the backup's database into the place of production's.

        May raise the tools' errors.
        """
        raise NotImplementedError

    def restore_checks(self) -> list[PreflightCheck]:
        """If it makes a backup: what must hold so that `restore_whole` can be done."""
        return []

    def restore_plan(self) -> list[str]:
        """If it makes a backup: what `restore_whole` runs, as plan lines."""
        return []

    def drop_replaced(self, ctx: Context) -> None:
        """If it makes a backup: drop the database that `restore_whole` has replaced. May raise the tools' errors."""
