"""The job protocol: the small bash programs that run on the host, and their answers.

A job is a folder `~/.gonogo/jobs/KEY`. It is created with mkdir, which succeeds only once. It holds `pid` (of the
job's process group), `out` (both streams) and `exit` (the exit code). Before the end `code` stands in its place, empty.

The login shell, whichever it is, gets one line that starts bash. The program and its payload (the script and its
environment) arrive on standard input, so that they are neither on a command line nor on the host's disk. Each ends with
a zero byte. Without it they were cut off in transit, and nothing of them runs.

A program's own words stand on standard output between two lines with its mark, `gonogo:MARK:begin` and
`gonogo:MARK:STATE CODE`. Whatever else a host prints there is not taken for them. On standard error it writes a zero
byte every 2 seconds, so that nobody on the way takes the connection for idle, and so that it ends with its connection.
"""

from __future__ import annotations

import secrets
import shlex

from commands.ports.shell import TAIL
from state.frozen import dataclass

# one line, without a word that some login shell expands inside single quotes
_BOOT = 'IFS= read -r -d "" program && eval "$program"'

# a function or an alias of a profile must not stand in for a program that ours calls: its words would be the program's
_SAY = r"""
unalias -a
unset -f builtin command date echo grep head kill mkdir mv printf read rm rmdir setsid sleep stat tail timeout trap wait
mark=$1
say() { printf "gonogo:%s:%s\n" "$mark" "$*"; }
"""
_COMMON = (
    _SAY
    + r"""
own=$(umask); umask 077
d="$HOME/.gonogo/jobs/$2"
# The words of a step are on no command line, where `pgrep -f` or `pkill -f` of its own commands would find them.
name_of() { stat -c gonogo-%i "$1"; }
# bash reads the words itself: not every grep reads beyond the zero byte after the first one
mine() {
  local word name
  [ -n "$p" ] && kill -0 "$p" 2>/dev/null || return
  [ -r "/proc/$p/cmdline" ] || return 0
  name=$(name_of "$d" 2>/dev/null) || return
  # a bot before this one gave a job its folder for a name
  while IFS= read -r -d "" word; do
    case $word in "$name" | "$d") return 0 ;; esac
  done 2>/dev/null < "/proc/$p/cmdline"
  return 1
}
"""
)
_PAYLOAD = r"""
IFS= read -r -d "" payload || exit
"""
_BEGIN = r"""
say begin
"""

_FOLLOW = r"""
at=$3; pause=0.02; blind=0; turn=0; said=
while :; do
  turn=$((turn + 1)); [ "$((turn % 10))" -gt 0 ] || printf "\0" >&2 || exit
  # descriptor 3 closes when our own child ends: waiting on it costs no process and no delay
  if [ -n "$child" ]; then
    # at its time limit it may have read half a line
    more=; read -r -t "$pause" -u 3 more; got=$?; said+=$more
    [ "$got" != 1 ] || child=
    [ "$said" != "full $d" ] || { rm -rf -- "$d"; say "full 0"; exit; }
    [ "$got" != 0 ] || said=
  else sleep "$pause"; fi
  code=; [ -f "$d/exit" ] && read -r code < "$d/exit"
  if [ -n "$code" ]; then
    [ -s "$d/out" ] && tail -c "+$((at + 1))" "$d/out"
    say "finished $code"; exit
  fi
  n=0; [ -s "$d/out" ] && n=$(stat -c %s "$d/out")
  if [ "$n" -gt "$at" ]; then tail -c "+$((at + 1))" "$d/out" | head -c "$((n - at))"; at=$n; fi
  if [ -z "$child" ]; then
    p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
    if mine; then blind=0; else blind=$((blind + 1)); fi
    if [ "$blind" -gt 20 ]; then say "dead 0"; exit; fi
  fi
  [ "$pause" = 0.02 ] && pause=0.05 || pause=0.2
done
"""

# The room for the exit code is taken before anything runs, so that a disk that fills meanwhile does not hide it.
_INNER = r"""
IFS= read -r -d "" d && IFS= read -r -d "" payload || exit
exec </dev/null
export GONOGO_JOB="${d##*/}"
{ echo $$ > "$d/pid" && printf "%9s\n" "" > "$d/code" && : > "$d/out"; } || { echo "full $d"; exit; }
(umask "$2"; shift 2; unset d; set -euo pipefail; eval "$payload") > "$d/out" 2>&1
echo $? 1<> "$d/code"; mv -f "$d/code" "$d/exit"
: # else bash would become mv, and the job would no longer be known by its words
"""

_RUN = (
    _COMMON
    + _PAYLOAD
    + _BEGIN
    + r"""
child=
# what the commands make has the rights that the login gives it; only the job's own folder is nobody else's
[ -d "$HOME/.gonogo/jobs" ] || mkdir -p "$HOME/.gonogo/jobs"
if mkdir "$d" 2>/dev/null; then
  if ! command -v setsid >/dev/null; then rmdir "$d"; say "nosetsid 0"; exit; fi
  exec 3< <(printf "%s\0" "$d" "$payload" | setsid bash -c '"""
    + _INNER
    + r"""' bash "$(name_of "$d")" "$own" 2>/dev/null)
  child=yes
elif [ ! -d "$d" ]; then
  say "nofolder 0"; exit
fi
"""
    + _FOLLOW
)

_STATUS = (
    _COMMON
    + _BEGIN
    + r"""
if [ ! -d "$d" ]; then say "absent 0"; exit; fi
p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
if [ -s "$d/exit" ]; then read -r code < "$d/exit"; tail -c "$3" "$d/out"; say "finished $code"
elif mine; then say "running 0"
elif [ -z "$p" ] && [ $(($(date +%s) - $(stat -c %Y "$d"))) -lt 5 ]; then say "running 0"
else say "dead 0"; fi
"""
)

# A container is no process of the job: its daemon runs it on. Those with the label gonogo.job=$GONOGO_JOB are removed,
# once the job cannot make another one.
_END_CONTAINERS = r"""
end_containers() {
  local program ids
  for program in docker podman; do
    command -v "$program" >/dev/null || continue
    ids=$(timeout 8 "$program" ps --all --quiet --filter "label=gonogo.job=${d##*/}" 2>/dev/null)
    [ -z "$ids" ] || timeout 8 "$program" rm --force $ids >/dev/null 2>&1
  done
}
"""

# What a command has started in a session of its own, such as a daemon, is in no group of the job. It is left alone, and
# named: the variable that its environment has from the job tells whose it is.
_STILL_THERE = r"""
still_there() {
  local file word id
  for file in $(grep -lzxF "GONOGO_JOB=${d##*/}" /proc/[0-9]*/environ); do
    id=${file#/proc/}; id=${id%/environ}; word=
    read -r word < "/proc/$id/comm"
    [ -z "$word" ] || printf "left=%s %s\n" "$id" "$word"
  done 2>/dev/null
}
"""

# a job that has not started is claimed, so that a start that is still in transit finds it ended
_STOP = (
    _COMMON
    + _END_CONTAINERS
    + _STILL_THERE
    + _BEGIN
    + r"""
trap 'say "finished 0"' EXIT
mkdir -p "$HOME/.gonogo/jobs" && mkdir "$d" 2>/dev/null && { echo 143 > "$d/exit"; exit; }
for i in 1 2 3 4 5 6 7 8 9 10; do [ -f "$d/pid" ] && break; [ -f "$d/exit" ] && exit; sleep 0.1; done
p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
mine || { [ -s "$d/exit" ] || end_containers; exit 0; }
kill -TERM -- "-$p" 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do kill -0 -- "-$p" 2>/dev/null || break; sleep 0.1; done
kill -KILL -- "-$p" 2>/dev/null
end_containers
[ -f "$d/exit" ] || { [ -f "$d/code" ] && echo 143 1<> "$d/code" && mv -f "$d/code" "$d/exit"; } || echo 143 > "$d/exit"
still_there
"""
)

# only the folders of one run, which its key begins; what may still be running stays
_REMOVE = (
    _COMMON
    + _BEGIN
    + r"""
left=0
for d in "$HOME/.gonogo/jobs/$2"_*; do
  [ -d "$d" ] && [ ! -L "$d" ] || continue
  p=; [ -f "$d/pid" ] && read -r p < "$d/pid"
  if [ ! -s "$d/exit" ]; then
    mine && { left=$((left + 1)); continue; }
    [ -z "$p" ] && [ $(($(date +%s) - $(stat -c %Y "$d"))) -lt 60 ] && { left=$((left + 1)); continue; }
  fi
  rm -rf -- "$d" || left=$((left + 1))
done
say "finished $left"
"""
)

# the question runs in a process group of its own, which ends if nobody is there any more to hear the answer
_ASK = (
    _SAY
    + _PAYLOAD
    + _BEGIN
    + r"""
exec </dev/null
# bash may tell of a job that has ended before job control is off again; that is no word of the host's
{
set -m
(unset -f say; set -euo pipefail; eval "$payload") 2>&1 &
asked=$!
set +m
} 2>/dev/null
(
  trap "" PIPE
  while sleep 2 2>/dev/null; do printf "\0" >&2 || { kill -KILL -- "-$asked"; exit; }; done
) >/dev/null &
watch=$!
wait "$asked"; code=$?
kill "$watch"
say "finished $code"
"""
)


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program as it is sent: the login shell's command, what follows on standard input, and its mark."""

    command: str
    sent: bytes
    mark: str


def folder(key: str) -> str:
    """The name of a job's folder."""
    return key.replace("/", "_")


def run_program(key: str, offset: int, payload: bytes) -> Program:
    """Starts the job or attaches to it, and follows its output from a byte offset on."""
    return _program(_RUN, key, offset, payload)


def status_program(key: str) -> Program:
    """Reports a job's state and the end of its output."""
    return _program(_STATUS, key, TAIL)


def stop_program(key: str) -> Program:
    """Kills a job's whole process group, and removes the containers that have its label."""
    return _program(_STOP, key, 0)


def remove_program(run: str) -> Program:
    """Removes the folders of a run's jobs; the code of its answer is how many are left."""
    return _program(_REMOVE, run, 0)


def ask_program(payload: bytes) -> Program:
    """Runs the payload without a job."""
    return _program(_ASK, "", 0, payload)


def payload(script: str, env: dict[str, str], path: str) -> bytes:
    """What is sent on standard input: the environment as exports, the script, and the zero byte that marks the end."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
    if path:
        exports.insert(0, f'export PATH={shlex.quote(path)}:"$PATH"')
    return "\n".join([*exports, script]).encode() + b"\0"


def _program(source: str, key: str, number: int, payload: bytes = b"") -> Program:
    # new each time, so that nothing that a host prints can have it; the command alone does not hold the line
    mark = secrets.token_hex(8)
    command = shlex.join(["bash", "-c", _BOOT, "gonogo", mark])
    words = shlex.join(["set", "--", mark, folder(key), str(number)])
    return Program(command=command, sent=f"{words}\n{source}".encode() + b"\0" + payload, mark=mark)
