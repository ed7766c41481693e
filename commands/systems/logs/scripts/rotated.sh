# is_rotated FILE LOG: the one list of how rotation names what it takes out of a log: logrotate's numbers (access.log.1, and with its
# `extension` access.1.log), dates behind the end (access.log-20261129, access.log.2026-11-29) or before it (access-20261129.log,
# access.2026-11-29.0.log, access-29-11-2026.log), and those of pm2-logrotate (out__2026-11-29_00-00-00.log); each perhaps packed.
# rotated_of LOG lists them, newest first; what is being packed right now once, as the file that is whole.
dated='^(__?|[.-])((19|20)[0-9][0-9][._-]?[01][0-9]|[0-3]?[0-9][._-]?[0-3]?[0-9][._-]?(19|20)[0-9][0-9])|^__[0-9]|^[.][0-9][0-9]?[0-9]?[.]'
# sets $stem and $end of the caller, such as "access" and ".log"; no process, because a folder may have thousands of files
split_name() { stem=$1 end=; [[ ${1##*/} != ?*.* ]] || { stem=${1%.*} end=.${1##*.}; }; }
is_rotated() {
  local stem end
  case $1 in "$2"[._-][0-9]*) return 0 ;; esac
  split_name "$2"
  [ -n "$end" ] && [[ $1 = "$stem"*"$end"* && ${1#"$stem"} =~ $dated ]]
}
rotated_of() {
  local one stem end
  split_name "$1"
  ls -1td -- "$1"[._-]* "$stem"[._-]* 2> /dev/null | while IFS= read -r one; do
    # those of cronolog are links to the file of the day, which is the log itself
    if is_rotated "$one" "$1" && [ ! "$one" -ef "$1" ]; then printf '%s\n' "$one"; fi
  done | awk '
    !seen[$0]++ { line[++n] = $0 }
    END { for (i = 1; i <= n; i++) { whole = line[i]; sub(/[.][A-Za-z][A-Za-z0-9]*$/, "", whole); if (whole == line[i] || !(whole in seen)) print line[i] } }' || true
}
# has_text FILE LOG: whether its text can be read here: plain, or packed by gzip
has_text() {
  local stem end
  split_name "$2"
  [ -r "$1" ] || return 1
  case $1 in *.gz) gzip -l -- "$1" > /dev/null 2>&1 ;; *) [[ ! $1 =~ [.][A-Za-z][A-Za-z0-9]*$ || $BASH_REMATCH = "$end" ]] ;; esac
}
