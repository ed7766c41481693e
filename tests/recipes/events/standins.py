"""Servers that take what the documents of Grafana, Statuspage and Jira describe, no more."""

from __future__ import annotations

import base64
import http.server
import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Answer = tuple[int, Any]


class Strict(BaseModel):
    """A body with these fields and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StandIn(http.server.ThreadingHTTPServer):
    """One product. Its first `outages` calls are refused; `refused` are those that it does not describe."""

    daemon_threads = True
    authorization = ""
    outage = 503

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.outages = 1
        self.refused: list[str] = []
        self.numbers = itertools.count(1)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        """The answer to a call. Raises ValidationError, and LookupError for what is not there."""
        raise NotImplementedError

    @contextmanager
    def serving(self) -> Iterator[Self]:
        """Serve within the block."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()


class Call(http.server.BaseHTTPRequestHandler):
    """One call."""

    server: StandIn

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, said = self._answer(body)
        if status in {400, 401, 404, 415}:
            self.server.refused.append(f"{status} {self.command} {self.path} {body.decode()} {said}")
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_PATCH = do_GET  # noqa: N815  the library's names

    def _answer(self, body: bytes) -> Answer:
        if self.headers["Authorization"] != self.server.authorization:
            return 401, "who is that?"
        if body and self.headers["Content-Type"] != "application/json":
            return 415, "no JSON"
        if self.server.outages:
            self.server.outages -= 1
            return self.server.outage, "not now"
        asked = urlsplit(self.path)
        try:
            return self.server.answer(
                self.command, asked.path, parse_qs(asked.query), json.loads(body) if body else None
            )
        except ValidationError as error:
            return 400, str(error)
        except LookupError:
            return 404, "not here"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Log nothing."""


# -- Grafana: the annotations of its HTTP API ---------------------------------------------------------------------


class Annotation(Strict):
    """What is created. The text must not be empty; without a dashboard it is the organization's."""

    text: Annotated[str, Field(min_length=1)]
    time: Annotated[int, Field(gt=1_000_000_000_000)]  # milliseconds
    timeEnd: int = 0  # noqa: N815  Grafana's name
    tags: list[str] = []
    dashboardUID: str = ""  # noqa: N815
    panelId: int = 0  # noqa: N815


class AnnotationChange(Strict):
    """What is changed of one."""

    text: str | None = None
    time: int | None = None
    timeEnd: int | None = None  # noqa: N815
    tags: list[str] | None = None


class Grafana(StandIn):
    """Its annotations, by number."""

    authorization = "Bearer glsa_x"

    def __init__(self) -> None:
        super().__init__()
        self.annotations: dict[int, dict[str, Any]] = {}

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        if (method, path) == ("GET", "/api/annotations"):
            tags = set(query.get("tags", []))
            return 200, [{"id": n, **one} for n, one in self.annotations.items() if tags <= set(one["tags"])]
        if (method, path) == ("POST", "/api/annotations"):
            number = next(self.numbers)
            self.annotations[number] = Annotation.model_validate(body).model_dump()
            return 200, {"message": "Annotation added", "id": number}
        if method == "PATCH" and (found := re.fullmatch(r"/api/annotations/(\d+)", path)):
            change = AnnotationChange.model_validate(body).model_dump(exclude_unset=True)
            self.annotations[int(found[1])].update(change)
            return 200, {"message": "Annotation patched"}
        raise LookupError


# -- Statuspage: the incidents of its API 1.0 ---------------------------------------------------------------------


class Incident(Strict):
    """A realtime incident, or what is changed of one."""

    name: Annotated[str, Field(min_length=1)] = ""
    status: Literal["investigating", "identified", "monitoring", "resolved"] = "investigating"
    body: str = ""
    impact_override: Literal["none", "maintenance", "minor", "major", "critical"] | None = None
    component_ids: list[str] = []
    deliver_notifications: bool = True
    metadata: dict[str, dict[str, str]] = {}


class IncidentBody(Strict):
    """The body of both calls."""

    incident: Incident


class NewIncidentBody(IncidentBody):
    """A new incident has a name."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.incident.name:
            raise ValueError("name is required")
        return self


class Statuspage(StandIn):
    """Its incidents, by id. Too many calls are answered with 420."""

    authorization = "OAuth key-x"
    outage = 420

    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        if (method, path) == ("GET", "/v1/pages/page1/incidents/unresolved"):
            open_ones = {n: one for n, one in self.incidents.items() if one["status"] != "resolved"}
            return 200, [{"id": n, **one} for n, one in open_ones.items()]
        if (method, path) == ("POST", "/v1/pages/page1/incidents"):
            number = f"inc{next(self.numbers)}"
            self.incidents[number] = NewIncidentBody.model_validate(body).incident.model_dump()
            return 201, {"id": number, **self.incidents[number]}
        if method == "PATCH" and (found := re.fullmatch(r"/v1/pages/page1/incidents/(inc\d+)", path)):
            change = IncidentBody.model_validate(body).incident.model_dump(exclude_unset=True)
            self.incidents[found[1]].update(change)
            return 200, {"id": found[1], **self.incidents[found[1]]}
        raise LookupError


# -- Jira Cloud: issues, comments and search of its REST API 3 ----------------------------------------------------


class Words(Strict):
    """A text of the Atlassian Document Format."""

    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]


class Paragraph(Strict):
    """A paragraph of it."""

    type: Literal["paragraph"]
    content: list[Words]


class Document(Strict):
    """A whole document of it."""

    type: Literal["doc"]
    version: Literal[1]
    content: list[Paragraph]


class Project(Strict):
    """A project by its key."""

    key: Literal["OPS"]


class IssueType(Strict):
    """A type of issue by its name."""

    name: Literal["Task", "Bug"]


class Fields(Strict):
    """The fields of an issue. A summary is one line, a label has no space."""

    project: Project
    issuetype: IssueType
    summary: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\n]*$")]
    description: Document
    labels: list[Annotated[str, Field(pattern=r"^\S+$", max_length=255)]] = []


class IssueBody(Strict):
    """A new issue."""

    fields: Fields


class CommentBody(Strict):
    """A new comment."""

    body: Document


class Jira(StandIn):
    """Its issues, by key, with their comments."""

    authorization = "Basic " + base64.b64encode(b"ops@shop.example:token-x").decode()

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, Fields] = {}
        self.comments: list[tuple[str, str]] = []

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        if (method, path) == ("GET", "/rest/api/3/search/jql"):
            found = re.fullmatch(r'project = "OPS" AND labels = "(\S+)"', query["jql"][0])
            if not found:
                return 400, "another query than this stand-in knows"
            issues = [key for key, fields in self.issues.items() if found[1] in fields.labels]
            return 200, {"issues": [{"id": "1", "key": key} for key in issues], "isLast": True}
        if (method, path) == ("POST", "/rest/api/3/issue"):
            key = f"OPS-{next(self.numbers)}"
            self.issues[key] = IssueBody.model_validate(body).fields
            return 201, {"id": "1", "key": key, "self": f"{self.url}/rest/api/3/issue/1"}
        if method == "POST" and (found := re.fullmatch(r"/rest/api/3/issue/(OPS-\d+)/comment", path)):
            said = CommentBody.model_validate(body).body
            if found[1] not in self.issues:
                raise LookupError
            self.comments.append((found[1], said.content[0].content[0].text))
            return 201, {"id": "2"}
        raise LookupError
