# is_rotated FILE LOG: the one list of how rotation names what it takes out of a log: logrotate's numbers (access.log.1), dates
# (access.log-20261129, access.log.2026-11-29) and dates before the end (access-20261129.log), and those of pm2-logrotate
# (out__2026-11-29_00-00-00.log); each perhaps packed.
# rotated_of LOG lists them, newest first; what is being packed right now once, as the file that is whole.
is_rotated() {
  local stem=${2%.log}
  case $1 in "$2"[.-][0-9]* | "$stem"__[0-9]* | "$stem"-[12][0-9][0-9][0-9]*.log*) ;; *) return 1 ;; esac
}
rotated_of() {
  local one
  ls -1td -- "$1"[.-]* "${1%.log}"[_-]* 2> /dev/null | while IFS= read -r one; do
    # those of cronolog are links to the file of the day, which is the log itself
    if is_rotated "$one" "$1" && [ ! "$one" -ef "$1" ]; then printf '%s\n' "$one"; fi
  done | awk '
    !seen[$0]++ { line[++n] = $0 }
    END { for (i = 1; i <= n; i++) { whole = line[i]; sub(/[.][A-Za-z][A-Za-z0-9]*$/, "", whole); if (whole == line[i] || !(whole in seen)) print line[i] } }' || true
}
# whether its text can be read here: plain, or packed by gzip
has_text() {
  [ -r "$1" ] || return 1
  case $1 in *.gz) gzip -l -- "$1" > /dev/null 2>&1 ;; *.log) ;; *) [[ ${1##*[._-]} =~ ^[0-9]+$ ]] ;; esac
}
