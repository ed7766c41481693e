"""The command line `gonogo`: checks pages, serves the bot, and controls runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.doors.deps import Deps
    from bot.env_file import Environment
    from commands.runbook import Page
    from commands.start.preflight import PreflightReport

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TextIO

from commands.text.printable import printable
from state.errors import BadSettings, GonogoError

Verb = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. A refusal is one sentence on stderr; the exit code is then 1."""
    from bot.env_file import Environment

    environment = Environment(os.environ)
    options = _parser().parse_args(arguments, argparse.Namespace(environment=environment))
    try:
        verb: Verb = options.verb
        return verb(options)
    except GonogoError as error:
        _say_error(f"gonogo: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader has closed the pipe, as `head` does; what Python would still flush goes to /dev/null
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:
        for line in _masked_traceback(environment).splitlines():
            _say(line, sys.stderr)
        return 1


def _masked_traceback(environment: Environment) -> str:
    """The traceback of an error in the program, without the secrets of the environment."""
    import traceback

    from bot.tools.secrets import redactor_for

    return redactor_for((), environment.known)(traceback.format_exc())


def _say(line: str, file: TextIO | None = None) -> None:
    """Print one line. Every line of every command is printed here, and holds nothing that acts on the terminal."""
    print(printable(line), file=file, flush=True)


def _say_error(text: str) -> None:
    """Print an error. Its further lines are indented, so that none of them looks like one of ours."""
    first, *others = text.split("\n")
    for line in (first, *(f"  {other}" for other in others)):
        _say(line, sys.stderr)


class _Version(argparse.Action):
    """Prints the version; argparse's own would read it before each command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        _say(f"gonogo {version('gonogo')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gonogo", description="Takes a team through a production deployment from its own runbook page."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    check = verbs.add_parser(
        "check",
        help="check a runbook page; errors come with line numbers",
        epilog="Exit codes: 0 if every page is good (warnings may remain), 1 if a page has errors or cannot be read, "
        "2 if the command itself is wrong.",
    )
    check.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    form = check.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all errors and warnings as JSON")
    form.add_argument("--github", action="store_true", help="print them as annotations of a GitHub workflow")
    check.set_defaults(verb=_check)
    plan = verbs.add_parser(
        "plan", help="show every command, query and request of a page as it will run, and the timeline"
    )
    plan.add_argument("page", type=Path, metavar="PAGE")
    plan.set_defaults(verb=_plan)
    adopt = verbs.add_parser(
        "adopt",
        help="turn a team's own Markdown runbook into a page, as far as that is sure",
        epilog="Exit codes: 0 if the page was written (what is left for you is printed), 1 if it was not.",
    )
    adopt.add_argument("runbook", type=Path, metavar="RUNBOOK.md")
    adopt.add_argument(
        "--output", type=Path, metavar="PAGE", help="a new file; default: RUNBOOK.page.md beside the runbook"
    )
    adopt.set_defaults(verb=_adopt)
    _add_reference(verbs)
    _add_init(verbs)
    doctor = verbs.add_parser("doctor", help="check everything that a run of a page will need, before it starts")
    doctor.add_argument("page", nargs="?", default="", help="the page's file name; default: every page")
    doctor.add_argument("ref", nargs="?", default="", help="branch, tag or commit; default: the page's own")
    doctor.add_argument("--no-slack", action="store_true", help="for `gonogo serve --no-slack`: check nothing of Slack")
    doctor.add_argument("--json", action="store_true", help="print all findings as JSON")
    doctor.set_defaults(verb=_doctor)
    serve = verbs.add_parser("serve", help="run the bot")
    serve.add_argument("--no-slack", action="store_true", help="carry out runs without Slack; terminal only")
    serve.set_defaults(verb=_serve)
    # its own parser reads all words, because it imports what only the extra brings
    rehearse = verbs.add_parser(
        "rehearse", add_help=False, prefix_chars="+", help="rehearse a whole deploy on this machine"
    )
    rehearse.add_argument("words", nargs="*")
    rehearse.set_defaults(verb=_rehearse)
    verify = verbs.add_parser(
        "verify", help="verify that nothing in the record, in one run or in a bundle was changed from outside"
    )
    verify.add_argument("what", nargs="?", default="", metavar="RUN|BUNDLE", help="default: the whole record")
    verify.add_argument("--key", default="", metavar="FILE", help="the public key that must have signed the bundle")
    verify.set_defaults(verb=_verify)
    record = verbs.add_parser("record", help="copy the whole record to another place, and verify the copy")
    places = record.add_subparsers(required=True, metavar="COMMAND").add_parser("copy", help="copy a record")
    where = "a file, a postgresql:// address, or the variable that holds one, as '$GONOGO_STATE'"
    places.add_argument("source", metavar="FROM", help=where)
    places.add_argument("target", metavar="TO", help="where no record is yet")
    places.set_defaults(verb=_copy_record)
    _add_terminal(verbs)
    return parser


def _add_reference(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    kinds = verbs.add_parser("kinds", help="show the boxes of a page and their fields, with examples")
    kinds.add_argument("kind", nargs="?", default="", metavar="KIND", help="default: a list of all kinds")
    kinds.set_defaults(verb=_kinds)
    schema = verbs.add_parser("schema", help="print the JSON schema of the boxes, for editors")
    schema.add_argument("kind", nargs="?", default="", metavar="KIND", help="default: all kinds in one schema")
    schema.set_defaults(verb=_schema)


def _add_init(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    init = verbs.add_parser("init", help="write a page for your stack, and a .env.example with its variables")
    init.add_argument(
        "page", nargs="?", type=Path, default=Path("runbook.md"), metavar="PAGE", help="default: runbook.md"
    )
    init.add_argument(
        "--stack",
        default="",
        help="a recipe, like django-systemd, or a service manager, like pm2; a wrong one lists all",
    )
    init.add_argument("--name", default="", help="what is deployed, as in billing-api; default: the folder's name")
    init.add_argument("--migrate", default="", metavar="TOOL", help="django, alembic …, or none; default: the recipe's")
    init.add_argument("--hosts", default="", metavar="NUMBER", help="how many hosts run it; default: the recipe's")
    init.add_argument("--roles", default="", metavar="A,B", help="the team's roles; the first is for those it has not")
    init.add_argument(
        "--env-example", type=Path, default=None, metavar="FILE", help="default: .env.example beside the page"
    )
    init.set_defaults(verb=_init)


def _add_terminal(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    start = _terminal_verb(verbs, "start", "start a run")
    start.add_argument("page", nargs="?", default="", help="the page's file name; needed if there are several pages")
    start.add_argument("ref", nargs="?", default="", help="branch, tag or commit; default: the page's own")
    start.add_argument(
        "--countdown", type=int, metavar="MINUTES", help="announce it now, start in MINUTES; default: the page's own"
    )
    start.add_argument("--note", default="", help="a note for the team")
    sign = _terminal_verb(verbs, "sign", "sign a step in the roles you hold")
    sign.add_argument("step", help="the step's id, as shown by `gonogo status`")
    sign.add_argument("--refuse", default="", metavar="REASON", help="refuse to sign, with the reason")
    answer = _terminal_verb(verbs, "answer", "answer for a step that failed or whose result is unknown")
    answer.add_argument("step", help="the step's id, as shown by `gonogo status`")
    answer.add_argument(
        "answer",
        choices=["again", "done", "skip", "override", "agree"],
        help="run it again, I fixed it by hand, skip it, overrule a refusal, or agree as the second person",
    )
    answer.add_argument("reason", nargs="?", default="", help="needed for done, skip and override")
    with_reason = {
        "rollback": "roll back",
        "hold": "start no new step",
        "resume": "continue after a hold",
        "keep": "decide KEEP; before the watch is over it needs a reason and a second person",
    }
    for name, what in with_reason.items():
        _terminal_verb(verbs, name, what).add_argument("reason", nargs="?", default="")
    alarm = _terminal_verb(verbs, "false-alarm", "hold the countdown of an alert as a false alarm")
    alarm.add_argument("alert", help="the alert's name, as shown by `gonogo status`")
    alarm.add_argument("--reason", required=True, metavar="WHY")
    alarm.add_argument("--for", dest="lasts", default="30 min", metavar="TIME", help='like "1 h"; default: 30 min')
    end = _terminal_verb(verbs, "end", "close an abandoned run; rolls nothing back")
    end.add_argument("number", type=int, metavar="RUN", help="the run's number, as shown by `gonogo status`")
    end.add_argument("--reason", required=True, metavar="WHY")
    _add_reports(verbs)


def _add_reports(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    reads = {
        "status": "show the run, who it is waiting for, and what to type",
        "log": "print every event of a run, in order",
        "report": "print the report of a run as Markdown, or write it as one HTML page",
    }
    status, log, report = (_terminal_verb(verbs, name, what) for name, what in reads.items())
    for verb in (status, log, report):
        verb.add_argument("number", nargs="?", type=int, default=0, metavar="RUN", help="as --run")
    form = report.add_mutually_exclusive_group()
    form.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained HTML page")
    form.add_argument("--markdown", action="store_true", help="print Markdown; the default")
    form.add_argument("--bundle", type=Path, metavar="FILE", help="write report and record as one signed .tar.gz")
    history = _terminal_verb(verbs, "history", "list the runs, with the DORA metrics over all of them")
    history.add_argument("--limit", type=int, default=10, metavar="N", help="how many runs to list; default: 10")
    for verb in (status, log, history):
        verb.add_argument("--json", action="store_true", help="print it as JSON, for programs")


def _terminal_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=what)
    verb.add_argument("--run", type=int, default=0, help="the run's number; default: the active run, else the last")
    verb.add_argument(
        "--as",
        dest="person",
        default="",
        metavar="USER_ID",
        help="who you are; default: the Slack user that GONOGO_TERMINAL_USERS of `gonogo serve` names for your system "
        "user. Any other name counts only for holding, refusing and rolling back, and is shown as claimed",
    )
    verb.set_defaults(verb=_terminal, name=name)
    return verb


def _check(options: argparse.Namespace) -> int:
    from bot.check import check_page, github_lines, json_text, ok_line, text_line

    environ = options.environment.read()
    checks = [check_page(path, environ) for path in options.pages]
    if options.json:
        for line in json_text(checks).splitlines():
            _say(line)
    elif options.github:
        for line in github_lines(checks):
            _say(line)
    for check in [] if options.json or options.github else checks:
        if check.good:
            _say(ok_line(check))
        for finding in check.findings:
            (_say if check.good else _say_error)(text_line(check, finding))
    return 0 if all(check.good for check in checks) else 1


def _plan(options: argparse.Namespace) -> int:
    from bot.settings import read_page_file
    from commands.runbook.plan import plan_lines
    from commands.signoff.permission_text import permission_lines

    page = read_page_file(options.page)
    for line in [*plan_lines(page), "", *permission_lines(page)]:
        _say(line)
    return 0


def _adopt(options: argparse.Namespace) -> int:
    from bot.adopt import adopt_file

    for line in adopt_file(options.runbook, options.output, os.environ):
        _say(line)
    return 0


def _kinds(options: argparse.Namespace) -> int:
    from commands.reference.terminal_text import box_lines, overview_lines

    for line in box_lines(options.kind) if options.kind else overview_lines():
        _say(line)
    return 0


def _schema(options: argparse.Namespace) -> int:
    import json

    from commands.reference.schema import box_schema, page_schema

    for line in json.dumps(box_schema(options.kind) if options.kind else page_schema(), indent=2).splitlines():
        _say(line)
    return 0


def _init(options: argparse.Namespace) -> int:
    from bot.init.make import make, report, write
    from bot.init.questions import Flags, Questions, from_flags

    flags = Flags(**{name: getattr(options, name) for name in ("stack", "name", "migrate", "hosts", "roles")})
    person = sys.stdin.isatty() and sys.stdout.isatty()
    wanted = Questions(input, _say).wanted(flags) if person else from_flags(flags)
    example = options.env_example or options.page.with_name(".env.example")
    made = make(wanted, options.page.name)
    write(made, options.page, example)
    for line in report(made, options.page, example):
        _say(line)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from bot.doctor.page import doctor_json, doctor_lines
    from bot.settings import find_pages, read_settings
    from bot.text import counted

    settings = replace(read_settings(options.environment.read()), slack=not options.no_slack)
    exit_code = 0
    pages = find_pages(settings.runbook, options.page)
    if options.json:
        found = {page.name: doctor_lines(settings, page, options.ref) for page in pages}
        for text in doctor_json(found):
            _say(text)
        return int(any(line.result.level == "fail" for lines in found.values() for line in lines))
    for page in pages:
        _say(f"{page.name}: {page.title}")
        lines = doctor_lines(settings, page, options.ref)
        for line in lines:
            _say(f"  {line}")
        levels = [line.result.level for line in lines]
        failures, warnings = levels.count("fail"), levels.count("warn")
        _say(f"  {counted(len(levels), 'check')}: {counted(failures, 'failure')}, {counted(warnings, 'warning')}")
        exit_code = 1 if failures else exit_code
    return exit_code


def _serve(options: argparse.Namespace) -> int:
    from bot.serve import serve
    from bot.settings import read_settings

    return serve(read_settings(options.environment.read()), slack=not options.no_slack)


def _rehearse(options: argparse.Namespace) -> int:
    from bot.rehearsal.needs import check_packages

    check_packages()
    from bot.rehearsal.__main__ import main as rehearse

    return rehearse(options.words, "gonogo rehearse")


def _verify(options: argparse.Namespace) -> int:
    from bot.settings import read_settings
    from bot.verify.verify import verify

    good, lines = verify(read_settings(options.environment.read()), options.what, options.key)
    for line in lines:
        _say(line)
    return 0 if good else 1


def _copy_record(options: argparse.Namespace) -> int:
    from bot.doors.record_copy import copy_lines

    for line in copy_lines(options.source, options.target, options.environment.read()):
        _say(line)
    return 0


def _terminal(options: argparse.Namespace) -> int:
    from bot.doors.in_force import as_served
    from bot.doors.system_user import system_user
    from bot.doors.terminal import Terminal
    from bot.settings import read_pages, terminal_settings
    from bot.wiring import make_deps
    from state.store import RecordStore

    settings = terminal_settings(_terminal_environ(options.environment))

    def deps_of(store: RecordStore) -> Deps:
        served = as_served(settings, store.in_force())

        def preflight(page: Page, ref: str) -> PreflightReport:
            from bot.doctor.page import preflight

            return preflight(served, page, ref, deps.pages)

        # read once, so that the page that is checked is the one that runs
        deps = make_deps(served, store, cache(partial(read_pages, settings.runbook)), preflight)
        return deps

    number = getattr(options, "number", 0) or options.run
    terminal = Terminal(settings, number, options.person, system_user(), deps_of)
    try:
        for line in getattr(terminal, options.name.replace("-", "_"))(options):
            _say(line)
    finally:
        terminal.close()
    return 0


def _terminal_environ(environment: Environment) -> Mapping[str, str]:
    """The environment; without a file that cannot be used, which must keep nobody from stopping a run."""
    try:
        return environment.read()
    except BadSettings as error:
        _say_error(f"gonogo: {error} This command goes on without that file.")
        return environment.known


if __name__ == "__main__":
    sys.exit(main())
