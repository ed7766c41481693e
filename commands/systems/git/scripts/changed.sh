# changed WHERE OPTIONS: the tracked files under the folder WHERE that are not as git wrote them, as git status names them. A
# committed file that does not follow .gitattributes (line ends, a filter) is called modified by git right after each checkout;
# it is not listed while it has the bytes and the mode that git gives it.
changed() (
  cd "$1" && top=$(git rev-parse --show-toplevel) || exit
  shift
  git status --porcelain -z --untracked-files=no "$@" | while IFS= read -r -d '' entry; do
    [ "${entry:0:2}" = ' M' ] && as_written "${entry:3}" || printf '%s\n' "$entry"
  done
)
as_written() {
  local modes
  [ -f "$top/$1" ] && [ ! -L "$top/$1" ] || return
  modes=$(git -C "$top" diff-files --raw -- ":(top,literal)$1" | cut -c 2-14)
  [ "${modes% *}" = "${modes#* }" ] && git -C "$top" cat-file --filters ":$1" 2> /dev/null | cmp -s - "$top/$1"
}
# the same for each submodule, with its path before each of them
changed_in_submodules() {
  git submodule --quiet foreach --recursive 'printf "%s\0" "$displaypath"' | while IFS= read -r -d '' folder; do
    changed "$folder" --ignore-submodules=all | awk -v folder="$folder" '{ print folder ": " $0 }' || exit
  done
}
