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
stored() {
  { pointers; in_submodules pointers; } | sed 's/^/pointer: /'
  { encrypted; in_submodules encrypted; } | sed 's/^/encrypted: /'
}
