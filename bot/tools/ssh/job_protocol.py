"""The job protocol: the small bash programs that run on the host, and their answers.

A job is a folder `~/.gonogo/jobs/KEY`. It is created with mkdir, which succeeds only once. It holds `pid` (of the
job's process group), `out` (both streams) and `exit` (the exit code; an empty file is still being written). The script
and its environment arrive on standard input, so that they are neither on a command line nor on the host's disk. They
end with a zero byte. Without it they were cut off in transit, and nothing of them runs.
"""

from __future__ import annotations

import shlex

from commands.ports.shell import TAIL

# each program ends with one line on standard error: `gonogo: STATE CODE`
_COMMON = r"""
umask 077
d="$HOME/.gonogo/jobs/$1"
mine() {
  [ -n "$p" ] && kill -0 "$p" 2>/dev/null && { [ ! -r "/proc/$p/cmdline" ] || grep -qF "$d" "/proc/$p/cmdline"; }
}
"""

_FOLLOW = r"""
at=$2; pause=0.02; blind=0
while :; do
  # descriptor 3 closes when our own child ends: waiting on it costs no process and no delay
  if [ -n "$child" ]; then read -r -t "$pause" -u 3 _; [ $? -gt 128 ] || child=; else sleep "$pause"; fi
  code=; [ -f "$d/exit" ] && read -r code < "$d/exit"
  if [ -n "$code" ]; then
    [ -s "$d/out" ] && tail -c "+$((at + 1))" "$d/out"
    echo "gonogo: finished $code" >&2; exit
  fi
  n=0; [ -s "$d/out" ] && n=$(stat -c %s "$d/out")
  if [ "$n" -gt "$at" ]; then tail -c "+$((at + 1))" "$d/out" | head -c "$((n - at))"; at=$n; fi
  if [ -z "$child" ]; then
    p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
    if mine; then blind=0; else blind=$((blind + 1)); fi
    if [ "$blind" -gt 20 ]; then echo "gonogo: dead 0" >&2; exit; fi
  fi
  [ "$pause" = 0.02 ] && pause=0.05 || pause=0.2
done
"""

_INNER = r"""
IFS= read -r -d "" payload || exit
exec </dev/null
echo $$ > "$0/pid"
(set -euo pipefail; eval "$payload") > "$0/out" 2>&1
echo $? > "$0/exit"
"""

_RUN = (
    _COMMON
    + r"""
child=
IFS= read -r -d "" payload || exit
[ -d "$HOME/.gonogo/jobs" ] || mkdir -p "$HOME/.gonogo/jobs"
if mkdir "$d" 2>/dev/null; then
  if ! command -v setsid >/dev/null; then rmdir "$d"; echo "gonogo: nosetsid 0" >&2; exit; fi
  exec 3< <(printf "%s\0" "$payload" | setsid bash -c '"""
    + _INNER
    + r"""' "$d" 2>/dev/null)
  child=yes
elif [ ! -d "$d" ]; then
  echo "gonogo: nofolder 0" >&2; exit
fi
"""
    + _FOLLOW
)

_STATUS = (
    _COMMON
    + r"""
if [ ! -d "$d" ]; then echo "gonogo: absent 0" >&2; exit; fi
p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
if [ -s "$d/exit" ]; then read -r code < "$d/exit"; tail -c "$2" "$d/out"; echo "gonogo: finished $code" >&2
elif mine; then echo "gonogo: running 0" >&2
elif [ -z "$p" ] && [ $(($(date +%s) - $(stat -c %Y "$d"))) -lt 5 ]; then echo "gonogo: running 0" >&2
else echo "gonogo: dead 0" >&2; fi
"""
)

# a job that has not started is claimed, so that a start that is still in transit finds it ended
_STOP = (
    _COMMON
    + r"""
mkdir -p "$HOME/.gonogo/jobs" && mkdir "$d" 2>/dev/null && { echo 143 > "$d/exit"; exit; }
for i in 1 2 3 4 5 6 7 8 9 10; do [ -f "$d/pid" ] && break; [ -f "$d/exit" ] && exit; sleep 0.1; done
p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
mine || exit 0
kill -TERM -- "-$p" 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do kill -0 -- "-$p" 2>/dev/null || break; sleep 0.1; done
kill -KILL -- "-$p" 2>/dev/null
[ -f "$d/exit" ] || echo 143 > "$d/exit"
"""
)

# only the folders of one run, which its key begins; what may still be running stays
_REMOVE = (
    _COMMON
    + r"""
left=0
for d in "$HOME/.gonogo/jobs/$1"_*; do
  [ -d "$d" ] && [ ! -L "$d" ] || continue
  p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
  if [ ! -s "$d/exit" ]; then
    mine && { left=$((left + 1)); continue; }
    [ -z "$p" ] && [ $(($(date +%s) - $(stat -c %Y "$d"))) -lt 60 ] && { left=$((left + 1)); continue; }
  fi
  rm -rf -- "$d" || left=$((left + 1))
done
echo "gonogo: finished $left" >&2
"""
)

_ASK = r"""
IFS= read -r -d "" payload || exit
exec </dev/null
(set -euo pipefail; eval "$payload") 2>&1
echo "gonogo: finished $?" >&2
"""


def folder(key: str) -> str:
    """The name of a job's folder."""
    return key.replace("/", "_")


def run_command(key: str, offset: int) -> str:
    """The command that starts the job or attaches to it, and follows its output from a byte offset on."""
    return _command(_RUN, key, offset)


def status_command(key: str) -> str:
    """The command that reports a job's state and the end of its output."""
    return _command(_STATUS, key, TAIL)


def stop_command(key: str) -> str:
    """The command that kills a job's whole process group."""
    return _command(_STOP, key, 0)


def remove_command(run: str) -> str:
    """The command that removes the folders of a run's jobs; the code of its answer is how many are left."""
    return _command(_REMOVE, run, 0)


def ask_command() -> str:
    """The command that runs the payload without a job."""
    return shlex.join(["bash", "-c", _ASK])


def payload(script: str, env: dict[str, str], path: str) -> bytes:
    """What is sent on standard input: the environment as exports, the script, and the zero byte that marks the end."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
    if path:
        exports.insert(0, f'export PATH={shlex.quote(path)}:"$PATH"')
    return "\n".join([*exports, script]).encode() + b"\0"


def _command(program: str, key: str, number: int) -> str:
    return shlex.join(["bash", "-c", program, "gonogo", folder(key), str(number)])
