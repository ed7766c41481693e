# changed WHERE OPTIONS: the tracked files under the folder WHERE that are not as git wrote them, as git status names them. A
# committed file that does not follow .gitattributes (line ends, a filter) is called modified by git right after each checkout;
# it is not listed while it has the bytes and the mode that git gives it; nor is one that is as in COMMIT, if that is set, or, after
# `see_begun`, as a git that was killed in the middle of the files has left it.
export LC_ALL=C.UTF-8 # what git says is read
begun=
changed() (
  cd "$1" && top=$(git rev-parse --show-toplevel) || exit
  shift
  see_hidden || exit
  see_as_begun
  released=
  ! git diff-index --cached --quiet refs/gonogo/release 2> /dev/null || released=yes
  git status --porcelain -z --no-renames --untracked-files=no "$@" | while IFS= read -r -d '' entry; do
    # a checkout that ended before HEAD was at its commit: the index and the files are the release, and nobody's work
    [ -z "$released" ] || [ "${entry:1:1}" != ' ' ] || continue
    [[ -z ${as_begun[${entry:3}]:-} || $entry != ' '[MDT]* ]] || continue
    if [ "${entry:0:2}" = ' M' ] && { as_written "${entry:3}" || { [ "${COMMIT:-}" ] && as_in_target "${entry:3}"; }; }; then continue; fi
    ! left_by_git "$entry" || continue
    note=
    for file in ${hidden[@]+"${hidden[@]}"}; do
      if [ "${entry:3}" = "$file" ]; then note=' (git status hides it: git ls-files -v)'; fi
    done
    printf '%s\n' "$entry$note"
  done
)
# git status says nothing of a file that somebody marked with assume-unchanged or skip-worktree; a copy of the index without
# these marks shows it. A marked file that is not there, as in a sparse checkout, stays as it is.
see_hidden() {
  local entry index
  hidden=()
  while IFS= read -r -d '' entry; do
    if [ -e "$top/${entry:2}" ] || [ -L "$top/${entry:2}" ]; then hidden+=("${entry:2}"); fi
  done < <(git -C "$top" ls-files -v -z | grep -z '^[a-zS] ')
  [ "${#hidden[@]}" -gt 0 ] || return 0
  index=$(mktemp) || return
  trap "rm -f ${index@Q}" EXIT
  cp -- "$(git rev-parse --git-path index)" "$index" || return
  export GIT_INDEX_FILE=$index
  unmark "${hidden[@]}"
}
unmark() {
  local mark
  [ $# -gt 0 ] || return 0
  for mark in assume-unchanged skip-worktree; do
    printf '%s\0' "$@" | git -C "$top" update-index -z "--no-$mark" --stdin || return
  done
}
unmark_listed() {
  local top files
  top=$(git rev-parse --show-toplevel) && mapfile -d '' files && unmark ${files[@]+"${files[@]}"}
}
as_written() {
  local modes
  [ -f "$top/$1" ] && [ ! -L "$top/$1" ] || return
  modes=$(git -C "$top" diff-files --raw -- ":(top,literal)$1" | cut -c 2-14)
  [ "${modes% *}" = "${modes#* }" ] && git -C "$top" cat-file --filters ":$1" 2> /dev/null | cmp -s - "$top/$1"
}
# begin_checkout: notes where a checkout of this working copy goes, until it has ended well. One that stays at HEAD brings back files
# that another one left, and so that one's note stays.
begin_checkout() {
  [ "$(git rev-parse HEAD 2> /dev/null)" = "$COMMIT" ] || git update-ref refs/worktree/gonogo/checkout "$COMMIT" 2> /dev/null || true
}
see_begun() { begun=$(git rev-parse --verify --quiet refs/worktree/gonogo/checkout) || begun=; }
end_checkout() { remove_left && git update-ref -d refs/worktree/gonogo/checkout 2> /dev/null || true; }
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
  [ -n "$begun" ] && [[ $1 = ' '[MDT]* ]] && ! git -C "$top" diff-tree --quiet HEAD "$begun" -- ":(top,literal)$file" 2> /dev/null || return
  until [ -e "$top/$at" ] || [ -L "$top/$at" ] || [[ $at != */* ]]; do at=${at%/*}; done
  { [ ! -e "$top/$at" ] && [ ! -L "$top/$at" ]; } || { [ "$at" != "$file" ] && [ -d "$top/$at" ] && [ ! -L "$top/$at" ]; } || is_begun "$at"
}
is_begun() {
  git -C "$top" cat-file -e "$begun:$1" 2> /dev/null || return
  if [ -L "$top/$1" ]; then COMMIT=$begun as_in_commit "$1"; return; fi
  # not in a pipe: git is ended by one that reads less than it writes
  [ -f "$top/$1" ] && cmp -s <(git -C "$top" cat-file --filters "$begun:$1" 2> /dev/null | head -c "$(wc -c < "$top/$1")") "$top/$1"
}
# the same for each submodule, with its path before each of them
changed_in_submodules() {
  local of=$begun begun
  git submodule --quiet foreach --recursive 'printf "%s\0" "$displaypath"' | while IFS= read -r -d '' folder; do
    begun=${of:+$(git rev-parse --verify --quiet "$of:$folder" || true)}
    changed "$folder" --ignore-submodules=all | awk -v folder="$folder" '{ print folder ": " $0 }' || exit
  done
}
