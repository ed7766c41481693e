"""What a bundle states, as an in-toto statement: files, commit, and links of the journal.

The predicate has a type of its own: SLSA's provenance tells how something was built, and a run builds nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from state.journal import Chain, EntryKind
from state.records import Run

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:gonogo:deployment:v1"
LINK = 16  # characters of each entry's hash that the statement lists
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def statement_of(run: Run, chain: Chain, commit: str, files: Mapping[str, bytes], changes: list[str]) -> dict[str, Any]:
    """The statement on a run: the bundle's files, the files kept with the run, and the commit are its subjects.

    `changes` is what was changed in the record from outside before the bundle was made.
    """
    subjects = [{"name": name, "digest": {"sha256": sha256(data)}} for name, data in files.items()]
    kept = sorted((ref, row) for (kind, ref), row in chain.rows.items() if kind == EntryKind.FILE)
    subjects += [{"name": f"kept/{ref}", "digest": {"sha256": sha256(str(row["text"]).encode())}} for ref, row in kept]
    if _COMMIT.fullmatch(commit):
        subjects.append({"name": f"commit of {run.target}", "digest": {"gitCommit": commit}})
    return {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "run": {
                "number": run.id,
                "key": run.key,
                "target": run.target,
                "page": run.page,
                "ref": run.ref,
                "commit": commit,
                "state": run.state.value,
                "starter": run.starter,
                "startedOn": run.began_at.isoformat(),
                "finishedOn": run.ended_at.isoformat() if run.ended_at else None,
            },
            "journal": {
                "entries": len(chain.entries),
                "head": chain.head.hash if chain.head else "",
                "key": chain.head.key if chain.head else "",
                "links": [entry.hash[:LINK] for entry in chain.entries],
                "changes": changes,
            },
        },
    }
