# finds the commit that REF names on origin now
export GIT_TERMINAL_PROMPT=0 GIT_NO_REPLACE_OBJECTS=1
export LC_ALL=C.UTF-8 # what git says is read
cd "$REPOSITORY"
inside=$(git rev-parse --is-inside-work-tree)
[ "$inside" != false ] || exit 77
before=$(git rev-parse --verify --quiet HEAD) || exit 65
# one at a time, because all write below refs/gonogo; 9>&- keeps the lock from what git leaves running, like an
# ssh connection that is shared
exec 9> "$(git rev-parse --git-path gonogo.lock)"
flock -w 60 9 || exit 73
# so a lock of git there is that of one which was killed; a living one keeps it for a moment
find "$(git rev-parse --git-path refs/gonogo)" -name '*.lock' -mmin +1 -delete 2> /dev/null || true

fetch() {
  git -c gc.auto=0 -c maintenance.auto=false fetch --quiet --force --no-tags --no-recurse-submodules origin \
    "$@" 9>&- || stopped "$?"
}
fetch_all() { fetch --prune 'refs/heads/*:refs/gonogo/heads/*' 'refs/tags/*:refs/gonogo/tags/*'; }
# the branches and tags of origin that contain the commit, like heads/main
containing() {
  git for-each-ref --contains "$commit" --format='%(refname:lstrip=2)' refs/gonogo/heads refs/gonogo/tags
}
allowed() { awk 'ENVIRON["BRANCHES"] == "" || $0 ~ "^heads/(" ENVIRON["BRANCHES"] ")$"'; }

found=$(timeout 60 git ls-remote origin 9>&- | awk '
  BEGIN { ref = ENVIRON["REF"]; full = ref ~ /^refs\/(heads|tags)\// }
  full ? $2 == ref : $2 == "refs/heads/" ref || $2 == "refs/tags/" ref { print $2 }
  END { if (NR == 0) print "empty" }') || exit 67
id=
if [[ $REF =~ ^[0-9a-fA-F]+$ ]] && [ ${#REF} = ${#before} ]; then id=${REF,,}; fi
case "$found" in
  empty) exit 68 ;;
  *$'\n'*) exit 69 ;;
  refs/*) [ -z "$id" ] || exit 70 ;;
esac

if [ -n "$found" ]; then
  fetch "$found:refs/gonogo/release"
  object=$(git rev-parse refs/gonogo/release)
  commit=$(git rev-parse --verify --quiet "$object^{commit}") || exit 71
elif [ -n "$id" ]; then
  fetch_all
  object=$id commit=$id
  if [ "$(git cat-file -t "$id" 2> /dev/null)" != commit ]; then
    printf 'whole=yes\nshallow=%s\n' "$(git rev-parse --is-shallow-repository)"
    exit 66
  fi
  git update-ref refs/gonogo/release "$id"
else
  for name in remotes/origin heads tags; do
    if git rev-parse --verify --quiet "refs/$name/$REF" > /dev/null; then printf 'copy=%s\n' "$name" && break; fi
  done
  exit 66
fi

contained=${found#refs/}
if [ -n "$id" ] || [[ -n $BRANCHES && $found == refs/tags/* ]]; then
  [ -n "$id" ] || fetch_all
  contained=$(containing | allowed | awk 'NR == 1')
elif [ -n "$BRANCHES" ]; then
  contained=$(allowed <<< "$contained")
fi
if [ -z "$contained" ]; then
  printf 'found=%s\nshallow=%s\n' "$found" "$(git rev-parse --is-shallow-repository)"
  exit 72
fi
