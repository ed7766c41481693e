# Checks a release that was pinned before: is its commit still on the ref, does the working copy still have the commit
# from before, and are the files (one path a line in $FILES) still what the commit has.
cd "$REPOSITORY"
git fetch --quiet --tags --force origin
tips=$(git ls-remote origin "refs/heads/$REF" "refs/tags/$REF^{}" "refs/tags/$REF")
tip=$(awk 'NR == 1 { print $1 }' <<< "$tips")
on_ref=no
if [ -n "$tip" ]; then
  if git merge-base --is-ancestor "$COMMIT" "$tip"; then on_ref=yes; fi
elif [[ $COMMIT = "$REF"* ]] || [ "$(git rev-parse --verify --quiet "refs/tags/$REF^{commit}")" = "$COMMIT" ]; then
  # the ref is the commit itself, or a tag of this working copy only
  on_ref=yes
else
  on_ref=gone
fi
printf 'on_ref=%s\nstill=%s\n' "$on_ref" "$(git rev-parse HEAD)"
while IFS= read -r file; do
  [ -n "$file" ] || continue
  edited=
  if [ -n "$(git status --porcelain --untracked-files=all -- "$file")" ] && [ -f "$file" ]; then
    edited=$(sha256sum < "$file" | cut -d ' ' -f 1)
  fi
  printf 'file: %s %s\n' "$(git show "$COMMIT:$file" | sha256sum | cut -d ' ' -f 1)" "$edited"
done <<< "$FILES"
