# Counts requests in lines "time, method, path, status, seconds, agent" (between tabs): those with the wanted method and
# path that are newer than `from`, by their result. A time is nginx's $time_local, ISO 8601 or seconds since 1970. A time
# without a zone could be any hour, so its line counts as unread.
function days(y, m, d) {
  if (m <= 2) { y--; m += 9 } else m -= 3
  return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m + 2) / 5) + d - 719469
}
function epoch(text,    day, clock, zone) {
  if (text ~ /^[0-9]+(\.[0-9]+)?$/) return int(text)
  if (text ~ /^[0-9][0-9]\/[A-Z][a-z][a-z]\/[0-9][0-9][0-9][0-9]:/) {
    day = days(substr(text, 8, 4) + 0, (index("JanFebMarAprMayJunJulAugSepOctNovDec", substr(text, 4, 3)) + 2) / 3, substr(text, 1, 2) + 0)
    clock = substr(text, 13, 8); zone = substr(text, 22)
  } else if (text ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ]/) {
    day = days(substr(text, 1, 4) + 0, substr(text, 6, 2) + 0, substr(text, 9, 2) + 0)
    clock = substr(text, 12, 8); zone = substr(text, 20); sub(/^[.,][0-9]+/, "", zone)
  }
  if (clock !~ /^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]$/) return -1
  if (zone == "Z") zone = "+0000"
  sub(/^ /, "", zone); sub(/:/, "", zone)
  if (zone !~ /^[+-][0-9][0-9][0-9][0-9]$/) return -1
  zone = (substr(zone, 1, 1) == "-" ? -60 : 60) * (60 * substr(zone, 2, 2) + substr(zone, 4, 2))
  return 86400 * day + 3600 * substr(clock, 1, 2) + 60 * substr(clock, 4, 2) + substr(clock, 7, 2) - zone
}
function sort(n,    gap, i, j, one) {
  for (gap = int(n / 2); gap > 0; gap = int(gap / 2)) for (i = gap + 1; i <= n; i++) {
    one = took[i]
    for (j = i; j > gap && took[j - gap] > one; j -= gap) took[j] = took[j - gap]
    took[j] = one
  }
}
BEGIN { from = ENVIRON["from"] + 0; method = ENVIRON["METHOD"]; where = ENVIRON["WHERE"]; bad = ENVIRON["BAD"]; own_agent = ENVIRON["OWN"] }
{ fits = 0 }
$1 != known { known = $1; at = epoch($1) }
NF < 6 || at < 0 { unread++; untimed = NF >= 6; next }
{ fits = 1; newest = at; if (oldest == "") oldest = at }
at <= from { unread = fresh = 0; next } # unread lines above an old line are old as well
{ fresh++; path = $3; sub(/[?#].*/, "", path) }
$2 != method || path !~ where { next }
own_agent != "" && (index($6, own_agent) == 1 || $6 ~ (" " own_agent "$")) { own++; next } # its browser names it last
$4 ~ bad { failed++ }
# nginx's 499: who asked gave up, so nobody knows what the answer would have been, but it took so long at least
$4 == 499 && $4 !~ bad { given_up++; if ($5 ~ /^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) took[++timed] = $5 + 0; next }
$4 ~ /^4/ && $4 !~ bad { refused++; next }
{ requests++; if ($5 ~ /^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) took[++timed] = $5 + 0 }
END {
  sort(timed); p95 = int(timed * 0.95); if (p95 < timed * 0.95) p95++
  printf "requests=%d\nfailed=%d\nrefused=%d\ngiven_up=%d\nown=%d\nunread=%d\nuntimed=%d\nfresh=%d\nfits=%d\n", requests, failed, refused, given_up, own, unread, untimed, fresh, fits
  if (oldest != "") printf "oldest=%.0f\nnewest=%.0f\n", oldest, newest
  if (timed) printf "p95=%s\n", took[p95]
}
