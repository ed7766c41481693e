"""The number of lines at which a log command stops by itself."""

from __future__ import annotations

import pytest

from commands.systems.logs.own_limits import cut_off, is_limited

pytestmark = pytest.mark.fault("foreign words taken for the program's own")


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        ('logcli query "{app=1}" --limit=5000 --from="$SINCE"', 5000),
        ('logcli query "{app=1}" --from="$SINCE"', 30),
        ("kubectl logs deploy/api --tail 300", 300),
        ("docker compose logs -n 200 api", 200),
        ("journalctl -u api -qn150", 150),
        ('journalctl -xeu api --since "$SINCE"', 1000),
        ("tail -n200 api.log", 200),
        ("cat api.log | tail -500", 500),
        ("ssh other 'tail -n 200 /var/log/api.log'", 200),
        ("ssh other 'cat /var/log/api.log | tail -n 200'", 200),
        ("kubectl exec api -- sh -c \"tail -n 250 log | sed 's/^/x/'\"", 250),
        ("grep -m 100 . api.log", 100),
        ("grep -hm100 . api.log", 100),
        ("sed -n '1,200p' api.log", 200),
        ("sed 200q api.log", 200),
        ("awk 'NR <= 400' api.log", 400),
        ('curl -sG loki/query_range -d limit=5000 -d start="$SINCE" | jq -r .x', 5000),
        ('curl -s "es/logs/_search?q=app:api&size=1000" | jq -r .x', 1000),
        ("""psql -c "select line from log where at > '$SINCE' LIMIT 700" """, 700),
        ("gcloud logging read x --limit 50", 50),
        ("docker ps -q | xargs -n 1 docker logs --tail 90", 90),
        ("cat api.log |\n  tail -n 20", 20),
        ("tail \\\n  -n 20 api.log", 20),
        ("tail -200f api.log", 200),
        ("rg -m 50 . api.log", 50),
        ("curl -sG loki:3100/loki/api/v1/query_range -d start=$SINCE | jq -r .x", 100),
    ],
)
def test_the_limit_of_a_command_is_known(command: str, limit: int) -> None:
    assert is_limited(limit, command)
    assert not is_limited(limit - 1, command)


@pytest.mark.parametrize(
    ("command", "read"),
    [
        ('curl -s --max-time 30 "loki/$SINCE" | jq -r .x', 30),
        ("kubectl logs -l app=api --tail=-1 --max-log-requests 20", 20),
        ("docker ps -q | xargs -n 1 docker logs --since $SINCE", 1),
        ("docker ps -qf name=api | head -n 1 | xargs docker logs --since $SINCE", 1),
        ("bash -c 'ls -t api-*.log | head -1 | xargs cat'", 1),
        ("kubectl logs $(kubectl get pods -o name | head -n 1) --since-time=$SINCE", 1),
        ("pod=$(kubectl get pods | awk '{ print $1 }' | sed -n 2p)\nkubectl logs $pod", 2),
        ("ls -t api-*.log | head -2 | while read -r one; do cat $one; done", 2),
        ("nice -n 10 journalctl -u api --after-cursor=$SINCE", 10),
        ("ionice -c 2 -n 7 cat api.log", 7),
        ("sed -n 1,\\$p api.log", 1),
        ("awk 'NR > 1' api.log", 1),
        ("tail -n +5 api.log", 5),
        ("cat api.log | grep -n 500", 500),
        ("ulimit -n 4096; cat api.log", 4096),
        ("aws logs filter-log-events --page-size 100", 100),
        ("# the last: tail -n 200\ncat api.log", 200),
        ("sleep 5; kubectl -n 3 logs deploy/api", 3),
        ("logcli query x --limit=0", 30),
        ("kubectl logs deploy/api --since-time=$SINCE --tail -1", 1),
        ("journalctl -ushoppe --since $SINCE", 1000),
        ("curl -sG loki:3100/loki/api/v1/query_range -d limit=5000 -d start=$SINCE", 100),
    ],
)
def test_another_number_is_no_limit_of_the_log(command: str, read: int) -> None:
    assert not is_limited(read, command)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("kubectl logs deploy/api --tail=200 | grep -v healthz", "what grep leaves out hides whether"),
        ("tail -n 900 api.log | zgrep -v ping", "what grep leaves out hides whether"),
        ('journalctl -xeu api --since "$SINCE" --no-pager', "journalctl -e prints the last 1,000 lines"),
        ("docker ps -qf name=api | head -n 1 | xargs docker logs --since $SINCE", ""),
        ("kubectl logs $(kubectl get pods -o name | head -n 1) --since-time=$SINCE", ""),
        ("kubectl logs deploy/api --since-time=$SINCE | grep -v healthz", ""),
        ("grep -v healthz api.log | tail -n 200", "head and tail leave lines out"),
        ("journalctl --unit=shared-engine --after-cursor=$SINCE", ""),
        ("journalctl -u shop -o cat", ""),
        ("journalctl -u shop --after-cursor=$SINCE | sed -e 's/a/b/'", ""),
        ("kubectl logs deploy/api --since-time=$SINCE | xargs ls -l", ""),
    ],
)
def test_the_page_check_names_what_hides_lines_and_nothing_else(command: str, words: str) -> None:
    found = cut_off(command)
    assert (words in found) if words else not found
