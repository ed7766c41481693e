# changed WHERE OPTIONS: the tracked files under the folder WHERE that are not as git wrote them, as git status names them. A
# committed file that does not follow .gitattributes (line ends, a filter) is called modified by git right after each checkout;
# it is not listed while it has the bytes and the mode that git gives it; nor is one that is as in COMMIT, if that is set, or, after
# `see_begun`, as a git that was killed in the middle of the files has left it.
export LC_ALL=C.UTF-8 # what git says is read
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
# the same for each submodule, with its path before each of them; also for those of COMMIT that HEAD has not
changed_in_submodules() {
  changed_within && { [ -z "${COMMIT:-}" ] || in_submodules changed_left; }
}
changed_within() {
  local of=$begun begun
  git submodule --quiet foreach --recursive 'printf "%s\0" "$displaypath"' | while IFS= read -r -d '' folder; do
    begun=${of:+$(git rev-parse --verify --quiet "$of:$folder" || true)}
    changed "$folder" --ignore-submodules=all | awk -v folder="$folder" '{ print folder ": " $0 }' || exit
  done
}
# of one that a release has brought which was taken back: it stays where it was. `in_submodules` says which it is, by $path in $top.
# What HEAD has in its place is looked at with the files of HEAD, and a file that went with those is nobody's work.
changed_left() {
  local begun=
  [ -z "$(git -C "$top" ls-files -- ":(top,literal)$path")" ] && has_head . || return 0
  changed . --ignore-submodules=all | awk '!/^ D /' && changed_within
}
