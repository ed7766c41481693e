# What a checkout that was stopped in the middle of the files has left, and the note by which that is known.
begun=
# begin_checkout: notes where a checkout of this working copy goes, until it has ended well. One that stays at HEAD brings back files
# that another one left, and so that one's note stays.
begin_checkout() {
  [ "$(git rev-parse HEAD 2> /dev/null)" = "$COMMIT" ] || git update-ref refs/worktree/gonogo/checkout "$COMMIT" 2> /dev/null || true
}
see_begun() { begun=$(git rev-parse --verify --quiet 'refs/worktree/gonogo/checkout^{commit}' 2> /dev/null) || begun=; }
end_checkout() { git update-ref -d refs/worktree/gonogo/checkout 2> /dev/null || true; }
# remove_left: removes what a checkout that was stopped has left of files that HEAD has not. What is older than its note was there
# before, and what git does not list as untracked is beyond a link or in a submodule.
remove_left() {
  local begun top note file
  see_begun
  [ -n "$begun" ] && top=$(git rev-parse --show-toplevel) && note=$(git rev-parse --git-path refs/worktree/gonogo/checkout) || return 0
  { git diff-tree -r -z --no-renames --diff-filter=A --name-only HEAD "$begun" 2> /dev/null || true; } | while IFS= read -r -d '' file; do
    [ -f "$note" ] && [ ! "$top/$file" -ot "$note" ] && is_begun "$file" || continue
    [ -z "$(git ls-files --others -- ":(top,literal)$file" 2> /dev/null)" ] || rm -f -- "$top/$file" || true
  done
}
# see_as_begun: the files in which the commit $begun differs from HEAD and that are as in it, in one look: there may be thousands.
# A look that failed names none.
see_as_begun() {
  local file
  local -A differs=()
  declare -gA as_begun=()
  [ -n "$begun" ] || return 0
  while IFS= read -r -d '' file; do differs[$file]=1; done < <(
    git -C "$top" diff -z --no-ext-diff --no-renames --name-only --ignore-submodules=all "$begun" -- 2> /dev/null && printf '/\0'
  )
  [ -n "${differs[/]:-}" ] || return 0
  while IFS= read -r -d '' file; do [ -n "${differs[$file]:-}" ] || as_begun[$file]=1; done < <(
    git -C "$top" diff-tree -r -z --no-renames --name-only HEAD "$begun" 2> /dev/null
  )
}
# left_by_git ENTRY: of a file in which the commit $begun differs from HEAD there is nothing, or only the first bytes of its own
# there: nobody loses them.
left_by_git() {
  local file=${1:3} at=${1:3}
  [ -n "$begun" ] && [[ $1 = ' '[MDT]* ]] && ! git -C "$top" diff-tree -r --quiet HEAD "$begun" -- ":(top,literal)$file" 2> /dev/null || return
  until [ -e "$top/$at" ] || [ -L "$top/$at" ] || [[ $at != */* ]]; do at=${at%/*}; done
  { [ ! -e "$top/$at" ] && [ ! -L "$top/$at" ]; } || { [ "$at" != "$file" ] && [ -d "$top/$at" ] && [ ! -L "$top/$at" ]; } || is_begun "$at"
}
is_begun() {
  git -C "$top" cat-file -e "$begun:$1" 2> /dev/null || return
  if [ -L "$top/$1" ]; then COMMIT=$begun as_in_commit "$1"; return; fi
  # not in a pipe: git is ended by one that reads less than it writes
  [ -f "$top/$1" ] && cmp -s <(git -C "$top" cat-file --filters "$begun:$1" 2> /dev/null | head -c "$(wc -c < "$top/$1")") "$top/$1"
}
