"""What the contract test asks of a manager with real services under it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

from bot.tools.clock import SystemClock
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.shell import Shell
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.commands.steps.builders import box, context
from tests.parts.service import PATH, Service
from tests.world import World

OLD, NEW = "1" * 40, "2" * 40


class Stage(ABC):
    """A manager and its services. `several` says whether one step may have several of them."""

    manager: str
    several = True

    @abstractmethod
    def start(self, name: str, *, worker: bool = False) -> Service:
        """A new service that the manager runs and that is ready."""

    @abstractmethod
    def shell(self, *, restarts: bool = True) -> Shell:
        """The Shell of the host; without `restarts` a restart there succeeds and does nothing."""

    def fields(self, *services: Service) -> str:
        """How a step of the page names services."""
        names = ", ".join(f'"{service.name}"' for service in services)
        named = f"name = {names}" if len(services) == 1 else f"names = [{names}]"
        return f'host = "h"\nmanager = "{self.manager}"\n{named}\n'

    def only_restarts(self, *services: Service) -> str:
        """What only the step has that restarts."""
        return ""

    def box(self, kind: str, *services: Service, more: str = 'steady = "1 s"') -> Any:
        """A `service` or a `steady` step. The first of the services is asked for the commit, unless it is a worker."""
        web = f'web = "api"\npath = "{PATH}"\ncommit = "{NEW}"\n' if services[0].settings.port else ""
        only = self.only_restarts(*services) if kind == "service" else ""
        return box(kind, f"{self.fields(*services)}{only}{web}{more}")

    def context(self, *services: Service, values: dict[str, str] | None = None, shell: Shell | None = None) -> Context:
        """The context of a step, with the real clock, web and host."""
        world = World(rate=1)
        ctx = context(world, values, shell=shell or self.shell())
        web = HttpWeb({"api": WebPlace(url=services[0].url)}, {}, Redactor([]))
        return replace(ctx, tools=replace(ctx.tools, web=web, clock=SystemClock()), key=f"run-1/{services[0].name}/1")

    def restart(self, *services: Service, more: str = 'steady = "1 s"', shell: Shell | None = None) -> Outcome:
        """Restart services, and see how that is judged."""
        ctx = self.context(*services, shell=shell)
        try:
            return execute(self.box("service", *services, more=more), ctx)
        finally:
            ctx.tools.web.close()

    def steady(self, *services: Service, after: Outcome, more: str = 'lasts = "1 s"') -> Outcome:
        """Check services after such a restart."""
        ctx = self.context(*services, values={**after.values, **after.timestamps})
        try:
            return execute(self.box("steady", *services, more=more), ctx)
        finally:
            ctx.tools.web.close()


def assert_reload_is_seen(stage: Stage, service: Service, worker: Service) -> None:
    """The reload of a service shows in its answer; that of a worker which starts no process shows in nothing."""
    service.will(commit=NEW)
    outcome = stage.restart(service, more='steady = "1 s"\nreload = true')
    assert outcome.state == "done", outcome.summary
    assert "after its reload at commit 2222222222" in outcome.summary
    outcome = stage.restart(worker, more='steady = "1 s"\nreload = true')
    assert outcome.state == "failed"
    assert "the reload started no new process of it" in outcome.summary
