"""Statements keep their order, folder, variables and comments when they become boxes."""

from __future__ import annotations

import pytest

from commands.adopt.adopted import adopt
from commands.adopt.shell import commands_in, statements
from tests.commands.adopt.odd_runbooks import COMPOSE
from tests.commands.adopt.reading import boxes_of, kinds, made_of, told, under


def test_commands_around_a_known_one_become_boxes_of_their_own_in_the_same_folder() -> None:
    before, restart, after = made_of("cd /srv/shop\nnpm ci\npm2 restart api\n# Warm it\n./warm.sh")
    assert (before[1]["commands"], restart[0]) == (["cd /srv/shop", "npm ci"], "service")
    assert after[1]["commands"] == ["cd /srv/shop", "# Warm it\n./warm.sh"]


def test_a_folder_of_the_working_copy_is_a_variable() -> None:
    checkout, build = made_of("cd /srv/shop\ngit pull origin main\ncd web\nnpm run build")
    assert (checkout[1]["repository"], build[1]["cd"]) == ("$PROD_REPOSITORY", "$repository/web")
    assert build[1]["env"] == {"repository": "$PROD_REPOSITORY"}
    assert "$PROD_REPOSITORY is the working copy on the host, the runbook's /srv/shop" in told(
        under("Deploy", "cd /srv/shop\ngit pull")
    )


def test_a_command_that_needs_a_folder_and_has_none_gets_a_blank_that_check_refuses() -> None:
    ((_, run),) = made_of("npm ci")
    assert run["cd"] == "<folder>"
    assert "cd" not in made_of("uptime")[0][1]


def test_a_folder_is_taken_from_the_same_command_elsewhere_and_named() -> None:
    text = "## Deploy\n\n```bash\ncd /srv/shop\nnpm ci\n```\n\n## Rollback\n\n```bash\nnpm ci\n```\n"
    adopted = adopt(text, "Shop")
    runs = [fields["commands"] for kind, fields in boxes_of(adopted.page) if kind == "run"]
    assert runs == [["cd /srv/shop", "npm ci"]] * 2
    assert "11: runs in /srv/shop, where the same command runs elsewhere in the runbook" in told(adopted)


def test_a_variable_is_set_again_in_each_box_that_reads_it() -> None:
    first, _, last = made_of('APP=shop\necho "$APP" | tee a\npm2 restart api\n./warm "$APP"')
    assert (first[1]["commands"], last[1]["commands"]) == (
        ["APP=shop", 'echo "$APP" | tee a'],
        ["APP=shop", './warm "$APP"'],
    )


def test_a_block_whose_commands_share_a_computed_variable_stays_whole() -> None:
    text = "cd /srv\nOLD=$(git rev-parse HEAD)\nmake\npm2 restart api\necho $OLD > /tmp/old"
    ((kind, run),) = made_of(text)
    assert kind == "run"
    assert run["commands"][0].split("\n\n") == text.split("\n")


def test_a_variable_of_the_environment_is_handed_over() -> None:
    ((_, run),) = made_of('./deploy --token "$API_TOKEN" --home "$HOME"')
    assert run["env"] == {"API_TOKEN": "$API_TOKEN"}


def test_what_a_command_pinned_or_left_blank_is_named() -> None:
    adopted = under("Deploy", "docker pull shop:v1.2.3\ndeploy {{VERSION}} <release-name> --host your-server")
    blanks = [note.text.split("`")[1] for note in adopted.blanks]
    assert blanks == ["v1.2.3", "{{VERSION}}", "your-server", "<release-name>"]


def test_instructions_in_comments_become_gates_and_explanations_stay_text() -> None:
    text = "# 1. Upload dist/ to the CDN\n# - or copy it\n\n# The old version is kept.\n\n./notify"
    gate, run = made_of(text)
    assert [item["text"] for item in gate[1]["item"]] == ["1. Upload dist/ to the CDN: or copy it"]
    assert run[1]["commands"] == ["./notify"]


def test_a_login_that_is_left_out_says_who_logs_in_instead() -> None:
    assert "`ssh deploy@web-1`: it only logs in, as the steps" in told(under("Deploy", "ssh deploy@web-1\nuptime"))


def test_a_fetch_before_other_commands_stays_where_it_was() -> None:
    assert made_of("git fetch --all\ngit diff HEAD origin/main")[0][1]["commands"][0] == "git fetch --all"


def test_a_restore_or_another_task_is_no_step_and_is_named() -> None:
    adopted = adopt(COMPOSE, "Wiki")
    commands = str([fields for kind, fields in boxes_of(adopted.page) if kind in {"run", "service"}])
    assert "restore.sh" not in commands
    assert "restart" not in commands
    assert {"./bin/restore.sh", "docker compose restart web"} <= {
        note.text.split("`")[1].partition(" /opt")[0] for note in adopted.unplaced
    }


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a\nb", 2),
        ("a \\\n  b", 1),
        ("a |\n  b &&\n c", 1),
        ("echo 'x\ny'\nb", 2),
        ('echo "a $(b "c") d\n"', 1),
        ("cat <<EOF\nit's\nEOF\nb", 2),
        ("cat <<-'E' > x\n\t$y\n\tE\nb", 2),
        ("for i in 1 2; do\n echo $i\ndone\nb", 2),
        ("if a; then\n b\nelse\n c\nfi", 1),
        ("f() {\n  a\n}\nf", 2),
        ("case $x in\n a) b;;\nesac\nb", 2),
        ("( cd x\n  a )", 1),
        ("a # it's\nb", 2),
        ("echo 'open\nb\nc", 1),
        ("echo https://x/#a\nb", 2),
    ],
)
def test_a_shell_text_is_cut_into_whole_statements(text: str, count: int) -> None:
    found = statements(text)
    assert len(found) == count
    assert "\n".join(one.text for one in found) == text


@pytest.mark.parametrize(
    "text", ["a || b", "a &", "for i in 1; do a; done", "cat <<E\nE", "! a", "(a)", "f() { a; }", "a 'b"]
)
def test_only_a_plain_sequence_has_simple_commands(text: str) -> None:
    assert commands_in(text) == []


def test_a_simple_command_has_its_words_files_and_pipes() -> None:
    first, second = commands_in('A=1 psql "$DB" -c \'SELECT 1\' < in.sql > "out file" 2>&1 && x | y z')
    assert (first.words, first.sets) == (("psql", "$DB", "-c", "SELECT 1"), (("A", "1"),))
    assert (first.reads, first.writes, first.plain) == ("in.sql", "out file", True)
    assert (second.words, second.into[0].words) == (("x",), ("y", "z"))
    assert not commands_in("a $(b)")[0].plain


def test_a_session_has_its_commands_without_prompts_and_output() -> None:
    adopted = under("Deploy", "$ cd /srv\n$ ./up \\\n>  --all\nok\nroot@web:/srv# ./check", "console")
    assert [fields["commands"] for kind, fields in boxes_of(adopted.page) if kind == "run"] == [
        ["cd /srv", "./up \\\n --all", "./check"]
    ]


def test_kinds_of_one_block_follow_its_order() -> None:
    text = "pg_dump $DB > a.sql\npsql $DB -f 1.sql\npm2 restart api\ncurl https://shop.example/\necho ok"
    assert kinds(text) == ["backup", "sql", "service", "http"]


def test_a_password_in_a_command_is_named_without_being_shown() -> None:
    adopted = under("Deploy", "./load postgresql://shop:geheim99@db/shop\n./load postgresql://shop:$PW@db/shop")
    assert [note.line for note in adopted.blanks if "holds a password" in note.text] == [6]
    assert "geheim99" not in told(adopted)
