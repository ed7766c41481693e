"""The options of a rehearsal; read without any of the packages that a rehearsal itself needs."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.rehearsal.needs import needed
from bot.rehearsal.scenarios import SCENARIOS

# the pages that come with gonogo, by the name of the option
PAGES = {"A": "option-a.md", "B": "option-b.md"}


def parser(command: str = "make rehearse") -> argparse.ArgumentParser:
    """The command line of `make rehearse` and `gonogo rehearse`; its help says what is still to be installed."""
    width = max(map(len, SCENARIOS))
    scenarios = [f"  {name:<{width}}  {scenario.description}" for name, scenario in SCENARIOS.items()]
    options = argparse.ArgumentParser(
        prog=command,
        description="Rehearse a whole deploy on this machine, by hand on a web page or with simulated users.",
        epilog="\n".join(["scenarios:", *scenarios, "", needed()]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument(
        "page", nargs="?", type=Path, help="your own page, played on the target of target.env in --folder"
    )
    options.add_argument("--auto", action="store_true", help="simulate the users, print the channel, check the end")
    options.add_argument("--option", choices=sorted(PAGES), default="A", help="the runbook page (default A)")
    scenario = options.add_argument("--scenario", default="keep", help="one of those below (default keep)")
    scenario.choices, scenario.metavar = list(SCENARIOS), "NAME"
    options.add_argument("--port", type=int, default=0, help="the web page's port (default: any free one)")
    options.add_argument(
        "--bots",
        type=int,
        default=1,
        choices=range(1, 4),
        metavar="N",
        help="2 or 3 bots on one record in PostgreSQL; --auto kills the active one (default 1)",
    )
    options.add_argument("--folder", help="a folder for all files, which stays (default: a temporary one)")
    return options
