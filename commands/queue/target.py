"""What stands before the queue of a target: its active run, or the one that ended last."""

from __future__ import annotations

from commands.progress.step_state import AFTER_ROLLBACK
from state.records import Record, Run
from state.store import RecordStore


def busy_with(store: RecordStore, target: str) -> int:
    """The run for which the next one must wait, or 0. The watch after a rollback keeps nobody from the next deploy."""
    if active := store.active_run(target):
        return 0 if store.record(active.id).last(AFTER_ROLLBACK) else active.id
    return next((number for number, of in store.unreadable_runs().items() if of in {"", target}), 0)


def queue_of(store: RecordStore, target: str) -> list[Record]:
    """The starts that wait for a target, in the order of writing."""
    return store.records(run.id for run in store.queued() if run.target == target)


def ended_before(store: RecordStore, start: Run) -> str:
    """How the run of this target ended that ended last, in a sentence; empty if that was before `start` was queued."""
    last = next(iter(store.runs_of(start.target, 1)), None)
    if last is None:
        return ""
    if last.active:  # only the watch after its rollback lets another one begin
        return f"Run {last.id} was rolled back and is still watched. A start ends that watch."
    if last.ended_at is None or last.ended_at < start.began_at:
        return ""
    return f"Run {last.id} was {last.state}." if last.state != "ended by hand" else f"Run {last.id} was closed by hand."
