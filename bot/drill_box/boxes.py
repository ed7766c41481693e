"""The boxes of a bot: each is started for a drill without places, and ends with it."""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bot.drill_box.box import Box
from bot.drill_box.files import MAKER
from bot.drill_box.locks import held
from bot.drill_box.where import has_places, require_fit
from commands.run.lost_places import Lost
from commands.runbook import Page
from commands.runbook.drill import box_of, drill_page
from state.errors import GonogoError, Refused
from state.store import RecordStore

LOG = logging.getLogger("gonogo.drill_box")
EVERY = 2.0  # seconds between two sweeps
_ID = re.compile(r"[0-9A-F]{8}")


class Boxes:
    """The boxes in `folder`, of the runs of a record.

    A box belongs to the active run whose page names it. One that no active run names, and that no bot is just making,
    is ended by whichever bot finds it, so a crash at any moment leaves none.
    """

    def __init__(
        self,
        store: RecordStore,
        folder: Path,
        environ: Mapping[str, str],
        cache: Path | None = None,
        *,
        every: float = EVERY,
    ) -> None:
        self._store = store
        self._folder = folder.absolute()
        self._environ = environ
        self._cache = cache or Path(environ.get("HOME") or self._folder) / ".cache" / "gonogo"
        self._every = every
        self._stopping = threading.Event()

    def start(self) -> None:
        """Sweep now and then until `stop`; returns at once."""
        threading.Thread(target=self._loop, name="boxes of drills", daemon=True).start()

    def stop(self) -> None:
        """Begin no other sweep. The boxes of active runs stay, for the next bot."""
        self._stopping.set()

    @contextmanager
    def played(self, page: Page) -> Iterator[Page]:
        """The page that a drill of it runs, with its places there.

        Raises Refused if the page can have no drill.
        """
        if has_places(page, self._environ):
            yield drill_page(page)
            return
        require_fit(page)
        with self._new() as box:
            box.start(self._environ, self._stopping)
            yield drill_page(page, box.folder.name)

    def lost(self, page: Page) -> Lost | None:
        """Whether the sandbox of a drill is gone; None if it is there, and for every other page."""
        name = box_of(page)
        if not name or (box := self._box(name)).is_up:
            return None
        if box.folder.exists():
            return Lost(why="its sandbox is gone: it was stopped")
        return Lost(why="its sandbox is gone: it was removed, or is beside another bot", elsewhere=True)

    def sweep(self) -> None:
        """End every box that no active run has. Never raises."""
        with self._errors_logged():
            for box in self._found():
                with self._errors_logged(), suppress(BlockingIOError), held(box.folder / MAKER, wait=False):
                    # read only now: whoever made the box has let go of it after the run was written
                    if not self._is_in_use(box):
                        LOG.info("the sandbox %s is ended", box.folder.name)
                        box.end()

    @contextmanager
    def _errors_logged(self) -> Iterator[None]:
        """What goes wrong in the block is tried again by the next sweep."""
        try:
            yield
        except (GonogoError, OSError) as error:
            LOG.debug("sandboxes stay: %s", error)
        except Exception:
            LOG.exception("internal error; sandboxes stay")

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self.sweep()
            self._stopping.wait(self._every)

    @contextmanager
    def _new(self) -> Iterator[Box]:
        """An empty box, which nobody else ends inside the block. It is ended with an error, if no run has it.

        Raises Refused where no folder can be made for it.
        """
        box = self._box(secrets.token_hex(4).upper())
        with ExitStack() as making:
            try:
                self._folder.mkdir(mode=0o700, exist_ok=True)
                with held(self._folder):
                    box.folder.mkdir(mode=0o700)
                    making.enter_context(held(box.folder / MAKER))
            except OSError as error:
                raise Refused(f"No sandbox can be started in {self._folder}: {error.strerror}.") from None
            try:
                yield box
            except BaseException:
                if not self._is_in_use(box):
                    box.end()
                raise

    def _box(self, name: str) -> Box:
        return Box(self._folder / name, self._cache)

    def _found(self) -> list[Box]:
        if not self._folder.is_dir():
            return []
        with held(self._folder):
            return [self._box(found.name) for found in self._folder.iterdir() if _ID.fullmatch(found.name)]

    def _is_in_use(self, box: Box) -> bool:
        """Whether an active run may have this box."""
        active = self._store.active_runs()
        named = f"$BOX_{box.folder.name}_"
        return bool(self._store.unreadable_runs(active)) or any(named in run.text for run in active)
