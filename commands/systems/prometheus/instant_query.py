"""One instant query to Prometheus' HTTP API, and what its answer holds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from commands.ports.page_text import PageText, Text
from commands.ports.web import HttpRequest, HttpResponse, Web
from commands.systems.http_answers import status_of
from commands.text.numbers import format_count
from commands.text.printable import printable
from state.errors import LostTrack, ToolError
from state.frozen import dataclass

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_NO_NUMBERS = {"NaN": math.nan, "+Inf": math.inf, "Inf": math.inf, "-Inf": -math.inf}
_WORDS = 300  # characters of the server's own words
_MOST_NOTES = 5  # warnings of one answer that are read
_PARTIAL = "isPartial: a part of its storage did not answer"  # what VictoriaMetrics says by a field alone
_NOW_BUSY = (429, 503)  # statuses
_OTHER_TYPES = {
    "matrix": "The query gives samples over a time, not one number; put it into a function like rate or avg_over_time.",
    "string": "The query gives a text, not a number.",
}


class PrometheusError(ToolError):
    """The query gave no number. The message says why, and `todo` what to do about it.

    `seconds` is how long the answer took; None if there was none. `busy` means that it may be asked again later.
    """

    def __init__(self, message: str, todo: str = "", *, seconds: float | None = None, busy: bool = False) -> None:
        super().__init__(message)
        self.todo = todo
        self.seconds = seconds
        self.busy = busy


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A number, which may be NaN or infinite, and its time in seconds since 1970."""

    value: float
    at: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The samples of an answer, which took `seconds`. `is_vector` is false for a scalar, which has exactly one.

    `warnings` are the server's own words where it knows that the answer may be incomplete or wrong; `notes` are others.
    """

    samples: tuple[Sample, ...]
    is_vector: bool
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float

    def only(self) -> Sample | None:
        """The only sample, or None if there is none. Raises PrometheusError for several."""
        if len(self.samples) > 1:
            count = format_count(len(self.samples), "series", "series")
            raise PrometheusError(f"The query gives {count}; aggregate it in the query.", seconds=self.seconds)
        return self.samples[0] if self.samples else None


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server at the web place `place`; `token` is the `$NAME` of its bearer token, or empty."""

    web: Web
    place: str
    token: str

    def ask(self, query: str, *, limit: float, time: float | None = None) -> Answer:
        """Ask for the query's result now, or at `time` (seconds since 1970), within `limit` seconds.

        Raises PrometheusError, and Unreachable.
        """
        fields = {"query": query} | ({} if time is None else {"time": f"{time:.3f}"})
        # an answer of a cache would be an old one
        headers: dict[str, Text] = {"Cache-Control": "no-cache"}
        if self.token:
            headers["Authorization"] = PageText(f"Bearer {self.token}")
        call = HttpRequest(path=f"/api/v1/query?{urlencode(fields)}", headers=headers, limit=limit)
        try:
            answer = self.web.request(self.place, call)
        except LostTrack:
            raise PrometheusError(
                f"“{self.place}” gave no whole answer within {limit:.0f} s.", "check its load, or ask for less"
            ) from None
        data = self._json(answer)
        if not 200 <= answer.status < 300 or data.get("status") != "success":
            raise self._error(answer, data)
        try:
            return _answer(data, answer.seconds)
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
            raise self._not_prometheus(answer) from None

    def _json(self, answer: HttpResponse) -> Mapping[str, Any]:
        """The object in an answer; an empty one if it is something else and its status says why."""
        try:
            data = answer.json()
        except ValueError:
            if answer.status == 200 and answer.text.lstrip().startswith('{"status"'):
                raise PrometheusError(
                    f"The answer of “{self.place}” is cut off or broken. Too many series? Aggregate them in the query.",
                    seconds=answer.seconds,
                ) from None
            data = None
        if isinstance(data, dict):
            return data
        if 200 <= answer.status < 300:
            raise self._not_prometheus(answer)
        return {}

    def _error(self, answer: HttpResponse, data: Mapping[str, Any]) -> PrometheusError:
        words = f": {_shown(data['error'])}" if isinstance(data.get("error"), str) else ""
        if answer.status in {401, 403}:
            what = f"does not accept the token {self.token}" if self.token else "wants a token"
            summary = f"“{self.place}” {what} ({answer.status}){words}"
            todo = "check the token and its rights" if self.token else 'name its variable, token = "$NAME"'
        elif 300 <= answer.status < 400:
            summary, todo = f"“{self.place}” redirects to another address", "set the address that answers itself"
        elif words:
            summary, todo = f"“{self.place}” refuses the query ({answer.status}){words}", "correct the query"
        else:
            summary, todo = f"“{self.place}” answers {status_of(answer)}", "check that it is up, and its address"
        busy = answer.status in _NOW_BUSY
        return PrometheusError(f"{summary.rstrip('.')}.", todo, seconds=answer.seconds, busy=busy)

    def _not_prometheus(self, answer: HttpResponse) -> PrometheusError:
        return PrometheusError(
            f"“{self.place}” does not answer like Prometheus' API.",
            "set the address under which /api/v1/query answers",
            seconds=answer.seconds,
        )


def _answer(data: Mapping[str, Any], seconds: float) -> Answer:
    """Read the parts of an answer. Raises PrometheusError, and whatever a part of another form raises."""
    result, kind = data["data"]["result"], data["data"]["resultType"]
    if kind in _OTHER_TYPES:
        raise PrometheusError(_OTHER_TYPES[kind], "correct the query", seconds=seconds)
    if kind not in {"scalar", "vector"}:
        raise ValueError(kind)
    if kind == "vector" and any("histogram" in entry for entry in result):
        raise PrometheusError(
            "The query gives a histogram, not a number; ask for its histogram_quantile.", seconds=seconds
        )
    pairs = [result] if kind == "scalar" else [entry["value"] for entry in result]
    return Answer(
        samples=tuple(_sample(*pair) for pair in pairs),
        is_vector=kind == "vector",
        warnings=(*_notes(data, "warnings"), *((_PARTIAL,) if data.get("isPartial") else ())),
        notes=_notes(data, "infos"),
        seconds=seconds,
    )


def _sample(at: Any, text: Any) -> Sample:
    """Raises ValueError and TypeError for what is no sample."""
    if isinstance(at, bool) or not math.isfinite(at):
        raise ValueError("time")
    if text in _NO_NUMBERS:
        return Sample(value=_NO_NUMBERS[text], at=float(at))
    if not _NUMBER.fullmatch(text):
        raise ValueError("value")
    return Sample(value=float(text), at=float(at))


def _notes(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    notes = data.get(name) or []
    return tuple(_shown(str(note)) for note in notes[:_MOST_NOTES])


def _shown(words: str) -> str:
    return printable(words[:_WORDS])
