# what is new against the commit at which the working copy is
export GIT_PAGER=cat
git -c log.showSignature=false log --no-color --no-decorate --oneline -10 "$before..$commit"
# which commits of the working copy's are not in it; a shallow clone shows only that there are none
lost=unknown older=no code=0
git merge-base --is-ancestor "$before" "$commit" || code=$?
if [ "$code" = 0 ]; then
  lost=0
elif [ "$code" = 1 ] && [ "$(git rev-parse --is-shallow-repository)" = false ]; then
  lost=$(git rev-list --count "$commit..$before") || lost=unknown
  if git merge-base --is-ancestor "$commit" "$before"; then older=yes; fi
fi
changed=$(git diff --name-only "$before" "$commit" | wc -l)
git -c log.showSignature=false log -1 --format=committed_at=%cI "$commit"
if [[ $found == refs/heads/* ]]; then
  git rev-parse --verify --quiet "refs/remotes/origin/${found#refs/heads/}" > /dev/null || echo followed=no
fi
printf 'found=%s\ncontained=%s\nlost=%s\nolder=%s\n' "$found" "$contained" "$lost" "$older"
printf 'changed=%s\ncommit_before=%s\ncommit=%s\n' "$((changed))" "$before" "$commit"
