"""The way back, from the button to all verified, beside the seed's own rollback block in one open shell on the same target."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.rehearsal.people import HOLDERS
from bot.rehearsal.target import Target
from bot.rehearsal.target.audit import Audit
from commands.runbook.page import Part
from state.records import RunState
from tests.bench.deployed import Deployed, deployed

TIMES = 3
BUTTON, SERVED = "button", "let-requests-in"
# bundled with React and antd, as an ordinary admin page is with a component library
LARGE = Path(__file__).parent / "large_page"
OVER_TIME = ("verify-steady", "notify-rollback")  # the look over time, and what waits for it
# The first runbook's "ROLLBACK PROCEDURE", line by line, with no more than what it cannot run without: its `cd`s, the
# commands behind its "(Load balancer / nginx config)" and "Deploy previous build", and letting requests in again.
SEED = """
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

Moments = dict[str, float]


def measure() -> dict[str, float]:
    """Seconds (medians, each on a fresh target with the new version deployed whole, in turn) and their ratios, for both pages."""
    whole = _compared(None)
    return {
        **{f"  after the button, {step} is done, s": end for step, end in whole.steps()},
        **_figures("a page of four files", whole),
        **_figures("a page with a component library", _compared(LARGE)),
    }


@dataclass(frozen=True, kw_only=True)
class _Compared:
    """Both ways back on one kind of target, each taken some times."""

    ours: list[tuple[Moments, Audit]]
    theirs: list[tuple[float, Audit]]

    def median(self, step: str) -> float:
        """Seconds from the button to the end of a step."""
        return statistics.median(moments[step] for moments, _ in self.ours)

    def steps(self) -> list[tuple[str, float]]:
        """Each step with the seconds from the button to its end, in order of these."""
        ends = [(step, self.median(step)) for step in self.ours[0][0] if step != BUTTON]
        return sorted(ends, key=lambda one: one[1])


def _compared(frontend: Path | None) -> _Compared:
    """Go both ways back, in turn, so that a machine that becomes slower is unkind to both."""
    ours: list[tuple[Moments, Audit]] = []
    theirs: list[tuple[float, Audit]] = []
    for number in range(TIMES):
        if number % 2:
            theirs.append(asyncio.run(_theirs(frontend)))
        ours.append(asyncio.run(_ours(frontend)))
        if not number % 2:
            theirs.append(asyncio.run(_theirs(frontend)))
    return _Compared(ours=ours, theirs=theirs)


def _figures(page: str, both: _Compared) -> dict[str, float]:
    whole = both.median(BUTTON)
    but = max(end for step, end in both.steps() if step not in OVER_TIME)
    block = statistics.median(seconds for seconds, _ in both.theirs)
    return {
        f"{page}: the seed's block in an open shell, s": block,
        f"{page}: gonogo, requests are in again, ratio": both.median(SERVED) / block,
        f"{page}: gonogo, all is verified but that it stays up, ratio": but / block,
        f"{page}: gonogo, it stayed up, and is rolled back, ratio": whole / block,
        f"{page}: gonogo, the same, s": whole,
        f"{page}: V2 rows back with gonogo, of 360": min(audit.v2_rows for _, audit in both.ours),
        f"{page}: V2 rows back with the seed's block": min(audit.v2_rows for _, audit in both.theirs),
    }


async def _ours(frontend: Path | None) -> tuple[Moments, Audit]:
    """Press Roll back on the card, in the watch, and wait until the record says that all is rolled back."""
    async with deployed(frontend) as here:
        card = next(one for one in here.stage.workspace.messages() if "'rollback'" in str(one.blocks))
        pressed = datetime.now(UTC)
        await here.stage.workspace.press(HOLDERS["rollback"].id, card.ts, "rollback")
        while (await asyncio.to_thread(here.store.run, here.run)).active:
            await asyncio.sleep(0.1)
        return _moments(here, pressed), await _back(here.target)


def _moments(here: Deployed, pressed: datetime) -> Moments:
    """Seconds from the button to the end of each step of the rollback, and of the whole."""
    record = here.store.record(here.run)
    assert record.run.state == RunState.ROLLED_BACK, record.run.state
    ends = {BUTTON: record.run.ended_at}
    ends |= {step.id: row.ended_at for step in here.page.part(Part.ROLLBACK) if (row := record.last(step.id))}
    return {name: (end - pressed).total_seconds() for name, end in ends.items() if end}


async def _theirs(frontend: Path | None) -> tuple[float, Audit]:
    """Paste the block into a shell that is open already, with the bot gone."""
    async with deployed(frontend) as here:
        here.stage.bot.terminate()
        await asyncio.to_thread(here.stage.bot.wait)
        seconds = await asyncio.to_thread(_typed, here.target)
        return seconds, await _back(here.target)


async def _back(target: Target) -> Audit:
    """What the target says, which must be the old version all over: only then is there anything to compare."""
    audit = await asyncio.to_thread(target.audit)
    assert {audit.head, audit.running_commit, audit.served_commit} == {target.old}, audit
    assert (audit.v2_tables, audit.v1_columns, audit.maintenance) == (4, 0, False), audit
    return audit


def _typed(target: Target) -> float:
    """Seconds from the first line of the block to the end of its last."""
    env, ssh = target.env, target.ssh
    names = {"MAINTENANCE": "MAINTENANCE", "WWW": "WWW", "API": "API_URL", "PROD_DATABASE_URL": "DATABASE_URL"}
    opens = [f'export {name}="{env["PROD_" + other]}"' for name, other in names.items()]
    opens += [f'export PATH="{env["PROD_PATH"]}:$PATH"', f'cd "{env["PROD_REPOSITORY"]}"', "echo open"]
    words = ["ssh", "-F", "none", "-o", f"UserKnownHostsFile={ssh.known_hosts}", "-o", "BatchMode=yes"]
    words += ["-i", str(ssh.key), "-p", str(ssh.port), f"{ssh.user}@127.0.0.1", "bash"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(("\n".join(opens) + "\n").encode())
        shell.stdin.flush()
        while (line := shell.stdout.readline()) != b"open\n":
            assert line, "the shell ended before it was open"
        began = time.monotonic()
        shell.stdin.write(SEED.encode())
        shell.stdin.close()
        said = shell.stdout.read()
        assert b"ROLLBACK COMPLETE" in said, said
        return time.monotonic() - began
