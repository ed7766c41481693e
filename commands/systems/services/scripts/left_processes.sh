# Defines `tree`, which prints PID:START of each process of the services that `state` named on its input, and of all below
# them, and "hidden" where this user does not see one of those named (such as with hidepid). START is when it began, as the
# kernel counts: another process may have the number later. And `still`, which prints
# those of $OLD that run after a while, with their program.
tree() {
  local roots sees_all=
  ! cat /proc/1/stat > /dev/null 2>&1 || sees_all=yes
  roots=$(grep -oE '("pid": ?|^MainPID=|^Processes=)[0-9 ]+' | grep -oE '[0-9]+$|[0-9]+ ' | tr '\n' ' ') || true
  each_process | awk -v roots="$roots" -v sees_all="$sees_all" '
    { above[$1] = $2; began[$1] = $3 }
    END {
      for (n = split(roots, root, " "); n > 0; n--) if (root[n] > 0) ours[root[n]] = 1
      do { more = 0; for (pid in above) if (!(pid in ours) && (above[pid] in ours)) ours[pid] = more = 1 } while (more)
      for (pid in ours) if (pid in began && count++ < 500) printf "%s%s:%s", (count > 1 ? " " : ""), pid, began[pid]
      for (pid in ours) if (!sees_all && !(pid in began)) hidden = 1
      if (hidden) printf "%shidden", (count ? " " : "")
    }'
}
# the number, the parent and the start of each; a process that ends meanwhile is left out, and so is one that is dead
each_process() {
  { cat /proc/[0-9]*/stat 2> /dev/null || true; } |
    sed -nE 's/^([0-9]+) \(.*\) ([A-Z] .*)$/\1 \2/p' | awk '$2 != "Z" && $2 != "X" { print $1, $3, $21 }'
}
still() {
  local left='' tries
  for tries in 1 2 3 4 5 6; do
    left=$(each_process | awk -v old="$OLD" '
      BEGIN { n = split(old, one, " "); while (n > 0) was[one[n--]] = 1 } ($1 ":" $3) in was { print $1 }')
    [ -n "$left" ] && [ "$tries" -lt 6 ] || break
    sleep 1
  done
  for left in $left; do printf 'still=%s %s\n' "$left" "$(cat "/proc/$left/comm" 2> /dev/null || true)"; done
}
