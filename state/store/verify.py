"""Tells for each run of a record whether it was changed from outside; only reads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from state.frozen import dataclass
from state.journal import Chain, EntryKind, Head, RecordKey, unsigned_stops
from state.store.database import Tables
from state.store.freezes import freeze_changes
from state.store.journal import (
    RECORD,
    chain_changes,
    head_problem,
    is_older,
    newest_older,
    read_chain,
    to_head,
)

MOST = 20  # changes of the list of runs that are named
ANY_TEXT = "surrogateescape"  # somebody may have put bytes there that are no text


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What `verify` found out about a run, or about the list of runs (`run` 0).

    `covered` is False for a run that is older than the journal. `found` is True for one that was under way when the
    journal began. `changes` are sentences, the first entry first. `unsigned_stops` are entries that somebody wrote
    without the key; they only stop the run.
    """

    run: int
    chain: Chain | None = None
    covered: bool = True
    found: bool = False
    changes: tuple[str, ...] = ()
    unsigned_stops: tuple[str, ...] = ()
    card: tuple[str, str] | None = None  # Slack's channel and ts of the run's card

    @property
    def entries(self) -> int:
        """How many entries its journal has."""
        return len(self.chain.entries) if self.chain else 0


def verdicts(tables: Tables, key: RecordKey | None, run: int = 0) -> list[Verdict]:
    """The verdict on one run, or on the list of runs and then on each, in one snapshot. Raises BadRecord."""
    with tables.snapshot():
        heads = tables.rows("SELECT * FROM journal_heads WHERE run = ?", RECORD, errors=ANY_TEXT)
        record = to_head(heads[0]) if heads else None
        return list(_verdicts(tables, record, key, run))


def _verdicts(tables: Tables, record: Head | None, key: RecordKey | None, run: int) -> Iterator[Verdict]:
    ids = "SELECT id AS n FROM runs UNION SELECT run FROM journal UNION SELECT run FROM journal_heads ORDER BY n"
    numbers = [row["n"] for row in tables.rows(ids) if row["n"] != RECORD]
    runs = {row["id"] for row in tables.rows("SELECT id FROM runs")}
    if run == 0:
        foreign = [str(change) for change in tables.schema_changes()]
        of_runs, of_freezes = _changes_of_record(tables, record, key, runs), freeze_changes(tables, key)
        yield Verdict(run=RECORD, changes=(*foreign, *of_runs, *of_freezes))
    for number in [run] if run else numbers:
        chain = read_chain(tables, number).chain()
        # a list of runs with another key is reported as such, and not as changes of every run before the journal
        ours = key if key and record and record.key == key.id else None
        covered = bool(chain.entries or chain.head) or not is_older(number, record, ours)
        found = bool(chain.entries) and chain.entries[0].kind == EntryKind.FOUND
        changes = [str(change) for change in chain_changes(chain, record, key)] if covered else []
        if number not in runs:
            known = covered and record and number <= record.number
            changes = [f"run {number} was removed" if known else f"there is no run {number}"]
        posts = tables.rows("SELECT channel, ts FROM posts WHERE run = ? AND event = 0", number, errors=ANY_TEXT)
        card = (str(posts[0]["channel"]), str(posts[0]["ts"])) if posts else None
        stops = tuple(str(stop) for stop in unsigned_stops(chain))
        yield Verdict(
            run=number,
            chain=chain,
            covered=covered,
            found=found,
            changes=tuple(changes),
            unsigned_stops=stops,
            card=card,
        )


def _changes_of_record(tables: Tables, record: Head | None, key: RecordKey | None, runs: set[int]) -> Iterator[str]:
    if record is None:
        if runs or tables.rows("SELECT run FROM journal_heads UNION SELECT run FROM journal LIMIT 1"):
            yield "the list of runs was removed from the journal"
        return
    if key and record.key != key.id:
        yield f"the list of runs was written with another key ({record.key or 'none'})"
    elif head_problem(record, key):
        yield "the list of runs was altered"
    removed = (number for number in range(newest_older(record) + 1, record.number + 1) if number not in runs)
    yield from (f"run {number} was removed" for number in islice(removed, MOST))
    added = (number for number in sorted(runs) if number > record.number)
    yield from (f"run {number} was added: the journal does not know it" for number in islice(added, MOST))
