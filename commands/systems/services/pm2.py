"""pm2: it lists one process for each instance of a service, and may run several of a name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from commands.systems.logs.log_lines import NewLines, parse_output
from commands.systems.scripts import script
from commands.systems.services.left_release import LEFT_RELEASE, left_release
from commands.systems.services.log_files import ERRORS, file_env, file_logs
from commands.systems.services.manager import FILES, Finding, Manager, Phase, Process, State
from commands.systems.services.watching import WATCHING, watched
from commands.text.foreign_json import read_json
from commands.text.phrases import joined_few
from commands.text.printable import printable

_UNWATCH = "start it without watch"
_SOME = 5  # settings that a message names
_SAVE = "once it runs as it should, let a `run` step save the list: pm2 save"
# by the words of pm2_saved.sh
_UNSAVED = {
    "none": "pm2 has no saved list, so a reboot of the host would not start {name}",
    "missing": "pm2's saved list does not have {name}, so a reboot of the host would not start it",
    "stopped": "pm2's saved list has {name} as stopped, so a reboot of the host would not start it",
    "fewer": "pm2's saved list has only {value} processes of {name}, so a reboot of the host would start no more",
    "command": "pm2's saved list has another command of {name} ({value}), which a reboot of the host would start",
    "folder": "pm2's saved list has {name} in {value}, so a reboot of the host would start it there",
}
_PHASES = {"online": Phase.UP, "launching": Phase.STARTING}


class Pm2(Manager):
    """pm2, with a log for standard output and one for errors."""

    name = title = "pm2"
    up = "online"
    programs = ("pm2", "node")
    log_values = FILES
    ends_all = "let pm2 end what it starts (no `treekill: false`, nothing detached)"
    state = (
        LEFT_RELEASE
        + WATCHING
        + script("services/pm2_settings.sh")
        + script("services/pm2_saved.sh")
        + script("services/pm2.sh")
    )
    restart = 'pm2 restart "$name" > /dev/null'
    reload = 'pm2 reload "$name" > /dev/null'
    errors = ERRORS

    def read_state(self, output: str, host: str) -> State:
        listed_as_json, *others = output.splitlines()
        said = read_json(listed_as_json)
        listed = said["processes"]
        # a folder with a tab in its name is none that can be told
        watches = dict(line.split("\t")[1:] for line in others if line.startswith("\t") and line.count("\t") == 2)
        releases = [one for one in dict.fromkeys(tuple(line.split("\t")) for line in others) if len(one) == 4]
        return State(
            processes=tuple(map(_process, listed)),
            logs=file_logs(listed),
            obstacles=tuple(_missing(name, said["names"], host) for name in said["missing"]),
            warnings=(
                *_without_lines(listed),
                *_kept_release(releases),
                *_unread(listed),
                *_by_itself(listed),
                *(watched(name, option, _UNWATCH) for name, option in watches.items()),
                *_unsaved(listed),  # not after a restart as well: a later step of the page may save the list
            ),
            unread=tuple(one.what for one in _unread(listed)),
            left=tuple(left_release(*one) for one in releases if one[-1]),
        )

    def log_env(self, logs: Mapping[str, str]) -> dict[str, str]:
        return file_env(logs)

    def read_errors(self, output: str, logs: Mapping[str, str], allow: Sequence[str]) -> NewLines:
        return parse_output(output, allow)


def _process(one: Mapping[str, Any]) -> Process:
    return Process(
        service=one["service"],
        number=str(one["id"]),
        pid=str(one["pid"]),
        status=one["status"],
        phase=_PHASES.get(one["status"], Phase.DOWN),
        restarts=one["restarts"],
        uptime=one["uptime"],
    )


def _missing(name: str, names: Sequence[str], host: str) -> Finding:
    todo = "start it with pm2, fix the name, or log in as the user whose pm2 runs it"
    if names:
        return Finding(what=f"pm2 on host “{host}” has no service {name}; it has {', '.join(sorted(names))}", todo=todo)
    what = (
        f"pm2 of this user lists no service on host “{host}”: perhaps pm2 was not running (`pm2 resurrect` brings back "
        f"what was saved), or another user's pm2 runs {name}"
    )
    return Finding(what=what, todo=todo)


def _without_lines(listed: Sequence[Mapping[str, Any]]) -> list[Finding]:
    files = {file: one["service"] for one in listed for file in one.get("without_lines", ())}
    if not files:
        return []
    services = " and ".join(dict.fromkeys(files.values()))
    what = f"{', '.join(sorted(files))} of {services} keeps no lines, so no error is seen there"
    return [Finding(what=what, todo="let pm2 write a log file")]


def _unread(listed: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """pm2 keeps environment, script and arguments of a service from when it last read their file."""
    changed = {(one["service"], one["unread"]["file"]): one["unread"]["differ"] for one in listed if one.get("unread")}
    return [
        Finding(
            what=_how_unread(service, file, differ),
            todo=f"let a `run` step read it before: pm2 startOrRestart {shlex.quote(file)} --only {service}",
        )
        for (service, file), differ in changed.items()
    ]


def _how_unread(service: str, file: str, differ: Sequence[str]) -> str:
    if not differ:
        return (
            f"{file} has changed since {service} was last started, and a restart by name does not read it: pm2 goes on "
            "with the environment, script and arguments that it has kept"
        )
    return (
        f"pm2 has kept other settings of {service} than {file} has now ({joined_few(differ, _SOME)}), and a "
        "restart by name does not read that file"
    )


def _by_itself(listed: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What pm2 restarts without being told."""
    for service, when in {one["service"]: one["cron"] for one in listed if one.get("cron")}.items():
        yield Finding(
            what=f"pm2 restarts {service} by itself (cron_restart = {printable(when)[:60]}), which a check then "
            "takes for a crash",
            todo="let no check of the page be at work then, or start it without cron_restart",
        )
    for service in dict.fromkeys(one["service"] for one in listed if one.get("watch")):
        yield Finding(
            what=f"pm2 restarts {service} as soon as files change (watch), so it runs new code from the checkout on, "
            "before the page restarts it",
            todo=_UNWATCH,
        )


def _unsaved(listed: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What pm2 would not start, or start otherwise, after a reboot: it brings back the list that was saved last."""
    for service, (how, value) in {one["service"]: one["unsaved"] for one in listed if one.get("unsaved")}.items():
        yield Finding(what=_UNSAVED[how].format(name=service, value=value), todo=_SAVE)


def _kept_release(releases: Sequence[Sequence[str]]) -> list[Finding]:
    """pm2 keeps the folder in which a service was started first, which the shell may have resolved."""
    return [
        Finding(
            what=f"pm2 starts {service} in {folder}, not through {link}: once that leads to another release, a restart "
            "still runs this one",
            todo=f'start it anew by an ecosystem file with cwd = "{link}"',
        )
        for service, folder, link, leads in releases
        if not leads
    ]
