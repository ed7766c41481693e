"""A service of the tests: where it runs, and what it does at its next start."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx

from bot.rehearsal.target.loopback import free_port, wait_until

PROGRAM = Path(__file__).with_name("program.py")
PATH = "/health"  # where it answers which commit it runs


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the program does. Times are seconds.

    - `commit`: what it answers as its commit.
    - `port`: where it listens on loopback; 0 for a worker.
    - `starts_in`: how long it takes until it listens.
    - `ready_in`: for how long after its start it answers 503.
    - `dies_after`: when after its start it exits with code 3; None if it stays.
    - `says`: a line of its log once it has started.
    - `reloads`: whether it reads this again at SIGHUP.
    """

    commit: str
    port: int
    starts_in: float = 0
    ready_in: float = 0
    dies_after: float | None = None
    says: str = ""
    reloads: bool = True


@dataclass
class Service:
    """One service. `folder` is where this machine sees its files, `inside` where the service sees them."""

    folder: Path
    name: str
    inside: str = ""
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.inside = self.inside or str(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROGRAM, self.folder / "program.py")
        self.settings = Settings(commit="1" * 40, port=self.port)
        self.will()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def command(self) -> str:
        """The command that starts it."""
        return f"/usr/bin/python3 -u {self.inside}/program.py {self.inside}"

    def will(self, **changed: object) -> None:
        """What it does from its next start on; what is not named is as in `Settings`, but for its commit and port."""
        base = Settings(commit=self.settings.commit, port=self.port)
        self.settings = replace(base, **changed)  # type: ignore[arg-type]
        new = self.folder / "settings.json.new"
        new.write_text(json.dumps(asdict(self.settings)))
        new.rename(self.folder / "settings.json")

    def answer(self) -> dict[str, object]:
        """What it answers now: {"commit": …, "pid": …}; empty if nothing answers, or it is not ready."""
        try:
            answered = httpx.get(f"{self.url}{PATH}", timeout=2, trust_env=False)
        except httpx.HTTPError:
            return {}
        return dict(answered.json())

    def wait(self) -> None:
        """Wait until it answers."""
        wait_until(lambda: bool(self.answer()), self.name)
