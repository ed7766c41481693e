# The one list of how rotation names what it takes out of a log, newest first: logrotate's numbers (access.log.1), dates
# (access.log-20261129, access.log.2026-11-29) and dates before the end (access-20261129.log), and those of pm2-logrotate
# (out__2026-11-29_00-00-00.log); each perhaps packed. What is being packed right now is listed once, as the file that is whole.
rotated_of() {
  local stem=${1%.log}
  ls -1td -- "$1"[.-][0-9]* "$stem"__[0-9]* "$stem"-[12][0-9][0-9][0-9]*.log* 2> /dev/null | awk '
    !seen[$0]++ { line[++n] = $0 }
    END { for (i = 1; i <= n; i++) { whole = line[i]; sub(/[.][A-Za-z][A-Za-z0-9]*$/, "", whole); if (whole == line[i] || !(whole in seen)) print line[i] } }' || true
}
# whether its text can be read here: plain, or packed by gzip
has_text() {
  [ -r "$1" ] || return 1
  case $1 in *.gz) gzip -l -- "$1" > /dev/null 2>&1 ;; *.log) ;; *) [[ ${1##*[._-]} =~ ^[0-9]+$ ]] ;; esac
}
