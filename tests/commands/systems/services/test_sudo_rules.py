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


@pytest.mark.fault("a cause that nobody has seen")
def test_a_sudo_that_wants_a_terminal_is_named_with_the_line_that_lets_this_user_do_without() -> None:
    listed = {"program": ["/usr/bin/systemctl"], "sudo": ["sudo: sorry, you must have a tty to run sudo"]}
    (finding,) = sudo_obstacles(listed, ["systemctl restart api"])
    assert finding.what == (
        "sudo does not let this user run `systemctl restart api` without a terminal "
        "(it says “sorry, you must have a tty to run sudo”)"
    )
    assert finding.todo.startswith("requiretty is set in sudoers; add this line there")
    assert finding.todo.endswith("Defaults:USER !requiretty")


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    "said",
    [
        "sudo: account validation failure, is your password locked?",
        "bash: line 4: sudo: command not found",
        "sudo: /etc/sudo.conf is owned by uid 1000, should be 0",
    ],
)
def test_other_words_of_sudo_are_shown_and_no_rule_is_advised(said: str) -> None:
    (finding,) = sudo_obstacles({"program": ["/usr/bin/systemctl"], "sudo": [said]}, ["systemctl restart api"])
    assert said.removeprefix("sudo: ") in finding.what
    assert ("NOPASSWD" in finding.todo, "without a password" in finding.what) == (False, False)


@pytest.mark.parametrize("said", ["sudo: a password is required", "Sorry, user op may not run sudo on vm."])
def test_a_warning_of_sudo_is_not_taken_for_why_it_refuses(said: str) -> None:
    warning = "sudo: unable to resolve host vm: Name or service not known"
    (refused,) = sudo_obstacles({"program": ["/x"], "sudo": [warning, said]}, ["x restart api"])
    assert (said.removeprefix("sudo: ") in refused.what, "NOPASSWD: /x restart api" in refused.todo) == (True, True)
    listed = {"program": ["/x"], "sudo": [warning, *HEAD, "    (root) NOPASSWD: /x restart worker"]}
    (missing,) = sudo_obstacles(listed, ["x restart api"])
    assert missing.what == "sudo does not let this user run `x restart api` without a password"
