# The lines with errors among those that the function `source_lines` prints, and how many it printed, without zero bytes,
# behind which some awks see nothing. What its program says on standard error comes last, so that nothing in a log is
# taken for it.
error_lines() {
  local said code=0
  { said=$({ source_lines | LC_ALL=C tr -d '\000' | LC_ALL=C awk "$TROUBLE"$'\nEND { print "read=" NR }' | tail -n 102 >&3; } 2>&1 | own_words) || code=$?; } 3>&1
  printf 'code=%s\n' "$code"
  [ -z "$said" ] || printf '%s\n' "$said"
}
own_words() { tail -c 2000 | tail -n 8 | sed 's/^/said: /'; }
