"""The words of the command line: every command of `gonogo` with its options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.text.phrases import capitalized

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    _Verbs = _SubParsersAction[argparse.ArgumentParser]


class _Version(argparse.Action):
    """Prints the version; argparse's own would read it before each command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"gonogo {version('gonogo')}")
        parser.exit()


def command_line() -> argparse.ArgumentParser:
    """Reads the words of a command line. The result's `command` names the function in `COMMANDS` that does it."""
    parser = argparse.ArgumentParser(
        prog="gonogo", description="Takes a team through a production deployment from its own runbook page."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_page(verbs)
    _add_reference(verbs)
    _add_init(verbs)
    doctor = _verb(verbs, "doctor", "check everything that a run of a page will need, before it starts")
    doctor.add_argument("page", nargs="?", default="", help="the page's file name; default: every page")
    doctor.add_argument("ref", nargs="?", default="", help="branch, tag or commit; default: the page's own")
    doctor.add_argument("--no-slack", action="store_true", help="do not check Slack; for `gonogo serve --no-slack`")
    doctor.add_argument("--json", action="store_true", help="print all findings as JSON")
    doctor.set_defaults(command="doctor")
    serve = _verb(verbs, "serve", "run the bot")
    serve.add_argument("--no-slack", action="store_true", help="carry out runs without Slack; terminal only")
    serve.set_defaults(command="serve")
    # its own parser reads all words, because it imports what only the extra brings
    rehearse = verbs.add_parser(
        "rehearse", add_help=False, prefix_chars="+", help="rehearse a whole deploy on this machine"
    )
    rehearse.add_argument("words", nargs="*")
    rehearse.set_defaults(command="rehearse")
    verify = _verb(
        verbs, "verify", "verify that nothing in the record, in one run or in a bundle was changed from outside"
    )
    verify.add_argument("what", nargs="?", default="", metavar="RUN|BUNDLE", help="default: the whole record")
    verify.add_argument("--key", default="", metavar="FILE", help="the public key that must have signed the bundle")
    verify.set_defaults(command="verify")
    record = _verb(verbs, "record", "copy the whole record to another place, or read a run's mirror into it")
    record_verbs = record.add_subparsers(required=True, metavar="COMMAND")
    places = _verb(record_verbs, "copy", "copy a record, and verify the copy")
    where = "a file, a postgresql:// address, or the variable that holds one, as '$GONOGO_STATE'"
    places.add_argument("source", metavar="FROM", help=where)
    places.add_argument("target", metavar="TO", help="where no record is yet")
    places.set_defaults(command="copy_record")
    mirror = _verb(record_verbs, "read", "add what `gonogo rollback --from FILE` did to the record; once")
    mirror.add_argument("mirror", type=Path, metavar="FILE", help="the run's mirror")
    mirror.set_defaults(command="read_mirror")
    _add_completion(verbs)
    _add_terminal(verbs)
    return parser


def _add_page(verbs: _Verbs) -> None:
    check = _verb(
        verbs,
        "check",
        "check a runbook page; errors come with line numbers",
        epilog="Exit codes: 0 if every page is good (warnings may remain), 1 if a page has errors or cannot be read, "
        "2 if the command itself is wrong.",
    )
    check.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    form = check.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all errors and warnings as JSON")
    form.add_argument("--github", action="store_true", help="print them as annotations of a GitHub workflow")
    check.set_defaults(command="check")
    plan = _verb(verbs, "plan", "show every command, query and request of a page as it will run, and the timeline")
    plan.add_argument("page", type=Path, metavar="PAGE")
    plan.add_argument(
        "--programs",
        action="store_true",
        help="show the bot's own programs too, word for word, as they are sent to a host",
    )
    plan.set_defaults(command="plan")
    env = _verb(
        verbs,
        "env",
        "print an example of the .env for a page: each variable with its meaning (`gonogo init` writes one)",
        description="Prints an example of the .env for a page, for `gonogo env PAGE > .env.example`: each variable "
        "that it names with its meaning, and the bot's own.",
        epilog="Exit codes: 0 if it was printed, 1 if the page has errors; `gonogo check` shows all of them.",
    )
    env.add_argument("page", type=Path, metavar="PAGE")
    env.set_defaults(command="env")
    _add_preview(verbs)
    adopt = _verb(
        verbs,
        "adopt",
        "turn a team's own Markdown runbook into a page, as far as that is sure",
        description="Writes a page made of a Markdown runbook, which stays as it is, and prints what became of which "
        "line, what was assumed and what is left for you. docs/getting-started.md says in which order to take that.",
        epilog="Exit codes: 0 if the page was written (what is left for you is printed), 1 if it was not.",
    )
    adopt.add_argument("runbook", type=Path, metavar="RUNBOOK.md")
    adopt.add_argument(
        "--output", type=Path, metavar="PAGE", help="a new file; default: RUNBOOK.page.md beside the runbook"
    )
    adopt.set_defaults(command="adopt")


def _add_preview(verbs: _Verbs) -> None:
    preview = _verb(
        verbs,
        "preview",
        "show a page in the browser as people will meet it: plan, timeline, failures and messages",
        description="Shows a page in the browser as people will meet it, and again whenever the file changes. It reads "
        "nothing but the file: no variables, no hosts, no Slack. Ctrl-C ends it.",
        epilog="Exit codes: 0 when you stop it, or the file is written; 1 if it cannot be served or written, or if "
        "--out is given and the page has errors.",
    )
    preview.add_argument("page", type=Path, metavar="PAGE")
    where = preview.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=0, help="the port on this machine; default: a free one")
    where.add_argument("--out", type=Path, metavar="FILE.html", help="write one self-contained file instead")
    preview.set_defaults(command="preview")


def _add_reference(verbs: _Verbs) -> None:
    kinds = _verb(verbs, "kinds", "show the boxes of a page and their fields, with examples")
    kinds.add_argument("kind", nargs="?", default="", metavar="KIND", help="default: a list of all kinds")
    kinds.set_defaults(command="kinds")
    schema = _verb(verbs, "schema", "print the JSON schema of the boxes, for editors")
    schema.add_argument("kind", nargs="?", default="", metavar="KIND", help="default: all kinds in one schema")
    schema.set_defaults(command="schema")


def _add_completion(verbs: _Verbs) -> None:
    completion = _verb(verbs, "completion", "print a script that lets your shell complete gonogo's commands")
    completion.add_argument("shell", choices=["bash", "zsh", "fish"])
    completion.set_defaults(command="completion")


def _add_init(verbs: _Verbs) -> None:
    init = _verb(verbs, "init", "write a page for your stack, and a .env.example with its variables")
    init.add_argument(
        "page", nargs="?", type=Path, default=Path("runbook.md"), metavar="PAGE", help="default: runbook.md"
    )
    init.add_argument(
        "--stack",
        default="",
        help="a recipe, such as django-systemd, or a service manager, such as pm2; an unknown one lists all",
    )
    init.add_argument("--name", default="", help="what is deployed, such as billing-api; default: the folder's name")
    init.add_argument("--migrate", default="", metavar="TOOL", help="django, alembic …, or none; default: the recipe's")
    init.add_argument("--hosts", default="", metavar="NUMBER", help="how many hosts run it; default: the recipe's")
    init.add_argument(
        "--roles", default="", metavar="A,B", help="your team's roles; the first stands in for missing ones"
    )
    init.add_argument(
        "--env-example", type=Path, default=None, metavar="FILE", help="default: .env.example beside the page"
    )
    init.set_defaults(command="init")


def _add_terminal(verbs: _Verbs) -> None:
    start = _terminal_verb(verbs, "start", "start a run", of_run=False)
    start.add_argument("page", nargs="?", default="", help="the page's file name; needed if there are several pages")
    start.add_argument("ref", nargs="?", default="", help="branch, tag or commit; default: the page's own")
    start.add_argument(
        "--countdown", type=int, metavar="MINUTES", help="announce it now, start in MINUTES; default: the page's own"
    )
    start.add_argument("--note", default="", help="a note for the team")
    start.add_argument("--at", default="", metavar="TIME", help="plan it: 23:00, tomorrow 23:00, 2026-11-30 23:00 …")
    start.add_argument("--queue", action="store_true", help="queue it behind the active run")
    queue = _terminal_verb(verbs, "queue", "list the queued starts, or drop, move or start one", of_run=False)
    queue.add_argument(
        "action",
        nargs="?",
        default="",
        choices=["", "drop", "move", "start"],
        metavar="ACTION",
        help="drop, move or start; default: list the queue",
    )
    queue.add_argument("start", nargs="?", type=int, default=0, metavar="NUMBER", help="the number of the start")
    queue.add_argument("place", nargs="?", type=int, default=0, metavar="PLACE", help="for move: its place, from 1")
    queue.add_argument(
        "--reason", default="", metavar="WHY", help="needed for move, and for start where there is a reason against it"
    )
    start.add_argument(
        "--because",
        default="",
        metavar="WHY",
        help="why to start although there is a reason against it, such as a freeze; then a second person must agree",
    )
    drill = _terminal_verb(verbs, "drill", "play a page with the real people, not on its real target", of_run=False)
    drill.add_argument("page", nargs="?", default="", help="the page's file name; needed if there are several pages")
    drill.add_argument("ref", nargs="?", default="", help="branch, tag or commit; default: the page's own")
    drill.add_argument(
        "--surprise",
        nargs="?",
        const="any",
        default="",
        metavar="NAME",
        help="something goes wrong that only you know of: the one you name, or one that is drawn",
    )
    freezes = {
        "freeze": (
            "[PAGE] until WHEN WHY",
            "until WHEN, a start on the page's target needs a reason and a second person",
        ),
        "lock": ("[PAGE] [until WHEN] WHY", "a freeze for everybody but you, for 12 h or until WHEN"),
        "unfreeze": ("[PAGE]", "lift the freezes of a page's target"),
        "unlock": ("[PAGE]", "lift the locks of a page's target"),
    }
    for name, (words, what) in freezes.items():
        verb = _terminal_verb(verbs, name, what, of_run=False)
        when = "WHEN is like 23:30, mon 09:00 or 2026-12-24 18:00" if "WHEN" in words else ""
        verb.add_argument("words", nargs="*", metavar=words, help=when or "needed if there are several targets")
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
        verb = _terminal_verb(verbs, name, what)
        verb.add_argument("reason", nargs="?", default="")
        if name == "rollback":
            verb.add_argument(
                "--from",
                dest="mirror",
                type=Path,
                metavar="FILE",
                help="while the record cannot be reached: roll back here, from the run's mirror on the bot's machine",
            )
    alarm = _terminal_verb(verbs, "false-alarm", "hold the countdown of an alert as a false alarm")
    alarm.add_argument("alert", help="the alert's name, as shown by `gonogo status`")
    alarm.add_argument("--reason", required=True, metavar="WHY")
    alarm.add_argument("--for", dest="lasts", default="30 min", metavar="TIME", help='like "1 h"; default: 30 min')
    handover = _terminal_verb(verbs, "handover", "offer a role to another person for this run, or answer such an offer")
    handover.add_argument("role", help="the role's name or title on the page")
    act = handover.add_mutually_exclusive_group(required=True)
    act.add_argument("--to", default="", metavar="USER_ID", help="offer it to this Slack user, who takes it over")
    for flag, method, does in (
        ("--take", "take_over", "take it over"),
        ("--decline", "decline", "decline it"),
        ("--withdraw", "withdraw", "withdraw my offer"),
    ):
        act.add_argument(flag, dest="answer", action="store_const", const=method, help=does)
    handover.add_argument("--reason", default="", metavar="WHY", help="why you hand it over")
    end = _terminal_verb(verbs, "end", "close an abandoned run; rolls nothing back", of_run=False)
    end.add_argument("number", type=int, metavar="RUN", help="the run's number, as shown by `gonogo status`")
    end.add_argument("--reason", required=True, metavar="WHY")
    _add_reports(verbs)


def _add_reports(verbs: _Verbs) -> None:
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
    history = _terminal_verb(verbs, "history", "list the runs, with the DORA metrics over all of them", of_run=False)
    history.add_argument("--limit", type=int, default=10, metavar="N", help="how many runs to list; default: 10")
    history.add_argument("--drills", action="store_true", help="list the drills; they do not count in the history")
    for verb in (status, log, history):
        verb.add_argument("--json", action="store_true", help="print it as JSON, for programs")


def _terminal_verb(verbs: _Verbs, name: str, what: str, *, of_run: bool = True) -> argparse.ArgumentParser:
    """A verb that acts on the record; one `of_run` is about a run, which it may choose."""
    verb = _verb(verbs, name, what)
    if of_run:
        verb.add_argument("--run", type=int, help="the run's number; default: the active run, else the last")
    verb.add_argument(
        "--as",
        dest="person",
        default="",
        metavar="USER_ID",
        help="who you are; default: the Slack user that GONOGO_TERMINAL_USERS of `gonogo serve` names for your system "
        "user. Any other name counts only for holding, refusing and rolling back, and is shown as claimed",
    )
    verb.set_defaults(command="terminal", name=name, run=0)
    return verb


def _verb(verbs: _Verbs, name: str, what: str, **more: Any) -> argparse.ArgumentParser:
    """A verb that says what it does in the list of all and in its own help, there more if `description` has more."""
    return verbs.add_parser(name, **{"description": f"{capitalized(what)}.", "help": what, **more})
