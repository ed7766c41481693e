"""Facts about one attempt at a step: signatures, answers, agreements."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from state.facts.base import Fact, FactKind


class Choice(StrEnum):
    """What a person may answer about an attempt that did not succeed."""

    RETRY = "again"
    DONE = "done"
    SKIP = "skip"


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
    """Somebody decided what to do about an attempt that did not succeed."""

    kind: ClassVar[FactKind] = FactKind.ANSWER

    choice: Choice
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Agreement(_AboutAttempt):
    """A second person agreed to an answer."""

    kind: ClassVar[FactKind] = FactKind.AGREEMENT
