"""A variable that a page's commands read and nothing sets is found; any other is not."""

from __future__ import annotations

import pytest

from commands.steps.unset_variables import unset_error, unset_variables


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("deploy $FOLDER", ["FOLDER"]),
        ('cd "${FOLDER}/app" && deploy "$TAG"', ["FOLDER", "TAG"]),
        ("deploy ${FOLDER%/} ${#NAMES} ${TAG//a/b}", ["FOLDER", "NAMES", "TAG"]),
        ("echo \"it's $FOLDER\" 'and $this'", ["FOLDER"]),
        ("deploy $folder", ["folder"]),
        ("FOLDER=/srv/$NAME; deploy $FOLDER", ["NAME"]),
        # set by the text itself, or always
        ("FOLDER=/srv; deploy $FOLDER", []),
        ("export FOLDER=/srv\ndeploy $FOLDER", []),
        ("for host in a b; do ping $host; done", []),
        ("read -r first rest < file; echo $first $rest", []),
        ("mapfile -t lines < file; echo ${lines[0]}", []),
        ("printf -v stamp '%(%s)T'; echo $stamp", []),
        ("docker run --label gonogo.job=$GONOGO_JOB $IMAGE", ["IMAGE"]),
        ("cd $HOME && echo $USER $? $1 $$ $@ $(pwd) $((1 + 2))", []),
        # may be empty, or has another value then
        ("echo ${FOLDER:-/srv} ${TAG-} ${MORE:+x} ${MUST:?is missing}", []),
        ("echo '$FOLDER' \\$FOLDER  # $FOLDER", []),
        # quotes in quotes, escapes and comments
        ("last=\"$(awk '{ print $NF }' file)\"; echo $last", []),
        ("id=\"$(cat file | awk -F'\"' '{ print $NF }')\"; echo \"it's $TAG\"", ["TAG"]),
        ('echo "$(echo \'not $this\' "$TAG")"', ["TAG"]),
        ("printf $'it\\'s $this'; echo '$that'", []),
        ("# it's\necho 'not $this'  # isn't\necho $TAG", ["TAG"]),
        # set in other ways, or asked for before
        (': "${TAG:=latest}"; deploy $TAG', []),
        ('if [[ -v TAG ]]; then deploy "$TAG"; fi', []),
        ('[ -n "${TAG:-}" ] && deploy "$TAG"', []),
        ('read -r -p "Which; one? " answer; echo $answer', []),
        ("read -r one \\\n  two < file; echo $two", []),
        ('(( sum = 1 + 2 )); let "more = 3"; echo $sum $more', []),
        ("exec {lock}> file; flock $lock", []),
        ("echo $LANG $LC_ALL $XDG_RUNTIME_DIR $TZ", []),
        # may be set by what nobody sees here
        ("source /etc/app.env; deploy $FOLDER", []),
        (". ./env && deploy $FOLDER", []),
        ("set +u; deploy $FOLDER", []),
        ("eval $(tool env)", []),
        ("cat <<'END'\n$FOLDER\nEND", []),
    ],
)
def test_only_what_nothing_sets_is_found(text: str, names: list[str]) -> None:
    assert unset_variables([text], ()) == names


def test_what_an_earlier_command_sets_a_later_one_may_read() -> None:
    assert unset_variables(["TAG=$(git describe)", "deploy $TAG"], ()) == []
    assert unset_variables(["deploy $TAG"], {"TAG"}) == []


def test_the_sentence_says_how_to_hand_it_over() -> None:
    assert unset_error(["deploy $TAG"], ()) == (
        "nothing on this page sets $TAG, so the shell would stop there; hand it over with "
        'env = { TAG = "…" }, or write ${TAG:-} if it may be empty'
    )
    assert unset_error(["deploy"], ()) == ""
