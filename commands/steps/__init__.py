"""The step kinds by the name that stands on the page. A new kind is its own file and one line here."""

from __future__ import annotations

from commands.steps.base import StepBox
from commands.steps.kinds.backup import Backup
from commands.steps.kinds.baseline import Baseline
from commands.steps.kinds.browser import Browser
from commands.steps.kinds.checkout import Checkout
from commands.steps.kinds.data_return import DataReturn
from commands.steps.kinds.errors import Errors
from commands.steps.kinds.gate import Gate
from commands.steps.kinds.http import Http
from commands.steps.kinds.keep import Keep
from commands.steps.kinds.logs import Logs
from commands.steps.kinds.maintenance import Maintenance
from commands.steps.kinds.metrics import Metrics
from commands.steps.kinds.notify import Notify
from commands.steps.kinds.proof import Proof
from commands.steps.kinds.publish import Publish
from commands.steps.kinds.query import Query
from commands.steps.kinds.rehearse import Rehearse
from commands.steps.kinds.release import Release
from commands.steps.kinds.repeat import Repeat
from commands.steps.kinds.review import Review
from commands.steps.kinds.run import Run
from commands.steps.kinds.service import Service
from commands.steps.kinds.sql import Sql
from commands.steps.kinds.steady import Steady
from commands.steps.kinds.traffic import Traffic
from commands.steps.kinds.wait import Wait
from commands.steps.kinds.window import Window

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
