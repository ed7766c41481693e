# Defines `unfiltered`, which prints the files of $COMMIT that a checkout by this user would write as git stores them, or would
# stop at, because the filter of git-lfs or git-crypt does not run here. Marked by what they would be.
unfiltered() {
  local name mark why
  for name in lfs git-crypt; do
    why=$(no_filter "$name")
    [ -n "$why" ] && git grep -qF "filter=$name" "$COMMIT" -- ':(glob)**/.gitattributes' || continue
    [ "$name" = lfs ] && mark=pointer || mark=encrypted
    { "stored_as_$mark" | grep -Fxf <(written) || true; } | sed "s/^/$mark: /" |
      awk -v why="$why" -v mark="$mark" '{ print } END { if (NR && why == "stops") print "stops: " mark }'
  done
}
# the files that a checkout writes: it leaves those alone that are the same in HEAD
written() {
  git -c core.quotePath=false diff --name-only --no-renames HEAD "$COMMIT" 2> /dev/null ||
    git -c core.quotePath=false ls-tree -r --name-only "$COMMIT"
}
# no_filter NAME: why the filter opens nothing; "stops" if git ends at the first file for it, or nothing if it runs
no_filter() {
  local command program
  command=$(git config "filter.$1.process" || git config "filter.$1.smudge") || command=
  case $command in '') echo unset; return ;; *--skip*) echo skips; return ;; esac
  case $1:${GIT_LFS_SKIP_SMUDGE:-} in lfs:1 | lfs:true) echo skips; return ;; esac
  program=${command%% *} program=${program//[\"\']/}
  command -v "$program" > /dev/null || { [ "$(git config --bool "filter.$1.required")" = true ] && echo stops || echo missing; }
}
stored_as_pointer() {
  { git grep -lz --all-match -e '^version https://git-lfs[.]github[.]com/spec/v1' -e '^oid sha256:' "$COMMIT" -- || true; } | tr '\0' '\n' | sed "s/^$COMMIT://"
}
stored_as_encrypted() {
  local file
  { git grep -alzF GITCRYPT "$COMMIT" -- || true; } | while IFS= read -r -d '' file; do
    [ "$(git cat-file blob "$file" | head -c 10 | tr '\0' .)" != .GITCRYPT. ] || printf '%s\n' "${file#*:}"
  done
}
