"""One sandbox, or box: its folder, the process that keeps its target, and their end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from bot.drill_box.files import KEEPER, LOG, TARGET, VALUES
from bot.drill_box.locks import is_held
from bot.tools.python_module import module_command
from bot.tools.secrets import redactor_for
from state.errors import Refused
from state.frozen import dataclass

LIMIT = 600.0  # seconds for the first start, which downloads packages from npm
STOP_LIMIT = 20.0  # seconds until a keeper that does not stop is killed
TICK = 0.05
LONGEST = 101  # bytes in the path of that socket; Linux takes 107, and pm2 was tried: with 102 it does not start
SOCKET = "home/.pm2/rpc.sock"  # in the folder of the target
# all that the box's processes get of the bot's environment: nothing of production, and no token
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class Box:
    """A box in `folder`, whose name is that of the box. Downloaded programs stay in `cache`."""

    folder: Path
    cache: Path

    @property
    def is_up(self) -> bool:
        """Whether its target is there, in the care of a living process."""
        return (self.folder / VALUES).exists() and is_held(self.folder / KEEPER)

    def start(self, environ: Mapping[str, str], stopping: threading.Event, *, limit: float = LIMIT) -> None:
        """Start its target, which takes seconds, and the first time minutes. Raises Refused with why it cannot.

        It is given up once the bot is `stopping`.
        """
        if len(os.fsencode(self.folder / TARGET / SOCKET)) > LONGEST:
            raise Refused(
                f"The sandbox needs a shorter path than {self.folder}: sockets are in it. Put the state file "
                "(without one the folder in which the bot is started) where the path is shorter."
            )
        with (self.folder / LOG).open("wb") as log:
            words = [*module_command("bot.drill_box.keeper"), str(self.folder), str(self.cache)]
            keeper = subprocess.Popen(
                words,
                cwd=self.folder,
                # the process must find our modules, however this one found them
                env=_passed_on(environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # a child that has ended stays a zombie until it is waited for
        threading.Thread(target=keeper.wait, name="keeper of a box", daemon=True).start()
        if not _wait(lambda: self.is_up or keeper.poll() is not None or stopping.is_set(), limit):
            raise Refused(f"The sandbox was not ready within {limit:.0f} s.")
        if stopping.is_set():
            raise Refused("The bot is stopping. Start the drill again when it is back.")
        if not self.is_up:
            raise Refused(f"The sandbox did not start: {redactor_for((), environ)(self._last_words())}")

    def end(self) -> None:
        """Stop everything of it and remove its folder; may be called again, and after any crash."""
        from bot.rehearsal.target.host import Host
        from bot.rehearsal.target.postgres import Postgres

        if is_held(self.folder / KEEPER):
            self._signal(signal.SIGTERM)
            if not _wait(lambda: not is_held(self.folder / KEEPER), STOP_LIMIT):
                self._signal(signal.SIGKILL)
        # what a keeper leaves that was killed
        host = Host(self.folder / TARGET, self.cache)
        Postgres(host, port=0).stop()
        host.stop_processes()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(OSError, ValueError):  # it has ended meanwhile, or has not written who it is
            os.kill(int((self.folder / KEEPER).read_text()), number)

    def _last_words(self) -> str:
        text = (self.folder / LOG).read_text(encoding="utf-8", errors="replace")
        return " ".join(text.split())[-600:] or "its process has ended"


def _passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name in _PASSED_ON or name.lower() in _PROXIES}


def _wait(ready: Callable[[], bool], limit: float) -> bool:
    """Wait until something is so; false after so many seconds."""
    until = time.monotonic() + limit
    while not ready():
        if time.monotonic() > until:
            return False
        time.sleep(TICK)
    return True
