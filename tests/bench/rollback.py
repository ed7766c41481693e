"""A rollback from the button to its last check, and the original runbook's commands."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.rehearsal.role_holders import ROLE_HOLDERS
from bot.rehearsal.target import Target
from bot.rehearsal.target.audit import Audit
from commands.progress.after_rollback import restored_at
from commands.runbook.page import Part
from state.records import RunState
from tests.bench.deployed_target import Deployed, deploy

ROUNDS = 3
BUTTON, SERVED = "button", "let-requests-in"
# a page bundled with React and antd, as ordinary admin pages are with a component library
LARGE = Path(__file__).parent / "large_page"
OVER_TIME = ("verify-steady", "notify-rollback")  # the check over time, and what waits for it
# The original runbook's "ROLLBACK PROCEDURE", with only what it cannot run without: its `cd`s, commands for
# "(Load balancer / nginx config)" and "Deploy previous build", and the end of maintenance.
ORIGINAL = """
touch "$MAINTENANCE"
psql $PROD_DATABASE_URL < database/migrations/manual/016_ROLLBACK_extend_v1_remove_v2.sql
psql $PROD_DATABASE_URL -c "
  SELECT table_name FROM information_schema.tables
  WHERE table_schema = 'public'
  AND table_name = 'approval_flow_templates';"
git checkout v1
cd backend/api-server
npm install
npx prisma generate
pm2 restart dj-system-api
cd ../../frontend
npm run build
cp -R dist "$WWW/releases/previous"
ln -sfn releases/previous "$WWW/current.next"
mv -T "$WWW/current.next" "$WWW/current"
rm -f "$MAINTENANCE"
curl $API/api/health
echo "⚠️ ROLLBACK COMPLETE - System reverted to V2"
"""

Seconds = dict[str, float]


def measure() -> dict[str, float]:
    """Median seconds, each on a new target with the new version, and their ratios, for both kinds of page."""
    small = _compare(None)
    return {
        **{f"  from the button to the end of {step}, s": end for step, end in small.steps()},
        **_figures("a page of four files", small),
        **_figures("a page with a component library", _compare(LARGE)),
    }


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """The rollbacks of gonogo (`ours`) and of the original commands (`theirs`) on one kind of target."""

    ours: list[tuple[Seconds, Audit]]
    theirs: list[tuple[float, Audit]]

    def median(self, step: str) -> float:
        """Seconds from the button to the end of a step."""
        return statistics.median(ends[step] for ends, _ in self.ours)

    def steps(self) -> list[tuple[str, float]]:
        """Each step with the seconds from the button to its end, the shortest first."""
        ends = [(step, self.median(step)) for step in self.ours[0][0] if step != BUTTON]
        return sorted(ends, key=lambda end: end[1])


def _compare(frontend: Path | None) -> _Comparison:
    """Roll back in both ways, in turn, so that a machine that becomes slower delays both."""
    ours: list[tuple[Seconds, Audit]] = []
    theirs: list[tuple[float, Audit]] = []
    for number in range(ROUNDS):
        if number % 2:
            theirs.append(asyncio.run(_theirs(frontend)))
        ours.append(asyncio.run(_ours(frontend)))
        if not number % 2:
            theirs.append(asyncio.run(_theirs(frontend)))
    return _Comparison(ours=ours, theirs=theirs)


def _figures(page: str, both: _Comparison) -> dict[str, float]:
    complete = both.median(BUTTON)
    verified = max(end for step, end in both.steps() if step not in OVER_TIME)
    original = statistics.median(seconds for seconds, _ in both.theirs)
    return {
        f"{page}: original commands in an open shell, s": original,
        f"{page}: gonogo until maintenance is off, ratio": both.median(SERVED) / original,
        f"{page}: gonogo until everything but the check over time is done, ratio": verified / original,
        f"{page}: gonogo until rolled back, ratio": complete / original,
        f"{page}: gonogo until rolled back, s": complete,
        f"{page}: V2 rows restored by gonogo, of 360": min(audit.v2_rows for _, audit in both.ours),
        f"{page}: V2 rows restored by the original commands": min(audit.v2_rows for _, audit in both.theirs),
    }


async def _ours(frontend: Path | None) -> tuple[Seconds, Audit]:
    """Press Roll back on the card in the watch, and wait until the run is rolled back."""
    async with deploy(frontend) as deployed:
        messages = deployed.sandbox.workspace.messages()
        card = next(message for message in messages if "'rollback'" in str(message.blocks))
        pressed = datetime.now(UTC)
        await deployed.sandbox.workspace.press(ROLE_HOLDERS["rollback"].id, card.ts, "rollback")
        while (await asyncio.to_thread(deployed.store.run, deployed.run)).active:
            await asyncio.sleep(0.1)
        return _step_ends(deployed, pressed), await _old_version(deployed.target)


def _step_ends(deployed: Deployed, pressed: datetime) -> Seconds:
    """Seconds from the button to the end of each step of the rollback, and of the run."""
    record = deployed.store.record(deployed.run)
    assert record.run.state == RunState.ROLLED_BACK, record.run.state
    ends = {BUTTON: restored_at(record)}
    ends |= {
        step.id: attempt.ended_at for step in deployed.page.part(Part.ROLLBACK) if (attempt := record.last(step.id))
    }
    return {name: (end - pressed).total_seconds() for name, end in ends.items() if end}


async def _theirs(frontend: Path | None) -> tuple[float, Audit]:
    """Stop the bot, and paste the original commands into an open shell."""
    async with deploy(frontend) as deployed:
        bot = deployed.sandbox.bots[0].process
        bot.terminate()
        await asyncio.to_thread(bot.wait)
        seconds = await asyncio.to_thread(_run_original, deployed.target)
        return seconds, await _old_version(deployed.target)


async def _old_version(target: Target) -> Audit:
    """The target's audit. Raises AssertionError unless it runs the old version: only then can times be compared."""
    audit = await asyncio.to_thread(target.audit)
    assert {audit.head, audit.running_commit, audit.served_commit} == {target.old}, audit
    assert (audit.v2_tables, audit.v1_columns, audit.maintenance) == (4, 0, False), audit
    return audit


def _run_original(target: Target) -> float:
    """Seconds from the first of the original commands to the end of the last."""
    env, ssh = target.env, target.ssh
    variables = {"MAINTENANCE": "MAINTENANCE", "WWW": "WWW", "API": "API_URL", "PROD_DATABASE_URL": "DATABASE_URL"}
    setup = [f'export {name}="{env["PROD_" + source]}"' for name, source in variables.items()]
    setup += [f'export PATH="{env["PROD_PATH"]}:$PATH"', f'cd "{env["PROD_REPOSITORY"]}"', "echo open"]
    command = ["ssh", "-F", "none", "-o", f"UserKnownHostsFile={ssh.known_hosts}", "-o", "BatchMode=yes"]
    command += ["-i", str(ssh.key), "-p", str(ssh.port), f"{ssh.user}@127.0.0.1", "bash"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(("\n".join(setup) + "\n").encode())
        shell.stdin.flush()
        while (line := shell.stdout.readline()) != b"open\n":
            assert line, "the shell ended before it was open"
        began = time.monotonic()
        shell.stdin.write(ORIGINAL.encode())
        shell.stdin.close()
        output = shell.stdout.read()
        assert b"ROLLBACK COMPLETE" in output, output
        return time.monotonic() - began
