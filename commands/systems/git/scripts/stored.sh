# Files that are there as git stores them, because a filter of .gitattributes is not set up for this user. git says nothing of that.
# Marked by what they are; it needs git/submodules.sh.
pointers() { git grep -lF 'version https://git-lfs.github.com/spec/v1' -- ':(attr:filter=lfs)' || true; }
# of git-crypt, which begins each of them with its name between zero bytes
encrypted() {
  git grep -qF filter=git-crypt -- ':(glob)**/.gitattributes' || return 0
  { git grep -alzF GITCRYPT || true; } | while IFS= read -r -d '' file; do
    [ "$(head -c 10 -- "$file" | tr '\0' .)" != .GITCRYPT. ] || printf '%s\n' "$file"
  done
}
# what git is told to leave out, as in a sparse checkout, and is not there
absent() {
  # very many may be left out
  { git ls-files -v -z | grep -z '^[a-zS] ' || true; } | xargs -0 -r bash -c '
    for file; do [ -e "${file:2}" ] || [ -L "${file:2}" ] || printf "%s\n" "${file:2}"; done' bash
}
# text that got the line ends of Windows by a setting of the host, and not by .gitattributes
line_ends() {
  case "$(git config core.autocrlf) $(git config core.eol)" in true\ * | *\ crlf) ;; *) return 0 ;; esac
  git ls-files --eol -z | tr '\n\0' ' \n' | sed -nE '/eol=crlf[^\t]*\t/d; s/^i\/lf +w\/crlf [^\t]*\t//p'
}
stored() {
  local kind
  for kind in pointers:pointer encrypted:encrypted absent:absent line_ends:crlf; do
    # a sparse checkout may leave out very many
    { "${kind%:*}"; in_submodules "${kind%:*}"; } |
      LC_ALL=C awk -v kind="${kind#*:}" 'NR <= 3 { print kind ": " $0 } END { if (NR > 3) print kind "+: " NR - 3 }'
  done
}
