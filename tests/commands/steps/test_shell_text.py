"""A value in the shell text of a page stays data wherever it stands; real bash is the judge."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from commands.steps.shell_text import fill_shell, shell_error
from commands.steps.value_types import ValueType
from state.errors import BadValue
from tests.local_shell import LocalShell

# each would run `touch hacked` if it became a part of the script where it stands
ATTACKS = [
    "'; touch hacked; '",
    '"; touch hacked; "',
    "$(touch hacked)",
    "`touch hacked`",
    "x\ntouch hacked\n",
    "E\ntouch hacked\nE",
    "; touch hacked",
    "& touch hacked &",
    "| touch hacked",
    "x) ; touch hacked; (",
    "a[$(touch hacked)]",
    "\\'; touch hacked #",
    "'\"'; touch hacked; '\"'",
    "$((a[$(touch hacked)]))",
    "}; touch hacked; {",
]
TEMPLATES = [
    "printf '%s\\n' <v>",
    "printf '%s\\n' '<v>'",
    'printf "%s\\n" "<v>"',
    "echo a'<v>'b",
    'cd "/tmp/<v>" || true',
    "cat <<E\n<v>\nE",
    "cat <<'E'\n<v>\nE",
    "cat <<-E\n\t<v>\n\tE",
    "cat <<< <v>",
    "echo $(echo <v>)",
    "echo `echo <v>`",
    'echo "$(echo " <v> ")"',
    "echo ${x:-<v>}",
    "echo $'<v>'",
    'echo $"<v>"',
    "true # <v>",
    "bash -c 'echo <v>'",
    'bash -c "echo <v>"',
    "bash -c <v>",
    "eval echo <v>",
    "echo $((1 + <v>)) || true",
    "[[ <v> -eq 1 ]] || true",
    "[ -v <v> ] || true",
    "printf -v <v> x || true",
    "declare <v>=1 || true",
    "read <v> <<< x || true",
    "unset <v> || true",
    "let <v> || true",
    "case x in <v>) true;; esac",
    "for x in <v>; do echo $x; done",
    "x=<v>; echo $x",
    "echo a > <v>",
    "xargs echo <v> < /dev/null",
    "echo \\\n <v>",
    "trap <v> EXIT",
    "true && { echo <v>; }",
    "<v>",
    "true; <v> x",
    "if <v>; then true; fi",
    "X=1 <v>",
    "bash 2>&1 -c <v>",
    '"bash" -c <v>',
    "ba\\sh -c <v>",
    "echo $[ <v> ] || true",
    'echo "$[ <v> ]" || true',
    "x[ <v> ]=1 || true",
    "sudo <v>",
    "env -i X=1 <v>",
    "timeout 5 <v>",
    "time -p <v>",
    "make -f /dev/null <v>",
    "$SHELL -c <v>",
    "/bin/[b]ash -c <v>",
    "{ba,}sh -c <v>",
    "expr 1 + <v> || true",
    "printf x > out; . <v>",
    "echo <v> <v>",
    "diff <(echo <v>) <(echo <v>)",
    "f() { echo <v>; }; f",
    "x=(<v> b); echo ${x[0]}",
    "x=( <v> b ); echo done",
    "while read -r line; do echo <v>; done < /dev/null",
]


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_value_runs_code_wherever_it_stands(template: str, tmp_path: Path) -> None:
    shell = LocalShell({})
    for attack in ATTACKS:
        try:
            script = fill_shell(template, {"v": attack})
        except BadValue:
            continue
        shell.ask("h", f"cd {tmp_path}\n{script}")
        assert not (tmp_path / "hacked").exists(), f"{attack!r} ran code in {template!r}"
        assert not (tmp_path.parent / "hacked").exists()


@pytest.mark.parametrize("attack", ATTACKS)
def test_as_a_word_by_itself_a_value_arrives_as_it_is(attack: str, tmp_path: Path) -> None:
    script = fill_shell("printf '%s' <v> > printed", {"v": attack})
    assert LocalShell({}).ask("h", f"cd {tmp_path}\n{script}").code == 0
    assert (tmp_path / "printed").read_text() == attack
    assert [path.name for path in tmp_path.iterdir()] == ["printed"]


@pytest.mark.parametrize("template", ["echo '<v>'", 'echo "<v>"', "cat <<E\n<v>\nE", "echo x-<v>", 'cd "/srv/<v>"'])
def test_elsewhere_only_a_plain_word_is_put_in(template: str) -> None:
    assert fill_shell(template, {"v": "v2.4.1"}) == template.replace("<v>", "v2.4.1")
    with pytest.raises(BadValue) as caught:
        fill_shell(template, {"v": "it's"})
    assert str(caught.value) == (
        "<v> is in quotes, in another word, or in words that are read as code, and its value is not a plain word. "
        'Nothing was run; hand it over with env = { v = "<v>" }, and write "$v" there.'
    )


@pytest.mark.parametrize("template", ["echo <v>", "echo '<v>'", "rm <v>", "x --as=<v>"])
@pytest.mark.parametrize(("value", "what"), [("-rf", "for an option"), ("-1", "for an option"), ("@a", "for the name")])
def test_a_value_is_never_an_option_nor_the_name_of_a_file_to_read(template: str, value: str, what: str) -> None:
    with pytest.raises(BadValue, match=f"<v> starts with {value[0]}, which a program takes {what}"):
        fill_shell(template, {"v": value})


@pytest.mark.parametrize("command", ["curl -sd <v> {}", "curl -sd '<v>' {}", 'curl -s --data-binary "<v>" {}'])
def test_a_value_makes_curl_send_no_file_of_the_host(command: str) -> None:
    with pytest.raises(BadValue) as caught:
        fill_shell(command, {"v": "@/etc/passwd"})
    assert str(caught.value) == (
        "<v> starts with @, which a program takes for the name of a file to read. Nothing was run; hand it over with "
        'env = { v = "<v>" }, and write "$v" there if the program reads it as data.'
    )


@pytest.mark.parametrize("value", ["deploy@example.com", "v1-rc.2", "+1", "=x", "/srv/@new", "a@b-c"])
def test_a_value_with_those_letters_inside_is_a_word_like_any_other(value: str) -> None:
    assert LocalShell({}).ask("h", fill_shell("printf '%s' <v>", {"v": value})).tail == value


@pytest.mark.parametrize(
    "template",
    [
        "<v>",
        "true; <v> now",
        "if <v>; then true; fi",
        "a | <v>",
        "X=1 <v>",
        "! <v>",
        "sudo <v>",
        "env -i X=1 <v>",
        "timeout 5 <v>",
    ],
)
def test_a_value_is_never_the_command(template: str) -> None:
    with pytest.raises(BadValue, match="<v> is a command here, but a value never decides what is run"):
        fill_shell(template, {"v": "reboot"})
    assert "a value never decides what is run" in shell_error([template], {"v": ValueType.COMMIT})


@pytest.mark.parametrize("value", ["../../etc", "a/..", "..", ".", "./x", "", "/"])
def test_inside_a_path_a_value_stays_in_its_folder(value: str) -> None:
    with pytest.raises(BadValue):
        fill_shell('rm -rf "/srv/releases/<v>"', {"v": value})


def test_a_value_inside_a_value_and_an_unknown_one_stay_as_they_are() -> None:
    assert fill_shell("echo <a> <b>", {"a": "<c>", "c": "x"}) == "echo '<c>' <b>"


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_page_check_agrees_with_what_happens_in_the_run(template: str) -> None:
    text = "it's $(a) text"
    for kind, value in ((ValueType.TEXT, text), (ValueType.WORD, "v2"), (ValueType.COMMIT, "a" * 40)):
        try:
            fill_shell(template, {"v": value})
            refused = False
        except BadValue:
            refused = True
        assert bool(shell_error([template], {"v": kind})) is refused, (template, kind)


def test_the_page_check_says_what_to_do() -> None:
    assert shell_error(["echo '<title>'"], {"title": ValueType.TEXT}) == (
        "<title> is in quotes, in another word, or in words that are read as code, and a text may be any characters; "
        'hand it over with env = { title = "<title>" }, and write "$title" there'
    )


def test_the_templates_are_many_and_different() -> None:
    assert len({re.sub(r"\s+", " ", template) for template in TEMPLATES}) == len(TEMPLATES) > 40
