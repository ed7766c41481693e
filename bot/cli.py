"""`gonogo` on the terminal: check and plan a page, serve the bot, and the second door to the record it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.doors.deps import Deps
    from commands.runbook import Page

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from state.errors import GonogoError

Verb = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a refusal is one sentence on stderr and exit 1."""
    options = _parser().parse_args(arguments)
    try:
        verb: Verb = options.verb
        return verb(options)
    except GonogoError as error:
        print(f"gonogo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # whoever read it has seen enough, as `head` does; what Python would still write goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gonogo", description="Takes a team through a production deployment from its own page."
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    check = verbs.add_parser("check", help="say what is wrong with a runbook page, with its line")
    check.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    check.set_defaults(verb=_check)
    plan = verbs.add_parser("plan", help="show every exact command, query and request of a page, and its timeline")
    plan.add_argument("page", type=Path, metavar="PAGE")
    plan.set_defaults(verb=_plan)
    doctor = verbs.add_parser("doctor", help="look at everything that a run of a page will need, before it starts")
    doctor.add_argument("page", nargs="?", default="", help="the page's file name; default: every page")
    doctor.add_argument("ref", nargs="?", default="", help="branch, tag or commit; default: the page's own")
    doctor.set_defaults(verb=_doctor)
    serve = verbs.add_parser("serve", help="run the bot")
    serve.add_argument(
        "--no-slack", action="store_true", help="carry runs on without Slack, for the terminal door alone"
    )
    serve.set_defaults(verb=_serve)
    _add_terminal(verbs)
    return parser


def _add_terminal(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    start = _terminal_verb(verbs, "start", "start a run")
    start.add_argument("page", nargs="?", default="", help="the page's file name; needed where there are several")
    start.add_argument("ref", nargs="?", default="", help="branch, tag or commit; default: the page's own")
    start.add_argument("--countdown", type=int, default=0, metavar="MINUTES")
    start.add_argument("--note", default="")
    sign = _terminal_verb(verbs, "sign", "sign a step in the roles you hold")
    sign.add_argument("step", help="the step's id, as `gonogo status` shows it")
    sign.add_argument("--refuse", default="", metavar="REASON", help="refuse instead, with the reason")
    answer = _terminal_verb(verbs, "answer", "answer for a step that failed or whose end is unknown")
    answer.add_argument("step")
    answer.add_argument("said", choices=["again", "done", "skip", "agree"])
    answer.add_argument("reason", nargs="?", default="")
    reasons = {
        "rollback": "take everything back",
        "hold": "let no new step begin",
        "resume": "go on after a hold",
        "keep": "decide KEEP; before the watch is over it takes a reason and a second person",
    }
    for name, what in reasons.items():
        _terminal_verb(verbs, name, what).add_argument("reason", nargs="?", default="")
    alarm = _terminal_verb(verbs, "false-alarm", "hold the countdown of an alert for a time")
    alarm.add_argument("alert", help="the alert's name, as `gonogo status` shows it")
    alarm.add_argument("--reason", required=True, metavar="WHY")
    alarm.add_argument("--for", dest="lasts", default="30 min", metavar="TIME", help='like "1 h"; default: 30 min')
    end = _terminal_verb(verbs, "end", "end a run by hand that no bot will carry on; nothing is taken back")
    end.add_argument("number", type=int, metavar="RUN", help="the run's number, as `gonogo status` shows it")
    end.add_argument("--reason", required=True, metavar="WHY")
    _terminal_verb(verbs, "status", "show the run, who is waited for, and what to type")
    _terminal_verb(verbs, "log", "print everything that was told, in order")
    report = _terminal_verb(verbs, "report", "print the report of a run as Markdown, or write it as one HTML page")
    report.add_argument(
        "number", nargs="?", type=int, default=0, metavar="RUN", help="default: the active run, else the last"
    )
    form = report.add_mutually_exclusive_group()
    form.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained HTML page")
    form.add_argument("--markdown", action="store_true", help="print Markdown; the default")
    history = _terminal_verb(verbs, "history", "list the runs, and the four figures of delivery over all of them")
    history.add_argument("--limit", type=int, default=10, metavar="N", help="how many runs; default: 10")


def _terminal_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=what)
    verb.add_argument("--run", type=int, default=0, help="the run's number; default: the active one, else the last")
    verb.add_argument(
        "--as", dest="person", default=getpass.getuser(), help="who acts: a Slack user id that holds the role"
    )
    verb.set_defaults(verb=_terminal, name=name)
    return verb


def _check(options: argparse.Namespace) -> int:
    from bot.settings import read_page_file

    wrong = 0
    for path in options.pages:
        try:
            page = read_page_file(path)
            print(f"{path}: good, {len(page.steps)} steps for {page.runbook.target}")
        except GonogoError as error:
            wrong = 1
            print(f"{path}: {error}", file=sys.stderr)
    return wrong


def _plan(options: argparse.Namespace) -> int:
    from bot.settings import read_page_file
    from commands.runbook.plan import plan_lines

    for line in plan_lines(read_page_file(options.page)):
        print(line)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from bot.doctor.visit import visit
    from bot.settings import find_pages, read_settings

    settings = read_settings()
    failures = 0
    for page in find_pages(settings.runbook, options.page):
        print(f"{page.name}: {page.title}")
        lines = visit(settings, page, options.ref)
        for line in lines:
            print(f"  {line}")
        levels = [line.result.level for line in lines]
        failures += levels.count("fail")
        print(f"  {len(levels)} looked at: {levels.count('fail')} to mend, {levels.count('warn')} to know of")
    return 1 if failures else 0


def _serve(options: argparse.Namespace) -> int:
    from bot.serve import serve
    from bot.settings import read_settings

    return serve(read_settings(), slack=not options.no_slack)


def _terminal(options: argparse.Namespace) -> int:
    from bot.doors.terminal import Terminal
    from bot.settings import read_settings
    from bot.wiring import make_deps
    from state.sqlite.store import Store

    settings = read_settings()

    def preflight(page: Page, ref: str) -> tuple[str, ...]:
        from bot.doctor.visit import preflight

        return preflight(settings, page, ref)

    def pages() -> dict[str, Page]:
        from bot.settings import read_pages

        return read_pages(settings.runbook)

    def deps_of(store: Store) -> Deps:
        return make_deps(settings, store, pages, preflight)

    terminal = Terminal(settings, options.run, options.person, deps_of, may_begin=options.name == "start")
    try:
        for line in getattr(terminal, options.name.replace("-", "_"))(options):
            print(line, flush=True)
    finally:
        terminal.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
