"""Runbooks pasted from other tools, and those of Rails teams, lose no command in silence."""

from __future__ import annotations

import pytest

from bot.init.variables import variables_of
from commands.adopt.adopted import adopt
from commands.runbook import read_page
from tests.commands.adopt.reading import boxes_of, kinds, made_of, told, under

IN_SHOP = "cd /srv/shop\n"


@pytest.mark.parametrize(
    "command",
    [
        "bundle exec rails db:migrate:status",
        "rails db:migrate:up VERSION=20260101000000",
        "manage.py migrate-tenants",
        "alembic upgrade-all",
        "npx prisma migrate deploy-all",
    ],
)
def test_a_command_that_only_begins_like_a_migration_stays_a_command(command: str) -> None:
    assert kinds(f"{IN_SHOP}{command}") == ["run"]


@pytest.mark.parametrize(
    "command",
    [
        "RAILS_ENV=production bundle exec rails db:migrate",
        "bundle exec rails db:migrate RAILS_ENV=production",
    ],
)
def test_a_migration_of_rails_keeps_its_environment(command: str) -> None:
    ((kind, fields),) = made_of(f"{IN_SHOP}{command}")
    assert (kind, fields["tool"], fields["program"]) == ("migrate", "rails", "bundle exec rails")
    assert fields["env"] == {"RAILS_ENV": "production"}


def test_a_migration_with_a_variable_that_may_be_a_secret_stays_a_command_and_its_author_is_told() -> None:
    adopted = under("Deploy", f"{IN_SHOP}DATABASE_URL=$OWNER_URL rails db:migrate")
    assert "run" in [kind for kind, _ in boxes_of(adopted.page)]
    assert "it stays a command; a `migrate` box compares what is applied" in told(adopted)


def test_the_rollback_of_rails_takes_back_what_the_deploy_migrated() -> None:
    forward = f"## Deploy\n\n```bash\n{IN_SHOP}RAILS_ENV=production rails db:migrate\n```\n"
    back = f"## Rollback\n\n```bash\n{IN_SHOP}RAILS_ENV=production rails db:rollback STEP=1\n```\n"
    found = [fields for kind, fields in boxes_of(adopt(f"# S\n\n{forward}\n{back}", "S").page) if kind == "migrate"]
    assert [fields.get("mode") for fields in found] == [None, "back"]
    assert found[1]["undoes"] == found[0]["id"]


@pytest.mark.parametrize("ref", ["HEAD~1", "HEAD^", "ORIG_HEAD", "HEAD@{1}", "@~2"])
def test_the_commit_before_in_the_rollback_is_the_one_that_the_run_knows(ref: str) -> None:
    ((kind, fields),) = made_of(f"{IN_SHOP}git reset --hard {ref}", "Rollback")
    assert (kind, fields["commit"]) == ("checkout", "<commit_before>")


def test_the_commit_before_in_the_deploy_stays_a_command_and_its_author_is_told() -> None:
    adopted = under("Deploy", f"{IN_SHOP}git reset --hard HEAD~1")
    assert "run" in [kind for kind, _ in boxes_of(adopted.page)]
    assert "it goes to a commit before the one on disk" in told(adopted)


def test_a_table_of_contacts_is_found_under_any_heading() -> None:
    table = "| Role | Name | Phone |\n|---|---|---|\n| On-call engineer | Robin | 1 |\n| Tech lead | Kim | 2 |\n"
    adopted = adopt(f"# S\n\n## The project\n\n**Contacts**\n\n{table}\n## Deploy\n\n```bash\nmake deploy\n```\n", "S")
    assert list(dict(boxes_of(adopted.page))["roles"]) == ["on_call_engineer", "tech_lead"]
    assert "no table of contacts" not in told(adopted)


def test_a_table_that_names_roles_and_no_way_to_reach_them_is_no_table_of_contacts() -> None:
    table = "| Role | May do |\n|---|---|\n| admin | everything |\n"
    adopted = adopt(f"# S\n\n## Rights\n\n{table}\n## Deploy\n\n```bash\nmake deploy\n```\n", "S")
    assert list(dict(boxes_of(adopted.page))["roles"]) == ["lead"]


def test_commands_of_a_paste_without_blocks_of_code_are_named() -> None:
    adopted = adopt("# S\n\n## Deploy\n\ncd /srv/shop\ngit pull origin main\n\nMake sure that it works.\n", "S")
    assert "5: 2 lines look like commands, the first is `cd /srv/shop`, but the runbook has no block" in told(adopted)


def test_text_without_commands_is_not_taken_for_a_paste() -> None:
    adopted = adopt("# S\n\n## Deploy\n\nCall the hosting company.\n\nMake sure that it works.\n", "S")
    assert "look like commands" not in told(adopted)


def test_a_command_whose_folder_nobody_knows_is_to_be_filled_in() -> None:
    adopted = under("Deploy", "bundle exec rails runner x")
    assert "6: the runbook does not say in which folder this runs; write it in `cd`" in told(adopted)


def test_no_break_spaces_become_plain_and_their_author_is_told() -> None:
    adopted = under("Deploy", "git\u00a0pull\u202forigin\u00a0main\u200b")
    assert [kind for kind, _ in boxes_of(adopted.page) if kind == "checkout"]
    assert "6: no-break spaces became plain ones" in told(adopted)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("deploy.sh --note “new release”", "typographic quote"),
        ("deploy.sh –note x", "typographic dash"),
    ],
)
def test_what_an_office_program_made_of_a_command_is_named(command: str, says: str) -> None:
    assert says in told(under("Deploy", command, "bash"))


def test_the_addresses_and_folders_of_the_runbook_are_the_examples_of_the_env_file() -> None:
    work = "cd /srv/shop\ngit pull\ncurl -f https://shop.example/health"
    adopted = under("Deploy", f"ssh -p 2222 me@web.example\npg_dump $SHOP_URL > /backups/shop.sql\n{work}")
    page = read_page(adopted.page, "shop.md")
    examples = {one.name: one.example for one in variables_of(page)}
    assert (examples["PROD_SSH"], examples["PROD_REPOSITORY"]) == ("me@web.example:2222", "/srv/shop")
    assert (examples["PROD_BACKUPS"], examples["PROD_SHOP_URL"]) == ("/backups", "https://shop.example")


def test_the_password_in_an_address_of_the_runbook_is_no_example() -> None:
    adopted = under("Deploy", "curl -f https://me:pa55word-9f3b@shop.example/health")
    assert "pa55word" not in adopted.page.split("```text")[0]
    assert "pa55word" not in told(adopted)


def test_a_dump_that_names_its_server_by_options_gets_the_address_of_its_database() -> None:
    ((_, fields),) = made_of("pg_dump -U $DB_USER -h $DB_HOST $DB_NAME > /backups/shop.sql")
    assert fields["database_url"] == "$PROD_DATABASE_URL"


def test_units_that_are_restarted_after_a_checkout_are_asked_what_runs_and_a_web_server_is_not() -> None:
    restart = "sudo systemctl restart puma\nsudo systemctl restart sidekiq nginx\nsudo systemctl reload haproxy"
    adopted = under("Deploy", f"{IN_SHOP}git pull\n{restart}")
    on = {"on": "production"}
    assert dict(boxes_of(adopted.page))["release"]["running"] == [{**on, "unit": "puma"}, {**on, "unit": "sidekiq"}]
    assert "systemd says which commit `puma` runs" in told(adopted)
    assert read_page(adopted.page, "shop.md").steps


def test_units_of_a_deploy_without_a_checkout_are_not_asked() -> None:
    adopted = under("Deploy", "./install.sh\nsudo systemctl restart puma")
    assert "running" not in dict(boxes_of(adopted.page)).get("release", {})
