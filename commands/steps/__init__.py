"""All step kinds, by their names on the page; a new kind is registered here."""

from __future__ import annotations

from commands.steps.base import StepBox
from commands.steps.kinds.backup import BackupStep
from commands.steps.kinds.baseline import BaselineStep
from commands.steps.kinds.browser import BrowserStep
from commands.steps.kinds.checkout import CheckoutStep
from commands.steps.kinds.data_keep import DataKeepStep
from commands.steps.kinds.data_return import DataReturnStep
from commands.steps.kinds.errors import ErrorsStep
from commands.steps.kinds.gate import GateStep
from commands.steps.kinds.http import HttpStep
from commands.steps.kinds.keep import KeepStep
from commands.steps.kinds.logs import LogsStep
from commands.steps.kinds.maintenance import MaintenanceStep
from commands.steps.kinds.metrics import MetricsStep
from commands.steps.kinds.migrate import MigrateStep
from commands.steps.kinds.notify import NotifyStep
from commands.steps.kinds.one_by_one import OneByOneStep
from commands.steps.kinds.prometheus import PrometheusStep
from commands.steps.kinds.proof import ProofStep
from commands.steps.kinds.publish import PublishStep
from commands.steps.kinds.query import QueryStep
from commands.steps.kinds.rehearse import RehearseStep
from commands.steps.kinds.release import ReleaseStep
from commands.steps.kinds.repeat import RepeatStep
from commands.steps.kinds.review import ReviewStep
from commands.steps.kinds.run import RunStep
from commands.steps.kinds.service import ServiceStep
from commands.steps.kinds.sql import SqlStep
from commands.steps.kinds.steady import SteadyStep
from commands.steps.kinds.traffic import TrafficStep
from commands.steps.kinds.wait import WaitStep
from commands.steps.kinds.window import WindowStep

_ALL: tuple[type[StepBox], ...] = (
    BackupStep,
    BaselineStep,
    BrowserStep,
    CheckoutStep,
    DataKeepStep,
    DataReturnStep,
    ErrorsStep,
    GateStep,
    HttpStep,
    KeepStep,
    LogsStep,
    MaintenanceStep,
    MetricsStep,
    MigrateStep,
    NotifyStep,
    OneByOneStep,
    PrometheusStep,
    ProofStep,
    PublishStep,
    QueryStep,
    RehearseStep,
    ReleaseStep,
    RepeatStep,
    ReviewStep,
    RunStep,
    ServiceStep,
    SqlStep,
    SteadyStep,
    TrafficStep,
    WaitStep,
    WindowStep,
)
KINDS: dict[str, type[StepBox]] = {kind.kind: kind for kind in _ALL}
