"""What the words of an alert mean: a measure of a kind of check, its limit, and for how long."""

from __future__ import annotations

import re

from state.frozen import dataclass


@dataclass(frozen=True)
class Meaning:
    """A measure of the checks of one kind, and the limit that the words imply if they name none."""

    words: str
    kind: str
    measure: str
    unit: str = ""
    above: float | None = None


_MEANINGS = (
    Meaning(r"\bmemory|\bram\b", "metrics", "memory", "%"),
    Meaning(r"\bcpu\b", "metrics", "cpu", "%"),
    Meaning(r"response|latency|slow|api.*second", "http", "seconds", "s"),
    Meaning(r"(?:database|query|\bdb\b|sql).*(?:error|fail)", "query", "failed", "", 0.0),
    Meaning(r"error.*\blogs?\b|\blogs?\b.*error", "logs", "found", "", 0.0),
    Meaning(r"health|\b5\d\d\b(?! ?(?:m?s|milli|sec|%))|\bdown\b|unreachable", "http", "failed", "", 0.0),
)
_LIMIT = re.compile(
    r"(?:>=?|≥|above|over|(?:more|greater|higher|longer|slower) than|exceed(?:s|ing)?)\s*"
    r"(\d+(?:\.\d+)?)(?![\d.,]*\d)\s*(%|percent|ms|milliseconds?|s|secs?|seconds?|mins?|minutes?)?(?!\w)",
    re.IGNORECASE,
)
_LASTING = re.compile(
    r"\bfor (?:(?:more|longer) than |over |at least |> ?)?(\d{1,4}) ?(s|sec|min|h|hour)(?:s|onds?|utes?)?\b",
    re.IGNORECASE,
)
# what a limit of one sample does not say: a relation, a count of samples, a second condition
_MORE = re.compile(
    r"\b(?:increas\w*|gr[eo]w\w*|ris(?:e|es|ing)|spikes?|drops?|baseline|usual|before|normal\w*|average|p\d\d|percentile"
    r"|times|twice|doubles?|consecutive\w*|row|per|rate|and|or|but|not?|unless|except|while|during|without|expected"
    r"|ignore)\b|n't\b|[<$&/]",
    re.IGNORECASE,
)
_TO_SECONDS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "min": 60.0}


def meanings_of(text: str) -> list[Meaning]:
    """The meanings that the words of a text may have, the likeliest first."""
    return [one for one in _MEANINGS if re.search(one.words, text, re.IGNORECASE)]


_NO_DATA = re.compile(r"\W*(?:no|missing) ([\w ]{2,40}?) (?:data|rows|records|entries)\W*", re.IGNORECASE)


def counted_thing(text: str) -> str:
    """What there must be rows of, as a column or table is called: `job_type` in “No job type data”; else empty."""
    match = _NO_DATA.fullmatch(text)
    return re.sub(r"\s+", "_", match[1].lower()) if match else ""


def limit_of(text: str, meaning: Meaning) -> float | None:
    """The limit that a text names in the measure's unit, or implies; None if there is none."""
    match = _LIMIT.search(_LASTING.sub("", text))
    if not meaning.unit:
        return None if match else meaning.above
    unit = (match[2] or "").lower().replace("percent", "%") if match else ""
    if not match or not unit or (meaning.unit == "%") != (unit == "%"):
        return None
    scale = next((factor for start, factor in _TO_SECONDS.items() if unit.startswith(start)), 1.0)
    return float(match[1]) * (scale if meaning.unit == "s" else 1.0)


def lasting_of(text: str) -> str:
    """For how long the value must be over its limit, as a page writes it; empty if the text does not say."""
    match = _LASTING.search(text)
    return f"{int(match[1])} {'h' if match[2][0] in 'hH' else match[2][:3].lower().removesuffix('ec')}" if match else ""


def says_more(text: str) -> bool:
    """Whether a text says more than that one measure is over one limit, so that it is not sure what is meant."""
    return bool(_MORE.search(_LASTING.sub("", text)))
