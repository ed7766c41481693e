# The lines that a command of the page prints. On standard error it may print a part of the log, as `docker logs` does, or
# something of its own: errors count there as well, but such lines alone are no log.
source_lines() { bash -euo pipefail -c 'eval "$COMMAND"'; }
own_words() {
  LC_ALL=C tr -d '\000' | LC_ALL=C awk '{ last[NR % 8] = substr($0, 1, 300) }
'"$TROUBLE"'
END { for (n = NR > 8 ? NR - 7 : 1; n <= NR; n++) print "said: " last[n % 8] }' | tail -n 110
}
error_lines
# its own limit of lines is read from that
printf 'command=%s\n' "$(tr '\n' '\037' <<< "$COMMAND")"
