"""The step kinds by the name that stands on the page. A new kind is its own file and one line here."""

from __future__ import annotations

from commands.steps.backup import Backup
from commands.steps.base import StepBox
from commands.steps.baseline import Baseline
from commands.steps.browser import Browser
from commands.steps.checkout import Checkout
from commands.steps.data_return import DataReturn
from commands.steps.errors import Errors
from commands.steps.gate import Gate
from commands.steps.http import Http
from commands.steps.keep import Keep
from commands.steps.logs import Logs
from commands.steps.maintenance import Maintenance
from commands.steps.metrics import Metrics
from commands.steps.notify import Notify
from commands.steps.proof import Proof
from commands.steps.publish import Publish
from commands.steps.query import Query
from commands.steps.rehearse import Rehearse
from commands.steps.release import Release
from commands.steps.repeat import Repeat
from commands.steps.review import Review
from commands.steps.run import Run
from commands.steps.service import Service
from commands.steps.sql import Sql
from commands.steps.steady import Steady
from commands.steps.traffic import Traffic
from commands.steps.wait import Wait
from commands.steps.window import Window

_ALL: tuple[type[StepBox], ...] = (
    Backup,
    Baseline,
    Browser,
    Checkout,
    DataReturn,
    Errors,
    Gate,
    Http,
    Keep,
    Logs,
    Maintenance,
    Metrics,
    Notify,
    Proof,
    Publish,
    Query,
    Rehearse,
    Release,
    Repeat,
    Review,
    Run,
    Service,
    Sql,
    Steady,
    Traffic,
    Wait,
    Window,
)
KINDS: dict[str, type[StepBox]] = {kind.kind: kind for kind in _ALL}
