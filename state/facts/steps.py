"""Facts about one attempt at a step: signatures, answers, agreements."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import ClassVar

from state.facts.base import Fact, FactKind
from state.frozen import dataclass


class Choice(StrEnum):
    """What a person may answer about an attempt that did not succeed, or whose sign-off was refused (OVERRIDE)."""

    RETRY = "again"
    DONE = "done"
    SKIP = "skip"
    OVERRIDE = "override"


@dataclass(frozen=True, kw_only=True)
class _AboutAttempt(Fact):
    """A fact about one attempt at one step."""

    step: str
    attempt: int

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.step}:{self.attempt}"


# what a signature is given for: pairs of a name that people know ("page", "commit", "backup") and a value
Evidence = tuple[tuple[str, str], ...]


def evidence_hash(evidence: Evidence) -> str:
    """The SHA-256 of evidence, as stored with each signature. Empty without evidence."""
    if not evidence:
        return ""
    return hashlib.sha256(json.dumps(evidence, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Signature(_AboutAttempt):
    """Somebody signed an attempt in a role, or refused to.

    `evidence` is what was signed for, and `evidence_hash` its hash. Both are empty if an earlier version stored it.
    """

    kind: ClassVar[FactKind] = FactKind.SIGNATURE

    role: str
    refused: bool = False
    reason: str = ""
    evidence: Evidence = ()
    evidence_hash: str = ""

    @property
    def key(self) -> str:
        return f"{super().key}:{self.role}"


@dataclass(frozen=True, kw_only=True)
class StepAnswer(_AboutAttempt):
    """Somebody decided what to do about an attempt that did not succeed, or `after_refusal` of its sign-off.

    One attempt can have both: it was fixed by hand, and then that fix was refused. `number` counts the earlier answers
    that have lapsed.
    """

    kind: ClassVar[FactKind] = FactKind.ANSWER

    choice: Choice
    reason: str = ""
    after_refusal: bool = False
    number: int = 0

    @property
    def key(self) -> str:
        key = f"{super().key}:refused" if self.after_refusal else super().key
        return f"{key}:{self.number}" if self.number else key


@dataclass(frozen=True, kw_only=True)
class Agreement(_AboutAttempt):
    """A second person agreed to the answer `choice`."""

    kind: ClassVar[FactKind] = FactKind.AGREEMENT

    choice: Choice = Choice.SKIP

    @property
    def key(self) -> str:
        return f"{super().key}:refused" if self.choice is Choice.OVERRIDE else super().key


@dataclass(frozen=True, kw_only=True)
class Lapsed(_AboutAttempt):
    """What waited for a second person no longer counts: whoever asked for it may no longer decide it.

    `of` is the key of that fact, `first` who asked for it, and `reason` says why. An early KEEP has the decision's name
    as its `step`.
    """

    kind: ClassVar[FactKind] = FactKind.LAPSED

    of: str
    first: str
    reason: str

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.of}"
