"""The verbs about pages, which need no record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.check import PageCheck

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from bot.terminal_lines import say, say_error


def _check(options: argparse.Namespace) -> int:
    from bot.check import check_page, github_lines, json_text, ok_line

    environ = options.environment.read()
    checks = [check_page(path, environ) for path in options.pages]
    if options.json:
        for line in json_text(checks).splitlines():
            say(line)
    elif options.github:
        for line in github_lines(checks):
            say(line)
    for check in [] if options.json or options.github else checks:
        if check.good:
            say(ok_line(check))
        _say_findings(check)
    return 0 if all(check.good for check in checks) else 1


def _say_findings(check: PageCheck) -> None:
    from bot.check import text_line

    for finding in check.findings:
        (say if check.good else say_error)(text_line(check, finding))


def _plan(options: argparse.Namespace) -> int:
    from bot.settings import read_page_file
    from commands.runbook.plan import plan_lines
    from commands.signoff.permission_text import permission_lines
    from commands.steps.plan_line import with_programs

    page = read_page_file(options.page)
    steps = plan_lines(page)
    for line in [*(with_programs(steps) if options.programs else steps), "", *permission_lines(page)]:
        say(line)
    return 0


def _env(options: argparse.Namespace) -> int:
    from bot.init.env_example import env_example
    from bot.init.variables import variables_of
    from bot.settings import read_page_file

    for line in env_example(str(options.page), variables_of(read_page_file(options.page))).splitlines():
        say(line)
    return 0


def _preview(options: argparse.Namespace) -> int:
    if options.out:
        from bot.preview.file import write_preview

        check = write_preview(options.page, options.out)
        _say_findings(check)
        if check.good:
            say(f"The preview of {options.page} is in {options.out}.")
        return 0 if check.good else 1
    from bot.preview.server import PreviewServer

    with PreviewServer(options.page, options.port) as server, suppress(KeyboardInterrupt):
        say(f"The preview of {options.page} is at {server.address} (Ctrl-C ends it)")
        server.serve_forever()
    return 0


def _adopt(options: argparse.Namespace) -> int:
    from bot.adopt import adopt_file

    for line in adopt_file(options.runbook, options.output, os.environ):
        say(line)
    return 0


def _kinds(options: argparse.Namespace) -> int:
    from commands.reference.terminal_text import box_lines, overview_lines

    for line in box_lines(options.kind) if options.kind else overview_lines():
        say(line)
    return 0


def _schema(options: argparse.Namespace) -> int:
    import json

    from commands.reference.schema import box_schema, page_schema

    for line in json.dumps(box_schema(options.kind) if options.kind else page_schema(), indent=2).splitlines():
        say(line)
    return 0


def _init(options: argparse.Namespace) -> int:
    from bot.init.make import make, report, write
    from bot.init.questions import Flags, Questions, from_flags

    flags = Flags(**{name: getattr(options, name) for name in ("stack", "name", "migrate", "hosts", "roles")})
    person = sys.stdin.isatty() and sys.stdout.isatty()
    wanted = Questions(input, say).wanted(flags) if person else from_flags(flags)
    example = options.env_example or options.page.with_name(".env.example")
    made = make(wanted, options.page.name)
    write(made, options.page, example)
    for line in report(made, options.page, example):
        say(line)
    return 0


PAGE_VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "plan": _plan,
    "env": _env,
    "preview": _preview,
    "adopt": _adopt,
    "kinds": _kinds,
    "schema": _schema,
    "init": _init,
}
