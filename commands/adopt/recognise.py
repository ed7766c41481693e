"""The commands that are known: one row each, with what makes a box of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from commands.adopt import databases, people, releases, requests, services
from commands.adopt.draft import Box
from commands.adopt.found import Found, Step
from commands.adopt.scene import Scene
from commands.runbook.page import Part
from state.frozen import dataclass

_Make = Callable[[Step, Scene], Found | None]


@dataclass(frozen=True)
class _Row:
    """A command by how its words begin. In the watch only what looks and changes nothing is known."""

    words: str
    make: _Make
    looks: bool = False


_KNOWN = (
    _Row(r"pg_dump\b", databases.backup),
    _Row(r"psql\b", databases.file),
    _Row(r"psql\b", databases.query, looks=True),
    _Row(r"git (fetch|pull|checkout|switch|reset --hard|revert)\b", releases.checkout),
    _Row(r"(\S+/)?alembic upgrade(?!\S)", releases.migrate("alembic")),
    _Row(r"(\S+/)?alembic downgrade -1$", releases.migrate_back("alembic")),
    _Row(r"(\S*python[\d.]* )?(\./|\S+/)?manage\.py migrate(?!\S)", releases.migrate("django")),
    _Row(r"(npx |yarn |pnpm (exec )?)?prisma migrate deploy(?!\S)", releases.migrate("prisma")),
    _Row(r"(bundle exec )?(bin/)?(rails|rake) db:migrate(?!\S)", releases.migrate("rails")),
    _Row(r"(bundle exec )?(bin/)?(rails|rake) db:rollback(?!\S)", releases.migrate_back("rails")),
    _Row(r"pm2 (?P<verb>restart|reload) (?P<names>.+)", services.restart("pm2")),
    _Row(r"systemctl (?P<verb>restart|reload) (?P<names>.+)", services.restart("systemd")),
    _Row(r"service (?P<names>\S+) (?P<verb>restart|reload)", services.restart("systemd")),
    _Row(r"supervisorctl (?P<verb>restart) (?P<names>.+)", services.restart("supervisor")),
    _Row(r"docker (?P<verb>restart) (?P<names>.+)", services.restart("docker")),
    _Row(r"docker[ -]compose (?P<verb>restart) (?P<names>.+)", services.restart("docker")),
    _Row(r"docker[ -]compose up (?:-d|--detach) (?P<names>.+)", services.restart("docker")),
    _Row(r"pm2 logs? (?P<name>[\w@.-]+)", services.logs, looks=True),
    _Row(r"journalctl\b", services.journal, looks=True),
    _Row(r"curl\b", requests.http, looks=True),
    _Row(r"echo\b", people.notice, looks=True),
)
# commands that only look at what a step of that kind has done, and that it therefore makes needless
_NEEDLESS = {
    "backup": r"(ls|wc|gzip|gunzip -t|du|stat|file|head|tail|pg_restore (-l|--list)|md5sum|sha256sum)\b",
    "service": r"sleep \d|pm2 (status|list|ls|l|show|describe|info|logs?)\b|systemctl (status|is-active|show)\b"
    r"|journalctl\b|supervisorctl status\b|docker (ps|logs)\b|docker[ -]compose (ps|logs)\b",
    "checkout": r"git (log|status|rev-parse|branch( -[av]+)?$|show|describe|diff)\b",
}
_SHOWS = frozenset(("grep", "egrep", "head", "tail", "wc", "cat", "sort"))
# what never ends by itself, or waits for somebody at the keyboard
_ENDLESS = re.compile(
    r"(tail .*-[fF]|tail -\w*f|watch|top|htop|less|more|man|vim?|nano|emacs|visudo|passwd|screen|tmux)\b(?!\S)"
    r"|journalctl .*(-f\b|--follow)|pm2 (monit\b|logs?\b(?!.*--nostream))|crontab -e"
    r"|kubectl (edit|exec -it|.* (-w|--watch)\b)"
    r"|(docker|kubectl|podman)([ -]compose)? logs .*(-f\b|--follow)"
    r"|docker[ -]compose (?:-\S+ \S+ )*up(?!.*(-d\b|--detach))"
    r"|(psql|mysql|mongo|mongosh|redis-cli|sqlite3|python3?|node|bash|sh|sudo -i)$"
    r"|(sudo )?su( -\w*)?( [\w-]+)?$|sudo -(iu|i -u|su) [\w-]+$"
    r"|ssh (-\w+ \S+ )*[\w.@-]+$|npm start$|exit\b|logout$"
)
# what a `run` box does not see by itself
_HAZARDS = (
    (r"\bcurl\b(?!.*\s(-\w*f|--fail))", "curl without -f ends with 0 on an error page too"),
    (r"\bpsql\b(?!.*ON_ERROR_STOP)", "psql goes on after an error, and ends with 0"),
    (r"\|\| true", "`|| true` hides a failure"),
    (
        r"docker[ -]compose (?:-\S+ \S+ )*up\b",
        "nothing checks that the containers stay up; a `service` box does, for named services",
    ),
    (
        r"\A(?=[\s\S]*\brun build\b)[\s\S]*?\bnpm (?:install|i|ci)\b.{0,200}(?:--production|--omit[= ]dev)",
        "`npm install --production` removes devDependencies, and a build usually needs them; install all, then build",
    ),
    (r"\bgit pull\b", "the commit is not pinned: what origin has by then is deployed"),
    (
        r"\bgit (?:reset --hard|checkout) (?:HEAD(?:[~^]|@\{)|ORIG_HEAD)",
        "it goes to a commit before the one on disk; a `checkout` box goes to the one that ran, <running_before>",
    ),
    (
        r"\b(?:db:migrate|manage\.py migrate|alembic upgrade|prisma migrate deploy)(?!\S)",
        "it stays a command; a `migrate` box compares what is applied before and after, and its rollback takes it back",
    ),
    (r"[“”„‘’]", "it has a typographic quote (such as “), which a shell does not read as a quote; write \" or '"),
    (r"(?<!\S)[–—]\w", "it has a typographic dash (–) where an option begins with -"),
)


def recognise(step: Step, scene: Scene) -> Found | None:
    """The box that a command becomes; None if that is not sure."""
    if not step.command.plain:
        return releases.kept_commit(step, scene)
    words, sudo = _called(step.command.words)
    called = replace(step, words=words, sudo=sudo)
    text = " ".join(words)
    for row in _KNOWN:
        match = re.match(row.words, text, re.DOTALL)
        if match and (row.looks or scene.part != Part.WATCH):
            groups: dict[str, Any] = {name: value or "" for name, value in match.groupdict().items()}
            if found := row.make(replace(called, groups=groups), scene):
                return found
    return None


def _called(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The words without those that only change how they are run, and whether `sudo` is among these."""
    sudo = False
    while words[:1] and (words[0] in {"time", "sudo", "nohup"}):
        sudo |= words[0] == "sudo"
        words = words[1:]
    return words, sudo


def is_needless(step: Step, above: Box | None) -> bool:
    """Whether a command only looks at what the step above it checks itself."""
    text = " ".join(_called(step.command.words)[0])
    shows = all(one.program in _SHOWS for one in step.command.into) and not step.command.writes
    if not above or not shows or not re.match(_NEEDLESS.get(above.kind, r"\Z."), text):
        return False
    if above.kind != "backup":
        return True
    folder = above.about.rpartition("/")[0] if text.startswith(("ls ", "du ")) else ""
    return any(above.about in word or word.rstrip("/") == folder for word in step.command.words if above.about)


def is_endless(step: Step) -> bool:
    """Whether a command does not end by itself, or only ends the shell in which it is typed."""
    pager = bool(step.command.into) and step.command.into[-1].program in {"less", "more"}
    return pager or any(_ENDLESS.match(" ".join(one)) for one in (step.command.words, _called(step.command.words)[0]))


def hazards_of(text: str) -> list[tuple[int, str]]:
    """What a `run` box would not see of these commands, each with the place in the text that shows it."""
    found = ((re.search(pattern, text), why) for pattern, why in _HAZARDS)
    return [(match.end() - 1, why) for match, why in found if match]
