"""All step kinds, by their names on the page; a new kind is registered here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

from commands.steps.base import StepBox


class Kinds(MutableMapping[str, type[StepBox]]):
    """The step kinds by name. Each is imported when it is first asked for.

    A page names a few of them, and a bot that starts again, maybe within a rollback, needs no other before it acts.
    """

    def __init__(self, classes: Mapping[str, str]) -> None:
        self._kinds: dict[str, type[StepBox] | str] = dict(classes)

    def __getitem__(self, name: str) -> type[StepBox]:
        kind = self._kinds[name]
        if isinstance(kind, str):
            kind = self._kinds[name] = getattr(import_module(f"{__name__}.kinds.{name.replace('-', '_')}"), kind)
        return kind

    def __setitem__(self, name: str, kind: type[StepBox]) -> None:
        self._kinds[name] = kind

    def __delitem__(self, name: str) -> None:
        del self._kinds[name]

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


# the class of each kind, in the module of its name
KINDS = Kinds(
    {
        "backup": "BackupStep",
        "baseline": "BaselineStep",
        "browser": "BrowserStep",
        "checkout": "CheckoutStep",
        "data-keep": "DataKeepStep",
        "data-return": "DataReturnStep",
        "errors": "ErrorsStep",
        "gate": "GateStep",
        "http": "HttpStep",
        "keep": "KeepStep",
        "logs": "LogsStep",
        "maintenance": "MaintenanceStep",
        "metrics": "MetricsStep",
        "migrate": "MigrateStep",
        "notify": "NotifyStep",
        "one-by-one": "OneByOneStep",
        "prometheus": "PrometheusStep",
        "proof": "ProofStep",
        "publish": "PublishStep",
        "query": "QueryStep",
        "rehearse": "RehearseStep",
        "release": "ReleaseStep",
        "repeat": "RepeatStep",
        "review": "ReviewStep",
        "run": "RunStep",
        "service": "ServiceStep",
        "sql": "SqlStep",
        "steady": "SteadyStep",
        "traffic": "TrafficStep",
        "wait": "WaitStep",
        "window": "WindowStep",
    }
)
