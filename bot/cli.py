"""The command line `gonogo`: checks pages, serves the bot, and controls runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.doors.deps import Deps
    from bot.env_file import Environment
    from commands.runbook import Page
    from commands.start.preflight import PreflightReport

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

from bot.command_line import command_line
from bot.page_verbs import PAGE_VERBS
from bot.terminal_lines import drop_output, say, say_error, take_every_letter
from state.errors import BadSettings, GonogoError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. A refusal is one sentence on stderr; the exit code is then 1."""
    from bot.env_file import Environment

    take_every_letter()
    environment = Environment(os.environ)
    options = command_line().parse_args(arguments, argparse.Namespace(environment=environment))
    try:
        return COMMANDS[options.command](options)
    except GonogoError as error:
        say_error(f"gonogo: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        drop_output()  # the reader has closed the pipe, as `head` does
        return 0
    except Exception:
        for line in _masked_traceback(environment).splitlines():
            say(line, sys.stderr)
        return 1


def _masked_traceback(environment: Environment) -> str:
    """The traceback of an error in the program, without the secrets of the environment."""
    import traceback

    from bot.tools.secrets import redactor_for

    return redactor_for((), environment.known)(traceback.format_exc())


def _completion(options: argparse.Namespace) -> int:
    from bot.completion import completion

    for line in completion(command_line(), options.shell).splitlines():
        say(line)
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
            say(text)
        return int(any(line.result.level == "fail" for lines in found.values() for line in lines))
    for page in pages:
        say(f"{page.name}: {page.title}")
        lines = doctor_lines(settings, page, options.ref)
        for line in lines:
            say(f"  {line}")
        levels = [line.result.level for line in lines]
        failures, warnings = levels.count("fail"), levels.count("warn")
        say(f"  {counted(len(levels), 'check')}: {counted(failures, 'failure')}, {counted(warnings, 'warning')}")
        exit_code = 1 if failures else exit_code
    return exit_code


def _serve(options: argparse.Namespace) -> int:
    # what is imported stays, so to search it for garbage only delays what the bot does first; then `serve` allows it
    gc.disable()
    try:
        from bot.serve import serve
        from bot.settings import read_settings

        return serve(read_settings(options.environment.read()), slack=not options.no_slack)
    finally:
        gc.enable()


def _rehearse(options: argparse.Namespace) -> int:
    from bot.rehearsal.needs import check_packages
    from bot.rehearsal.options import parser

    parser("gonogo rehearse").parse_args(options.words)  # help and a wrong option need no further package
    check_packages()
    from bot.rehearsal.__main__ import main as rehearse

    return rehearse(options.words, "gonogo rehearse")


def _verify(options: argparse.Namespace) -> int:
    from bot.settings import read_settings
    from bot.verify.verify import verify

    good, lines = verify(read_settings(options.environment.read()), options.what, options.key)
    for line in lines:
        say(line)
    return 0 if good else 1


def _copy_record(options: argparse.Namespace) -> int:
    from bot.doors.record_copy import copy_lines

    for line in copy_lines(options.source, options.target, options.environment.read()):
        say(line)
    return 0


def _read_mirror(options: argparse.Namespace) -> int:
    from bot.doors.record_read import read_lines
    from bot.settings import terminal_settings

    for line in read_lines(terminal_settings(options.environment.read()), options.mirror):
        say(line)
    return 0


def _rollback_from_mirror(options: argparse.Namespace) -> int:
    from bot.doors.mirror_rollback import MirrorRollback
    from bot.doors.system_user import system_user
    from bot.settings import terminal_settings
    from bot.wiring import tools_for

    settings = terminal_settings(_terminal_environ(options.environment))
    rollback = MirrorRollback(
        settings=settings,
        file=options.mirror,
        reason=options.reason,
        user=system_user(),
        person=options.person,
        tools_for=lambda page: tools_for(page, settings),
    )
    for line in rollback.lines():
        say(line)
    return 0


def _terminal(options: argparse.Namespace) -> int:
    if getattr(options, "mirror", None):
        return _rollback_from_mirror(options)
    from bot.doors.in_force import as_served
    from bot.doors.system_user import system_user
    from bot.doors.terminal import Terminal
    from bot.doors.way_back import way_back_named
    from bot.drill_box.where import without_sandbox
    from bot.settings import read_pages, terminal_settings
    from bot.wiring_doors import make_deps
    from state.store import RecordStore

    settings = terminal_settings(_terminal_environ(options.environment))

    def deps_of(store: RecordStore) -> Deps:
        served = as_served(settings, store.in_force())

        def preflight(page: Page, ref: str) -> PreflightReport:
            from bot.doctor.page import preflight

            return preflight(served, page, ref, deps.pages)

        # read once, so that the page that is checked is the one that runs
        deps = make_deps(served, store, cache(partial(read_pages, settings.runbook)), preflight)
        deps = replace(deps, drills=without_sandbox(served.environ))
        return deps

    number = getattr(options, "number", 0) or options.run
    with way_back_named(settings, rolls_back=options.name == "rollback"):
        terminal = Terminal(settings, number, options.person, system_user(), deps_of)
        try:
            for line in getattr(terminal, options.name.replace("-", "_"))(options):
                say(line)
        finally:
            terminal.close()
    return 0


def _terminal_environ(environment: Environment) -> Mapping[str, str]:
    """The environment; without a file that cannot be used, which must keep nobody from stopping a run."""
    try:
        return environment.read()
    except BadSettings as error:
        say_error(f"gonogo: {error} This command goes on without that file.")
        return environment.known


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    **PAGE_VERBS,
    "completion": _completion,
    "doctor": _doctor,
    "serve": _serve,
    "rehearse": _rehearse,
    "verify": _verify,
    "copy_record": _copy_record,
    "read_mirror": _read_mirror,
    "terminal": _terminal,
}


if __name__ == "__main__":
    sys.exit(main())
