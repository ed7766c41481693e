# submodules_of: the submodules of COMMIT, each as its own commit, a tab, and its path
submodules_of() {
  git ls-tree -r -z --full-tree "$COMMIT" | { grep -z '^160000 ' || true; } | while IFS= read -r -d '' entry; do
    printf '%s\0' "${entry:14}"
  done
}
# in_submodules COMMAND…: runs it in each submodule of COMMIT that is here, also in those of a submodule, with COMMIT set to the
# submodule's own commit, which is fetched if it is not there. Each line that it prints gets the submodule's path before it.
in_submodules() { of_submodules '' "$@"; }
of_submodules() (
  before=$1
  shift
  top=$(git rev-parse --show-toplevel) || exit
  submodules_of | while IFS= read -r -d '' entry; do
    path=${entry#*$'\t'}
    export COMMIT=${entry%%$'\t'*}
    if [ -e "$top/$path/.git" ]; then
      cd "$top/$path"
      has_commit || continue
      "$@" | while IFS= read -r line; do printf '%s: %s\n' "$before$path" "$line"; done
      of_submodules "$before$path/" "$@"
    fi
  done
)
has_commit() {
  git cat-file -e "$COMMIT^{commit}" 2> /dev/null || {
    { GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags --no-recurse-submodules origin "$COMMIT" ||
      GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags --no-recurse-submodules origin; } > /dev/null 2>&1 < /dev/null || true
    git cat-file -e "$COMMIT^{commit}" 2> /dev/null
  }
}
# what stands in the folder of a submodule that COMMIT names and that is not here: git clones into an empty folder only
in_place_of_submodules() (
  top=$(git rev-parse --show-toplevel) || exit
  submodules_of | while IFS= read -r -d '' entry; do
    path=${entry#*$'\t'}
    if [ -d "$top/$path" ] && [ ! -e "$top/$path/.git" ]; then
      (cd "$top/$path" && find . -mindepth 1 ! -type d | sed 's,^\./,?? ,' | LC_ALL=C sort |
        while IFS= read -r line; do printf '%s: %s\n' "$path" "$line"; done)
    fi
  done
)
has_head() { git -C "$1" rev-parse --verify --quiet HEAD > /dev/null; }
# forget_half_made: git does not go on with a submodule whose first clone was killed, unless its folder is empty
forget_half_made() (
  top=$(git rev-parse --show-toplevel) || exit
  submodules_of | while IFS= read -r -d '' entry; do
    cd "$top/${entry#*$'\t'}" 2> /dev/null && [ -f .git ] && [ "$(ls -A)" = .git ] && ! has_head . || continue
    rm -f .git
  done
)
# the submodules of COMMIT whose commit is not at their origin: git would move HEAD, and end at them. Where COMMIT moves their
# addresses it is not known.
without_commit() (
  top=$(git rev-parse --show-toplevel) || exit
  git diff-index --cached --quiet "$COMMIT" -- "$top/.gitmodules" || exit 0
  submodules_of | while IFS= read -r -d '' entry; do
    path=${entry#*$'\t'} id=${entry%%$'\t'*}
    if [ -e "$top/$path/.git" ]; then
      (cd "$top/$path" && COMMIT=$id && { has_commit || printf '%s: %s\n' "$path" "${id:0:10}"; })
    fi
  done
)
# the locks of a working copy and of its submodules that are still there a moment later; another git may hold one for an instant
locks() (
  # with HEAD locked, git would replace all files, and end before HEAD is at their commit
  own=$(git rev-parse --git-path index.lock; git rev-parse --git-path HEAD.lock)
  # git writes the addresses of submodules there, once HEAD has moved
  [ ! -f "$(git rev-parse --show-toplevel)/.gitmodules" ] || own+=$'\n'$(git rev-parse --git-path config.lock)
  submodules=$(git submodule --quiet foreach --recursive 'printf "%s/index.lock\n%s/HEAD.lock\n" "$(git rev-parse --absolute-git-dir)" "$(git rev-parse --absolute-git-dir)"') || exit
  for try in 1 2 3; do
    there=$(printf '%s\n' "$own" "$submodules" | while IFS= read -r file; do if [ -e "$file" ]; then printf '%s\n' "$file"; fi; done)
    [ -n "$there" ] || return 0
    [ "$try" = 3 ] || sleep 1
  done
  while IFS= read -r file; do printf '%s\n' "${file#"$PWD/"}"; done <<< "$there"
)
# checks out the submodules, without --remote: at the commits that the release names. One after the other from outside: a commit
# of a submodule brings the addresses of those within it, which may have moved.
update_submodules() (
  [ -f .gitmodules ] || exit 0
  git submodule --quiet sync && git submodule --quiet update --init --force || exit
  git submodule --quiet foreach 'printf "%s\0" "$sm_path"' | while IFS= read -r -d '' path; do
    (cd "$path" && update_submodules) || exit
  done
)
