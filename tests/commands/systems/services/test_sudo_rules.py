"""What `sudo -n -l` lists is read as sudo itself reads its rules."""

from __future__ import annotations

import pytest

from commands.systems.services.sudo_rules import lets_run, sudo_obstacles

RESTART = "/usr/bin/systemctl restart api"
HEAD = ["Matching Defaults entries for op on vm:", "    env_reset, mail_badpass", "", "User op may run the following:"]


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        (["(root) NOPASSWD: /usr/bin/systemctl restart api"], True),
        (["(root) NOPASSWD: /usr/bin/systemctl"], True),
        (["(ALL : ALL) NOPASSWD: ALL"], True),
        (["(root) NOPASSWD: /usr/bin/systemctl restart *"], True),
        (["(root) NOPASSWD: /usr/bin/"], True),
        (["(root) NOPASSWD: /usr/bin/systemctl ^restart [a-z]+$"], True),
        (["(root) SETENV: NOPASSWD: /bin/true, /usr/bin/systemctl restart api"], True),
        (["(ALL : ALL) ALL", "(root) NOPASSWD: /usr/bin/systemctl restart api"], True),
        (["(ALL : ALL) ALL"], False),
        (["(root) NOPASSWD: /usr/bin/systemctl restart api", "(ALL) PASSWD: ALL"], False),
        (["(root) NOPASSWD: /bin/true, PASSWD: /usr/bin/systemctl restart api"], False),
        (["(root) NOPASSWD: ALL, !/usr/bin/systemctl"], False),
        (["(root) NOPASSWD: /usr/bin/systemctl restart api.service"], False),
        (["(root) NOPASSWD: /usr/bin/systemctl restart"], False),
        (['(root) NOPASSWD: /usr/bin/systemctl ""'], False),
        (["(deploy) NOPASSWD: ALL"], False),
        ([], False),
    ],
)
def test_the_last_rule_that_fits_says_whether_a_password_is_asked_for(rules: list[str], allowed: bool) -> None:
    assert lets_run([*HEAD, *(f"    {rule}" for rule in rules)], RESTART) is allowed


def test_a_user_whom_sudo_never_asks_needs_no_tag() -> None:
    assert lets_run(["    env_reset, !authenticate", "    (ALL) ALL"], RESTART)


def test_a_sudo_that_asks_for_a_password_is_one_sentence_with_the_rule_that_is_missing() -> None:
    listed = {"program": ["/usr/bin/systemctl"], "sudo": ["sudo: a password is required"]}
    (finding,) = sudo_obstacles(listed, ["systemctl restart api"])
    assert finding.what == (
        "sudo does not let this user run `systemctl restart api` without a password (it says “a password is required”)"
    )
    assert finding.todo == (
        "add this line to sudoers, with the user's name in place of USER: "
        "USER ALL=(root) NOPASSWD: /usr/bin/systemctl restart api"
    )
    assert sudo_obstacles({}, ["systemctl restart api"]) == []


def test_every_rule_that_is_missing_is_named_at_once() -> None:
    listed = {"program": ["/usr/bin/systemctl"], "sudo": [*HEAD, "    (root) NOPASSWD: /usr/bin/systemctl restart api"]}
    (finding,) = sudo_obstacles(listed, [f"systemctl restart {name}" for name in ("api", "worker", "mailer")])
    assert "run `systemctl restart worker` or `systemctl restart mailer` without" in finding.what
    assert finding.todo.endswith("NOPASSWD: /usr/bin/systemctl restart worker, /usr/bin/systemctl restart mailer")
