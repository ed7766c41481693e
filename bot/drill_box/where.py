"""Where a page is drilled: on its own places for drills, or in a sandbox, and why in neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from bot.drill_box.fits import misfit
from commands.runbook import Page
from commands.runbook.drill import drill_page, replaced
from state.errors import Refused


def has_places(page: Page, environ: Mapping[str, str]) -> bool:
    """Whether any variable of a page's `[drill]` table is set, so that its drill has places of its own."""
    return any(environ.get(name.removeprefix("$")) for name in replaced(page).values())


def require_fit(page: Page) -> None:
    """Raise Refused for a page that has no places for a drill, and that no sandbox can be started for."""
    if why := misfit(page):
        raise Refused(f"{page.name} cannot be drilled yet. {_todo(page)} {why}")


def without_sandbox(environ: Mapping[str, str]) -> Callable[[Page], AbstractContextManager[Page]]:
    """The drills that can be started beside the bot, at the terminal: those with places of their own.

    Whoever types there is another system user than the bot, which could not end what they start.
    """

    @contextmanager
    def played(page: Page) -> Iterator[Page]:
        if not has_places(page, environ):
            require_fit(page)
            raise Refused(
                f"{page.name} is drilled in a sandbox, which only the bot itself can start. Type "
                f"`/deploy drill {page.name}` in Slack. (With places of its own for drills it can be started here, "
                "too: docs/drill.md.)"
            )
        yield drill_page(page)

    return played


def _todo(page: Page) -> str:
    """What gives the page places for a drill, as a sentence."""
    if not page.runbook.drill:
        return (
            'Add a table [drill] to its box “toml runbook”, as in: "PROD_*" = "$DRILL_*". Then set these variables in '
            "the bot's environment (docs/drill.md)."
        )
    names = [name.removeprefix("$") for name in replaced(page).values() if name]
    return (
        f"Set the variables of its table [drill] in the bot's environment, and restart the bot: {', '.join(names)}. "
        "They hold the hosts, databases and web addresses of the drill."
    )
