# what is new against the commit at which the working copy is
export GIT_PAGER=cat
git -c log.showSignature=false log --no-color --no-decorate --oneline -10 "$before..$commit"
changed=$(git diff --name-only "$before" "$commit" | wc -l)
git -c log.showSignature=false log -1 --format=committed_at=%cI "$commit"
if [[ $found == refs/heads/* ]]; then
  git rev-parse --verify --quiet "refs/remotes/origin/${found#refs/heads/}" > /dev/null || echo followed=no
fi
printf 'found=%s\ncontained=%s\n' "$found" "$contained"
printf 'changed=%s\ncommit_before=%s\ncommit=%s\n' "$((changed))" "$before" "$commit"
