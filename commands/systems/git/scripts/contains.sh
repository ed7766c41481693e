# whether COMMIT contains BAD, and what among the commits since reverts it or says that it fixes it; changes nothing
export GIT_TERMINAL_PROMPT=0 GIT_NO_REPLACE_OBJECTS=1 GIT_OPTIONAL_LOCKS=0 LC_ALL=C.UTF-8
cd "$REPOSITORY"
known() { git rev-parse --verify --quiet "$1^{commit}" > /dev/null; }
first() { git log --max-count=1 --format=%H --fixed-strings --regexp-ignore-case "$@"; }
known "$COMMIT" && known "$BAD" || { echo contains=unknown; exit 0; }
if git merge-base --is-ancestor "$BAD" "$COMMIT"; then
  echo contains=yes
elif [ $? = 1 ] && [ "$(git rev-parse --is-shallow-repository)" = false ]; then
  echo contains=no
  exit 0
else
  echo contains=unknown
  exit 0
fi
[ "$BAD" != "$COMMIT" ] || exit 0
revert=$(first --grep="This reverts commit $BAD" "$BAD..$COMMIT")
if [ -n "$revert" ] && [ -z "$(first --grep="This reverts commit $revert" "$revert..$COMMIT")" ]; then
  echo "reverted=$revert"
fi
if [ -n "$FIX" ]; then
  echo "fixed=$(first --grep="$FIX" "$BAD..$COMMIT")"
fi
