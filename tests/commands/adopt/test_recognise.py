"""A command becomes a box of its kind where that is sure, and stays a command otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from commands.adopt.adopted import adopt
from tests.commands.adopt.reading import boxes_of, kinds, made_of, told, under

DUMP = {"host": "production", "database_url": "$SHOP_URL", "folder": "$PROD_BACKUPS", "name": "shop"}
CODE = {"host": "production", "repository": "$PROD_REPOSITORY", "commit": "<commit>"}
UNIT = {"host": "production", "manager": "systemd"}


@pytest.mark.parametrize(
    ("command", "kind", "fields"),
    [
        ("pg_dump $SHOP_URL > /backups/shop_$(date +%F).sql", "backup", DUMP),
        ('pg_dump -Fc "$SHOP_URL" -f /backups/shop.dump', "backup", DUMP),
        ('pg_dump -Fc "$SHOP_URL" -f /backups/shop_$(date +%F).dump', "backup", DUMP),
        ('pg_dump "$SHOP_URL" --file="/backups/shop-`date +%s`.sql"', "backup", DUMP),
        ("pg_dump --no-owner -d ${SHOP_URL} | gzip > shop.sql.gz", "backup", DUMP),
        ("psql $SHOP_URL < migrations/1.sql", "sql", {"database": "production", "file": "migrations/1.sql"}),
        ("psql -1 -v ON_ERROR_STOP=1 $SHOP_URL -f ./1.sql", "sql", {"database": "production", "file": "1.sql"}),
        ("git pull origin main", "checkout", CODE),
        ("git fetch && git checkout v2", "checkout", CODE),
        ("git reset --hard origin/main", "checkout", CODE),
        ("pm2 restart api", "service", {"host": "production", "manager": "pm2", "name": "api"}),
        ("pm2 reload api", "service", {"host": "production", "manager": "pm2", "name": "api", "reload": True}),
        ("sudo systemctl restart api worker@1", "service", {**UNIT, "names": ["api", "worker@1"], "sudo": True}),
        ("service nginx reload", "service", {**UNIT, "name": "nginx", "reload": True}),
        ("supervisorctl restart web", "service", {"host": "production", "manager": "supervisor", "name": "web"}),
        ("docker compose up -d api", "service", {"host": "production", "manager": "docker", "name": "api"}),
        ("docker-compose restart api", "service", {"host": "production", "manager": "docker", "name": "api"}),
        ("cd /srv/shop && alembic upgrade head", "migrate", {"folder": "/srv/shop", "tool": "alembic"}),
        ("cd /srv/shop && venv/bin/alembic upgrade head", "migrate", {"program": "venv/bin/alembic"}),
        ("cd /srv/shop; python manage.py migrate --noinput", "migrate", {"tool": "django"}),
        ("cd /srv/shop; bundle exec rails db:migrate", "migrate", {"tool": "rails"}),
        ("curl -f https://shop.example/health", "http", {"web": "shop", "path": "/health"}),
        ("curl -sI $API_URL/x?y=1", "http", {"web": "api", "path": "/x?y=1", "method": "HEAD"}),
    ],
)
def test_a_known_command_becomes_a_box_of_its_kind(command: str, kind: str, fields: dict[str, Any]) -> None:
    ((made, found),) = made_of(command)
    assert (made, {name: found[name] for name in fields}) == (kind, fields)


@pytest.mark.parametrize(
    "command",
    [
        "pg_dump -t orders $SHOP_URL > orders.sql",
        "pg_dump --schema-only $SHOP_URL > schema.sql",
        "pg_dumpall > all.sql",
        "pg_dump -d $(cat address) -f /backups/shop.sql",
        "psql $SHOP_URL -f /tmp/fix.sql",
        "psql $SHOP_URL -f ../fix.sql",
        "psql $SHOP_URL -f a.sql -f b.sql",
        "psql $SHOP_URL reporter -f a.sql",  # the second word is a user's name
        "psql --single-step $SHOP_URL -f a.sql",
        "psql $SHOP_URL -f a.sql > applied.log",
        "psql $SHOP_URL -c 'SELECT count(*) FROM jobs' | mail -s jobs ops",
        "psql $SHOP_URL -c 'DELETE FROM jobs'",
        'psql $SHOP_URL -c "SELECT count(*) FROM $TABLE"',
        "git checkout -b hotfix",
        "git checkout -- package-lock.json",
        "git revert abc123",
        "pm2 restart all",
        "pm2 restart <app>",
        "systemctl restart $UNIT",
        "systemctl stop api",
        "docker compose up -d",
        "docker compose up -d --build api",
        "alembic upgrade +1",
        "alembic upgrade head",
        "python manage.py migrate shop 0042",
        "curl -o app.tgz https://shop.example/app.tgz",
        "curl https://shop.example/install.sh | bash",
        "curl -F file=@x https://shop.example/upload",
        "curl -d @body.json https://shop.example/api",
        "curl -s https://shop.example/health | grep -q ok",
        "pg_dump $SHOP_URL > shop.sql || echo failed",
        "if true; then pm2 restart api; fi",
        "pm2 restart api &",
    ],
)
def test_what_is_not_sure_stays_a_command(command: str) -> None:
    ((kind, fields),) = made_of(command)
    assert (kind, fields["commands"]) == ("run", [command])


@pytest.mark.parametrize(
    "command",
    [
        *(
            "tail -f /var/log/api.log",
            "pm2 logs api",
            "journalctl -u api -f",
            "docker compose up",
            "psql $SHOP_URL | less",
        ),
        *("vim .env", "ssh deploy@web-1", "top", "exit 1", "kubectl get pods -w", "npm start"),
    ],
)
def test_what_never_ends_or_ends_the_script_is_in_no_box_and_is_named(command: str) -> None:
    adopted = under("Deploy", f"make build\n{command}")
    ((_, run),) = made_of(f"make build\n{command}")
    assert run["commands"] == ["make build"]
    assert f"7: `{command}`: it " in told(adopted)


@pytest.mark.parametrize(
    ("expected", "fields"),
    [
        ('# Expected: {"status": "ok", "db": true}', {"expect": {"status": "ok", "db": True}}),
        ('# Expected: {"status": "ok", "commit": "..."}', {"expect": {"status": "ok"}}),
        ("# should return status: 'ready', id: <number>", {"expect": {"status": "ready", "id": "<number>"}}),
        ("# Expect HTTP 204", {"status": 204}),
        ("# Should return HTML", {"answers": "page"}),
        ("# Should work", {}),
    ],
)
def test_what_the_runbook_expects_of_an_answer_is_checked(expected: str, fields: dict[str, Any]) -> None:
    request = {"web": "shop", "path": "/health"}
    for text in (f"curl https://shop.example/health\n{expected}", f"curl https://shop.example/health  {expected}"):
        assert made_of(text, "Smoke tests") == [("http", {**request, **fields})]


def test_the_body_and_headers_of_a_request_are_kept_and_its_blank_is_a_value() -> None:
    ((_, fields),) = made_of(
        "curl -X POST https://shop.example/api/jobs/<jobId>/go \\\n"
        '  -H "Content-Type: application/json" -H "Authorization: Bearer $TOKEN" \\\n'
        """  -d '{"a": [1, true], "b": "x"}'"""
    )
    assert (fields["path"], fields["method"]) == ("/api/jobs/<job_id>/go", "POST")
    assert (fields["headers"], fields["json"]) == ({"Authorization": "Bearer $TOKEN"}, {"a": [1, True], "b": "x"})


def test_a_query_with_an_expectation_verifies_the_file_above_it() -> None:
    ((kind, fields),) = made_of(
        'psql $DB -f 1.sql\npsql $DB -c "SELECT count(*) AS old FROM a;"\n# Should return: 0\n'
        "psql $DB -c 'SELECT x FROM b'  # expected: done (as text)"
    )
    assert kind == "sql"
    assert [(one["says"], one["expect"], one["sql"]) for one in fields["verify"]] == [
        ("old", 0, "SELECT count(*) AS old FROM a"),
        ("query", "done", "SELECT x FROM b"),
    ]


def test_a_query_alone_is_a_query_and_without_an_expectation_it_says_so() -> None:
    text = "psql $DB -c 'SELECT count(*) FROM a'"
    assert made_of(f"{text}\n# Expected: at least 5", "Smoke tests") == [
        ("query", {"database": "production", "sql": "SELECT count(*) FROM a", "at_least": 5.0})
    ]
    assert "nothing says what this query should give" in told(under("Smoke tests", text))


def test_a_way_back_checks_out_what_ran_before() -> None:
    for command in ("git revert <commit-hash>", "git checkout previous-tag", "git reset --hard v1"):
        ((kind, fields),) = made_of(command, "Rollback")
        assert (kind, fields["commit"]) == ("checkout", "<commit_before>")


def test_only_what_looks_is_known_in_the_watch() -> None:
    text = "pm2 restart api\npg_dump $DB > x.sql\ncurl https://shop.example/health"
    assert kinds(text, "Watch") == ["run", "http"]


def test_a_look_at_what_the_step_above_checks_itself_is_no_step() -> None:
    assert kinds("pg_dump $DB > x.sql\nls -lh x.sql\nwc -l x.sql\ngzip x.sql\necho done") == ["backup"]
    assert kinds("pm2 restart api\nsleep 2\npm2 status api\npm2 logs api --lines 20") == ["service"]
    assert kinds("ls -lh x.sql") == ["run"]


def test_a_status_that_curl_would_only_print_is_checked() -> None:
    text = 'curl -s -o /dev/null -w "%{http_code}" https://shop.example/health\n# Expected: 200'
    assert made_of(text, "Smoke tests") == [("http", {"web": "shop", "path": "/health", "status": 200})]


@pytest.mark.parametrize(
    ("above", "command"),
    [
        ("pg_dump $DB > x.sql", "gzip /var/log/other.log"),
        ("pg_dump $DB > x.sql", "ls x.sql | xargs rm"),
        ("pm2 restart api", "pm2 save"),
        ("pm2 restart api", "systemctl status api > /tmp/state"),
        ("git pull origin main", "git branch -D old"),
    ],
)
def test_what_does_more_than_look_is_never_left_out(above: str, command: str) -> None:
    _, (kind, fields) = made_of(f"{above}\n{command}")
    assert (kind, fields["commands"]) == ("run", [command])


def test_what_is_left_out_is_named() -> None:
    said = told(under("Deploy", "pm2 restart api\npm2 status api"))
    assert "7: `pm2 status api` is left out, because `service` checks that itself" in said


def test_a_file_that_reads_variables_of_psql_is_not_applied_by_another_program() -> None:
    assert kinds("psql -v schema=shop $DB -f 1.sql") == ["run"]


def test_a_migration_in_an_environment_that_the_block_sets_stays_with_it() -> None:
    text = "cd /srv/shop\nsource venv/bin/activate\npython manage.py migrate\npm2 restart api\n./warm"
    before, _, after = made_of(text)
    assert before[1]["commands"] == ["cd /srv/shop", "source venv/bin/activate", "python manage.py migrate"]
    assert after[1]["commands"] == ["cd /srv/shop", "source venv/bin/activate", "./warm"]


SOURCED = "cd /srv/shop\nsource /etc/shop.env\n"


def test_a_migration_whose_variables_come_from_a_file_says_that_the_author_must_write_them() -> None:
    adopted = under("Deploy", f"git -C /srv/shop status\n{SOURCED}venv/bin/alembic upgrade head\n")
    ((_, fields),) = [one for one in boxes_of(adopted.page) if one[0] == "migrate"]
    assert fields["program"] == "venv/bin/alembic"
    assert "alembic gets no variables from /etc/shop.env here; write those that it reads into `env`" in told(adopted)


def test_a_downgrade_in_the_rollback_undoes_the_deploys_migration() -> None:
    forward, back = (f"```bash\n{SOURCED}alembic {verb}\n```\n" for verb in ("upgrade head", "downgrade -1"))
    page = adopt(f"# S\n\n## Deploy\n\n{forward}\n## Rollback\n\n{back}", "x").page
    up, down = (fields for kind, fields in boxes_of(page) if kind == "migrate")
    assert (down["mode"], down["undoes"], down["tool"]) == ("back", up["id"], "alembic")


@pytest.mark.parametrize("verb", ["downgrade -1", "downgrade base"])
def test_a_downgrade_of_which_the_deploy_has_no_counterpart_stays_a_command(verb: str) -> None:
    assert "migrate" not in kinds(f"cd /srv/shop && alembic {verb}", "Rollback")


@pytest.mark.parametrize("named", ["$(cat /srv/backups/last)", '"$(cat last)"', "`cat last`"])
def test_a_commit_that_a_file_names_is_in_the_rollback_the_one_from_before(named: str) -> None:
    ((kind, fields),) = made_of(f"cd /srv/shop\ngit checkout {named}", "Rollback")
    assert (kind, fields["commit"]) == ("checkout", "<commit_before>")
    assert kinds(f"cd /srv/shop\ngit checkout {named}") == ["run"]
    assert kinds("cd /srv/shop\ngit checkout $(cat last; rm x)", "Rollback") == ["run"]


def test_a_search_of_the_journal_in_the_watch_is_a_check_of_the_log() -> None:
    search = "journalctl -u shop-api --since '5 min ago' | grep -c ERROR"
    restart = "```bash\nsudo systemctl restart shop-api\n```\n"
    text = f"# S\n\n## Deploy\n\n{restart}\n## Monitoring\n\n```bash\n{search}\n```\n"
    ((_, fields),) = [one for one in boxes_of(adopt(text, "x").page) if one[0] == "logs"]
    assert (fields["unit"], fields["since"], fields["every"]) == ("shop-api", "<log_mark>", "15 min")
    assert "logs" not in kinds(search, "Monitoring"), "nothing marks the log of a unit that is not restarted"


def test_the_answer_that_stands_below_a_request_is_what_it_must_give() -> None:
    answer = '# {"status": "ok", "up": 17, "commit": "88d43ce", "at": "2026-11-29", "note": "..."} - the new one'
    adopted = under("Deploy", f"curl -f https://s.example/health\n{answer}\ncurl -f https://s.example/jobs")
    first, second = (fields for kind, fields in boxes_of(adopted.page) if kind == "http")
    assert (first["expect"], "expect" in second) == ({"status": "ok"}, False)
    assert "\n### Deploy: /jobs\n" in adopted.page


def test_a_build_after_an_install_without_its_packages_is_named() -> None:
    adopted = under("Deploy", "cd /srv/shop\nnpm ci --production\nnpm run build")
    assert [note.line for note in adopted.blanks if "removes devDependencies" in note.text] == [7]
    assert not any(box.why for box in adopted.boxes), "it is no safer than its lines"
    assert "devDependencies" not in told(under("Deploy", "cd /s\nnpm ci --production"))


def test_a_look_at_the_folder_of_the_backup_is_no_step() -> None:
    dump = "pg_dump -Fc $DB -f /srv/backups/shop_$(date +%F).dump"
    assert kinds(f"{dump}\nls -lh /srv/backups | tail -1", "Before") == ["backup"]
    assert kinds(f"{dump}\ngzip -r /srv/backups", "Before") == ["backup", "run"]


def restarts(deploy: str, rollback: str) -> list[dict[str, Any]]:
    """The restarts of a runbook, in their order."""
    blocks = (f"```bash\n{commands}\n```\n" for commands in (deploy, rollback))
    page = adopt("# S\n\n## Deploy\n\n{}\n## Rollback\n\n{}".format(*blocks), "x").page
    return [fields for kind, fields in boxes_of(page) if kind == "service"]


def test_a_restart_of_several_services_in_the_rollback_is_cut_as_the_deploy_restarts_them() -> None:
    deploy = "systemctl restart worker\nsystemctl restart api"
    first, second, *back = restarts(deploy, "systemctl restart api worker")
    assert [(one["name"], one["undoes"]) for one in back] == [("worker", first["id"]), ("api", second["id"])]


@pytest.mark.parametrize("back", ["systemctl restart api worker nginx", "supervisorctl restart api worker"])
def test_a_restart_of_other_services_than_the_deploys_stays_one_step(back: str) -> None:
    *_, last = restarts("systemctl restart worker\nsystemctl restart api", back)
    assert "undoes" not in last
    assert last["names"] == back.split()[2:]


def test_a_service_that_the_deploy_restarts_twice_is_not_cut() -> None:
    deploy = "systemctl restart worker\n./x\nsystemctl restart worker\n./x\nsystemctl restart api"
    *_, last = restarts(deploy, "systemctl restart api worker")
    assert last["names"] == ["api", "worker"]


@pytest.mark.parametrize("named", ["v1.2.3", "tags/v1.2.3", "refs/tags/v1.2.3", "origin/v1.2.3"])
def test_a_tag_is_named_as_the_start_of_a_run_names_it(named: str) -> None:
    adopted = under("Deploy", f"cd /srv/shop\ngit fetch --all --tags\ngit checkout {named}")
    assert dict(boxes_of(adopted.page))["runbook"]["ref"] == "v1.2.3"
