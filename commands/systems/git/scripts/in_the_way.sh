# enter: to the top of the working copy. What is named within $REPOSITORY, which may be a folder in it, begins with $inside there.
enter() { cd "$REPOSITORY" && inside=$(git rev-parse --show-prefix) && top=$(git rev-parse --show-toplevel) && cd "$top"; }
# in_the_way PATHSPEC…: the untracked files, ignored ones too, where COMMIT has files of its own. git checkout --force overwrites
# them without a word, and the next checkout of a commit without them removes what it wrote. One as in COMMIT is not listed:
# a checkout that was ended in its middle leaves such files.
in_the_way() (
  top=$(git rev-parse --show-toplevel) || exit
  git diff-index --cached --diff-filter=D --no-renames -z "$COMMIT" -- "$@" | {
    cd "$top"
    while IFS= read -r -d '' meta && IFS= read -r -d '' path; do
      # what is in the folder of a submodule is looked at by itself
      [[ $meta != :160000* || ! -d $path || -L $path ]] || continue
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
  if [ -L "$top/$1" ]; then git -C "$top" cat-file blob "$COMMIT:$1" 2> /dev/null | cmp -s - <(readlink -n -- "$top/$1"); return; fi
  [ -f "$top/$1" ] && git cat-file --filters "$COMMIT:$1" 2> /dev/null | cmp -s - "$top/$1"
}
# as in the commit with its mode, too: a checkout that ended in its middle may leave HEAD at the new commit with files of the old
as_in_target() {
  local mode=100644
  [ ! -x "$top/$1" ] || mode=100755
  [ "$(git -C "$top" ls-tree --full-tree "$COMMIT" "$1" 2> /dev/null | cut -c 1-6)" = "$mode" ] && as_in_commit "$1"
}
# the folders in which COMMIT changes files and this user may not: git would replace the other files, move HEAD, and end;
# and what git itself writes then, which a git of another user (sudo git pull) may have made
closed_folders() (
  top=$(git rev-parse --show-toplevel) own=$(git rev-parse --git-dir) || exit
  for at in "$own" "$own/logs" "$own/logs/HEAD"; do [ ! -e "$at" ] || [ -w "$at" ] || printf '%s\n' "$at"; done
  git diff-index --cached --no-renames --name-only -z "$COMMIT" | {
    cd "$top"
    while IFS= read -r -d '' path; do
      at=$path
      until [ -d "$at" ]; do case $at in */*) at=${at%/*} ;; *) at=. ;; esac; done
      { [ -w "$at" ] && [ -x "$at" ]; } || printf '%s\n' "$at"
    done
  } | sort -u
)
# unreadable: why git cannot read a file of COMMIT or of HEAD where these differ, as where a disk was full or power failed: the
# checkout, or the way back, would stop at it. Of a clone that fetches what it lacks, or where this look is killed, nothing is known.
unreadable() {
  local said
  ! git config --get-regexp '^(remote\..*\.promisor|extensions\.partialclone)$' > /dev/null && has_head . || return 0
  said=$({ changed_blobs | git -c pack.compression=0 pack-objects -q --stdout --window=0; } 2>&1 > /dev/null) || [ $? -gt 128 ] ||
    printf '%s\n' "${said##*$'\n'}"
}
changed_blobs() {
  git diff-tree -r --no-renames HEAD "$COMMIT" |
    awk '$1 != ":160000" && $3 !~ /^0+$/ { print $3 } $2 != "160000" && $4 !~ /^0+$/ { print $4 }'
}
