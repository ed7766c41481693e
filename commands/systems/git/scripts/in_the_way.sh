# in_the_way PATHSPEC…: the untracked files, ignored ones too, where COMMIT has files of its own. git checkout --force overwrites
# them without a word, and the next checkout of a commit without them removes what it wrote. One as in COMMIT is not listed:
# a checkout that was ended in its middle leaves such files.
in_the_way() (
  top=$(git rev-parse --show-toplevel) || exit
  git diff-index --cached --diff-filter=D --no-renames --name-only -z "$COMMIT" -- "$@" | {
    cd "$top"
    while IFS= read -r -d '' path; do
      at=$path
      until [ -e "$at" ] || [ -L "$at" ] || [[ $at != */* ]]; do at=${at%/*}; done
      [ "$at" = "$path" ] || [ ! -d "$at" ] || continue
      git ls-files --others -z -- ":(top,literal)$at"
    done
  } | sort -zu | while IFS= read -r -d '' file; do
    as_in_commit "$file" || printf '?? %s\n' "$file"
  done
)
as_in_commit() {
  [ -f "$top/$1" ] && [ ! -L "$top/$1" ] && git cat-file --filters "$COMMIT:$1" 2> /dev/null | cmp -s - "$top/$1"
}
