"""The first preflight check of every place: is it reachable, and can the bot work there?"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from commands.ports.preflight import PreflightContext, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest, HttpResponse
from commands.systems.folders.may_write import MAY_WRITE, not_writable
from commands.systems.further_addresses import ask_others
from commands.systems.http_answers import CHALLENGE, LET_IN, challenge, status_of
from commands.systems.preflight.free_files import FREE_FILES, too_few
from commands.systems.scripts import script
from commands.text.durations import format_duration
from state.errors import Down, LostTrack
from state.frozen import dataclass

_PROBE = 1024 * 1024  # bytes that are written for a moment: a quota of the user does not show in the free space
# what `~/.gonogo/jobs` and the programs of the job protocol need on every host
_HOST_SCRIPT = f"""\
{FREE_FILES}{MAY_WRITE}\
printf 'user=%s\\n' "$(id -un)"
for name in setsid stat tail head; do command -v "$name" > /dev/null || printf 'missing=%s\\n' "$name"; done
mkdir -p "$HOME/.gonogo/jobs" && may_write "$HOME/.gonogo/jobs" || {{ echo 'closed=yes'; may_write "$HOME" || true; }}
[ "$(readlink -e / 2> /dev/null)" = / ] || echo 'few_options=yes'
printf 'free=%s\\n' "$(df -Pk "$HOME" | awk 'NR == 2 {{ print $4 }}')"
printf 'free_files=%s\\n' "$(free_files "$HOME")"
probe=$HOME/.gonogo/room.$$
said=$({{ head -c {_PROBE} /dev/zero > "$probe"; }} 2>&1) || printf 'unwritten=%s\\n' "$(tail -n 1 <<< "$said")"
rm -f -- "$probe\""""
_SOON = timedelta(days=2)  # before which a certificate should be renewed: most are weeks before their end
_LAST_PART = 1 / 4  # of the life of a short one, in which it should be renewed: ACME's clients do it at a third
_LOAD_NEW = (
    "renew it; if that was done, let the web server load the new one, which a reload does (of Caddy one with --force)"
)
_SAME_CERTIFICATE = "give that server the certificate, too: browsers that reach it go on to no other address"
_MIN_FREE = 100 * 1024  # kB in the home folder
_DATABASE_QUERY = f"""
SELECT current_user::text, current_setting('server_version'), pg_is_in_recovery(),
       current_setting('default_transaction_read_only') = 'on', ({script("postgres/hidden_rows.sql")})"""


@dataclass(frozen=True, kw_only=True)
class ReachableCheck:
    """Checks that a place answers."""

    place: tuple[str, str]
    local: bool = False  # a host that is the bot's own machine
    late: bool = False

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Run the simplest command, query or request there is."""
        sort, name = self.place
        if sort == "hosts":
            return _judge_host(ctx.tools.shell.ask(name, _HOST_SCRIPT, limit=10), self.local)
        if sort == "databases":
            return _judge_database(*ctx.tools.database.query(name, _DATABASE_QUERY, limit=10).rows[0])
        return _check_web(ctx.tools, name)


def _check_web(tools: Tools, name: str) -> list[PreflightResult]:
    try:
        answer = tools.web.request(name, HttpRequest(path="/", limit=8))
    except LostTrack as error:
        return blocked(str(error), "check that its service is up and that the address is right")
    if note := challenge(answer):
        return warned(f"answers {answer.status} at / with {CHALLENGE} ({note}), which the bot does not pass", LET_IN)
    if answer.status >= 500 and answer.status != 503:
        return warned(f"answers {answer.status} at /", "check its log: it fails before anything is deployed")
    found = passed(f"answers ({status_of(answer)} in {answer.seconds:.1f} s)")
    now = tools.clock.now()
    found += _certificate(answer, "its certificate", now)
    for address, other in _others(tools, name, answer):
        if isinstance(other, Down):
            found += warned(f"at {address}, another of its addresses: {str(other).rstrip('.')}", _SAME_CERTIFICATE)
        else:
            found += _certificate(other, f"the certificate at {address}, another of its addresses,", now)
    if answer.silent:
        where, count = ", ".join(answer.silent), len(answer.others) + 1
        what = f"does not respond at {where}; another of its {count} addresses answers"
        found += warned(
            what, "check that address, and the way of the bot to it: users may have to wait before the next one"
        )
    return found


def _others(tools: Tools, name: str, answer: HttpResponse) -> list[tuple[str, HttpResponse | Down]]:
    """What the further addresses of a name with a certificate say; nothing if one of them loses track."""
    if not answer.valid:
        return []
    try:
        return ask_others(tools.web, name, HttpRequest(path="/", limit=3), answer.others)
    except LostTrack:
        return []


def _certificate(answer: HttpResponse, which: str, now: datetime) -> list[PreflightResult]:
    """A warning of a certificate that should have been renewed by now, for how long such a one is valid."""
    if not answer.valid:
        return []
    first, last = answer.valid
    left = last - now
    if left >= min(_SOON, (last - first) * _LAST_PART):
        return []
    what = f"{which} ends in {format_duration(left)} (at {last:%Y-%m-%d %H:%M} UTC)"
    return warned(what, _LOAD_NEW)


def _judge_host(ended: CommandResult, local: bool) -> list[PreflightResult]:
    values = dict(re.findall(r"^(\w+)=(.*)$", ended.tail, re.MULTILINE))
    if "missing" in values:
        return blocked(
            f"has no {values['missing']}, which every command there needs", "install util-linux and coreutils"
        )
    if ended.code or "closed" in values:
        what, todo = "~/.gonogo/jobs, where the bot keeps running commands,", "check the user's permissions there"
        return blocked(*not_writable(ended.tail, what, todo))
    free = values.get("free", "")
    if free.isdigit() and int(free) < _MIN_FREE:
        return blocked(
            f"only {int(free) // 1024} MB free in the home folder", "free some space: no command can run there"
        )
    if few := too_few(values.get("free_files", ""), "in the home folder"):
        return few
    if "unwritten" in values:
        why = f": {said}" if (said := values["unwritten"].rpartition(": ")[2]) else ""
        return blocked(
            f"1 MB could not be written in the home folder, though there is room{why}",
            "see the quota of this user there (`quota -s`): no command can run without room",
        )
    how = "the bot's own machine, used as" if local else "logged in as"
    found = passed(f"{how} {values.get('user', '?')}; ~/.gonogo/jobs is writable")
    if "few_options" in values:
        found += warned(
            "its readlink, and so perhaps others of its programs, lack options of GNU's (as busybox's do), which some "
            "steps use",
            "install coreutils, diffutils, findutils and grep there",
        )
    return [*found, *_greeting(ended.greeting)]


def _greeting(text: str) -> list[PreflightResult]:
    """A warning of a shell that prints something by itself."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if not first:
        return []
    return warned(
        f"its shell prints by itself before each command: “{first[:80]}”",
        "the bot leaves it out, but scp and rsync do not; print it in interactive shells only (see its ~/.bashrc)",
    )


def _judge_database(
    user: str, version: str, standby: bool, read_only: bool, hidden: str | None
) -> list[PreflightResult]:
    if standby:
        return blocked("is a standby, which accepts no writes", "set the primary's address")
    if read_only:
        return warned(
            f"user {user} is read-only by default", "set a user that may write, if a step changes this database"
        )
    found = passed(f"PostgreSQL {version.split(maxsplit=1)[0]}, as {user}")
    if hidden:
        found += warned(
            f"user {user} sees and writes only the rows of {hidden[:200]} that row-level security allows it: what the "
            "page counts there may be a part, and a data-return may be refused",
            f"give it the right to all rows (ALTER ROLE {user} BYPASSRLS), or make sure that its policies show all",
        )
    return found
