# compares COMMIT, which was pinned before, with what find.sh has found: is it still on the ref, does the working copy
# still have the commit from before, and are the files (one path a line in FILES) still what the commit has
on_ref=no
case "$found" in
  refs/heads/*) if git merge-base --is-ancestor "$COMMIT" "$commit"; then on_ref=yes; fi ;;
  *) if [ "$COMMIT" = "$commit" ]; then on_ref=yes; fi ;;
esac
unset GIT_NO_REPLACE_OBJECTS  # so that an object that somebody put in another's place is seen
printf 'on_ref=%s\nstill=%s\n' "$on_ref" "$before"
while IFS= read -r file; do
  [ -n "$file" ] || continue
  edited=
  if [ -n "$(git status --porcelain --untracked-files=all -- "$file")" ] && [ -f "$file" ]; then
    edited=$(sha256sum < "$file" | cut -d ' ' -f 1)
  fi
  printf 'file: %s %s\n' "$(git show "$COMMIT:$file" | sha256sum | cut -d ' ' -f 1)" "$edited"
done <<< "$FILES"
