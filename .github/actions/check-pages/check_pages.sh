# Checks the runbook pages among $PAGES (git's path patterns, one a line) that have changed since $BASE, and writes how the plan
# of each changes to $GITHUB_STEP_SUMMARY. Ends with 1 if a page has errors.
set -euo pipefail
fail() { echo "::error::$1"; exit 1; }

mapfile -t patterns < <(grep -v '^[[:space:]]*$' <<< "$PAGES") || true
[ ${#patterns[@]} -gt 0 ] || fail 'pages is empty; write the patterns of your runbook pages, like runbooks/*.md'
git cat-file -e "$BASE^{commit}" 2> /dev/null ||
  fail "the commit to compare with ($BASE) is not there; give the checkout fetch-depth: 0"
# where the branch left its base, so that what others have merged meanwhile is no change of this branch
from=$(git merge-base "$BASE" HEAD) || fail "$BASE and this commit have no common history; give the checkout fetch-depth: 0"
mapfile -d '' -t changed < <(git diff --name-only -z --no-renames --diff-filter=d "$from" HEAD -- "${patterns[@]}")
mapfile -d '' -t removed < <(git diff --name-only -z --no-renames --diff-filter=D "$from" HEAD -- "${patterns[@]}")
for page in "${removed[@]}"; do printf 'Removed: `%s`\n\n' "$page" >> "$GITHUB_STEP_SUMMARY"; done
if [ ${#changed[@]} = 0 ]; then
  echo 'No runbook page was changed.'
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0
gonogo check --github "${changed[@]}" || wrong=1
# plan FILE NAME: the plan of a page, or why there is none
plan() { (cd "$(dirname "$1")" && gonogo plan "./$(basename "$1")") > "$2" 2> "$2.error" || sed 's/^/(no plan) /' "$2.error" > "$2"; }
for page in "${changed[@]}"; do
  : > "$work/before"
  if git cat-file -e "$from:$page" 2> /dev/null; then
    # under its own name, because a plan may show it
    mkdir -p "$work/old"
    git show "$from:$page" > "$work/old/$(basename "$page")"
    plan "$work/old/$(basename "$page")" "$work/before"
  fi
  plan "$page" "$work/after"
  if diff -U2 --label "plan before" --label "plan after" "$work/before" "$work/after" > "$work/diff"; then
    printf '`%s`: the plan is the same.\n\n' "$page" >> "$GITHUB_STEP_SUMMARY"
    continue
  fi
  # a fence that no line of the plan can close; GitHub takes 1 MB for all steps of a job
  fence=$(grep -o '`*' "$work/diff" | awk '{ if (length > n) n = length } END { n = n < 3 ? 3 : n + 1; while (n--) printf "`" }')
  {
    printf '### Plan of `%s`\n\n%sdiff\n' "$page" "$fence"
    head -c 100000 "$work/diff"
    [ "$(wc -c < "$work/diff")" -le 100000 ] || printf '\n… cut: `gonogo plan` shows the rest'
    printf '\n%s\n\n' "$fence"
  } >> "$GITHUB_STEP_SUMMARY"
done
exit "$wrong"
