"""Checks the files that commands of a page run: scripts that are not there, or may not be run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from commands.ports.preflight import PreflightResult, passed, warned
from commands.ports.shell import CommandResult
from commands.systems.preflight.hosts import HostCheck
from commands.text.command_lines import lines_without_comments
from commands.text.phrases import agree, joined_few

_READERS = frozenset(("bash", "sh", "dash", "zsh", "node", "python", "python3", "ruby", "perl", "php", "source", "."))
_FILE = re.compile(r"[\w.+@/-]{1,200}")
_NAMED = 3  # files in a message
_NO_FOLDER = 65  # exit code of the script
# each word is the letter r or x, what is needed of the file, and its path
_SCRIPT = """\
for one in {}; do
  file=${{one#?}}
  if [ ! -e "$file" ]; then printf 'gone=%s\\n' "$file"
  elif [ "${{one%"$file"}}" = x ] && [ ! -x "$file" ]; then printf 'closed=%s\\n' "$file"; fi
done"""


def scripts_check(host: str, folder: str, commands: Sequence[str], env: Mapping[str, str]) -> list[HostCheck]:
    """The check for what commands run in a folder; none if they run no file by its path.

    A file that a value or a variable names is left out, and so is what comes behind a `cd`.
    """
    files = list(dict.fromkeys(_files(commands)))
    if not files:
        return []
    script = f'cd "{folder}" 2> /dev/null || exit {_NO_FOLDER}\n' if folder else ""
    return [
        HostCheck(host=host, script=script + _SCRIPT.format(shlex.join(files)), judge=_judge, env=tuple(env.items()))
    ]


def _files(commands: Sequence[str]) -> Iterator[str]:
    moved = False
    for command in commands:
        for line in lines_without_comments(command)[:1]:
            first, *others = [*line.split(), ""]
            moved = moved or first in {"cd", "pushd"}
            need, file = ("r", others[0]) if first in _READERS and others else ("x", first)
            if "/" in file and _FILE.fullmatch(file) and not (moved and not file.startswith("/")):
                yield need + file


def _judge(result: CommandResult) -> list[PreflightResult]:
    gone, closed = (re.findall(rf"^{word}=(.+)$", result.tail, re.MULTILINE) for word in ("gone", "closed"))
    found: list[PreflightResult] = []
    if gone:
        are = agree(len(gone), "does not exist", "do not exist")
        found += warned(f"{joined_few(gone, _NAMED)} {are} yet", "this is fine if an earlier step creates it")
    if closed:
        may = f"{joined_few(closed, _NAMED)} may not be run by this user"
        found += warned(may, "make it executable (chmod +x), or run it with bash")
    if found or result.code == _NO_FOLDER:
        return found
    return passed("the scripts of its commands are there")
