# stands: where HEAD is, and whether the files are those of HEAD, those of COMMIT, or of neither.
stands() {
  printf 'head=%s\nfiles=%s\n' "$(git rev-parse --verify --quiet HEAD)" "$(files_of)"
}
files_of() {
  local code one
  for one in HEAD "$COMMIT"; do
    code=0
    git diff --quiet --no-ext-diff --ignore-submodules=all "$one" -- 2> /dev/null || code=$?
    case $code in 0) if [ "$one" = HEAD ]; then echo head; else echo commit; fi; return ;; 1) ;; *) echo unknown; return ;; esac
  done
  echo mixed
}
