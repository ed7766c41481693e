# The lines with errors that a log got since a mark ("size:inode:hash of its first bytes:seconds", or a size alone).
# Rotated files are read first, whether they were renamed (logrotate) or copied and emptied (copytruncate, pm2-logrotate).
# A log that was emptied while its program writes on where it was begins with zero bytes, behind which some awks see nothing.
text() { LC_ALL=C tr -d '\000'; }
whole() { case $1 in *.gz) gzip -cd -- "$1" ;; *) cat -- "$1" ;; esac; }
begins() { [ "$(whole "$1" 2> /dev/null | head -c $((size < 65536 ? size : 65536)) | sha256sum | cut -c 1-16)" = "$head" ]; }
same_inode() { [ "$(stat -L -c %i -- "$1")" = "$inode" ]; }
# made_since FILE -ge|-gt: whether the file was made in the second of the mark or later; or only later. False where the file
# system does not know. An inode that was free is given to a new file at once.
made_since() {
  local born
  born=$(stat -L -c %W -- "$1")
  [ -n "$at" ] && [[ $born =~ ^[1-9] ]] && [ "$born" "$2" "${at%.*}" ]
}
is_of_mark() { same_inode "$1" && ! made_since "$1" -gt; }
# found_by_inode FILE: where it is now that was the log, under whatever name, beside it or one folder below
found_by_inode() {
  local one
  find "$(dirname -- "$(readlink -f -- "$1")")" -xdev -maxdepth 2 -type f -inum "$inode" 2> /dev/null | while IFS= read -r one; do
    if [ ! "$one" -ef "$1" ] && ! made_since "$one" -gt && { [ "$size" = 0 ] || begins "$one"; }; then printf '%s\n' "$one"; fi
  done || true
}
# Written after the mark, and created after it where the file system knows that: an old process may still write to an
# old log.
newer() {
  local born
  born=$(stat -L -c %W -- "$1")
  [[ ! $born =~ ^[1-9] ]] || [ "$born" -ge "${at%.*}" ] || return 1
  [ -n "$(find "$1" -prune -newermt "@$at")" ]
}
# whether the log is still the same file, with all that it held at the mark
stands() {
  [ -e "$1" ] && [ "$(stat -L -c %s -- "$1")" -ge "$size" ] || return 1
  { [ -z "$inode" ] || is_of_mark "$1"; } && { [ -z "$head" ] || begins "$1"; }
}
new_lines() {
  local file=$1 size inode head at from=0 moved= held= other= from_other= one n parts=()
  # a device such as /dev/null keeps nothing: an empty answer from it says nothing about errors
  if [ -e "$file" ] && [ ! -f "$file" ]; then printf 'moved=device %s\n' "$file"; return 0; fi
  if [ -e "$file" ] && [ ! -r "$file" ]; then printf 'moved=closed %s\n' "$file"; return 0; fi
  IFS=: read -r size inode head at <<< "$2"
  if stands "$file"; then
    from=$size
    [ "$(stat -L -c %s -- "$file")" -gt "$size" ] || other=$(written_elsewhere "$file")
  else
    [ "$size" = 0 ] && [ -z "$inode" ] || moved="lost $file"
    # the file of the mark, where it has no name any more
    [ -z "$inode" ] || is_of_mark "$file" 2> /dev/null || from_other=yes
    [ -z "$inode" ] || held=$(held_by "$file")
    [ -z "$held" ] || parts=("$size" "$held")
  fi
  # a log that was empty at the mark looks the same after it was copied and emptied: only its rotated files tell
  if [ "$from" = 0 ] && [ -n "$at" ]; then
    while IFS= read -r one; do
      if [ -n "$held" ] && { ! has_text "$one" "$file" || repeats "$one" "$held"; }; then continue; fi
      if [ "$size" = 0 ] && made_since "$one" -ge; then moved=${moved##lost *}; fi # it has all that came since the mark
      if [ ! -r "$one" ]; then { ! is_of_mark "$one" && ! newer "$one"; } || printf 'moved=closed %s\n' "$one"
      elif is_of_mark "$one"; then parts+=("$size" "$one"); moved=read from_other=
      elif ! has_text "$one" "$file"; then ! newer "$one" || printf 'moved=packed %s\n' "$one"
      elif [ "$size" -gt 0 ] && begins "$one"; then moved=read; ! newer "$one" || parts+=("$size" "$one")
      elif newer "$one"; then parts+=(0 "$one"); moved=${moved:-read}; fi
    done < <({ rotated_of "$file"; [ -z "$inode" ] || [ -z "$moved" ] || found_by_inode "$file"; } | awk '!seen[$0]++' | tac)
  fi
  [ -e "$file" ] || [ ${#parts[@]} -gt 0 ] || { printf 'moved=gone %s\n' "$file"; return 0; }
  {
    for ((n = 0; n < ${#parts[@]}; n += 2)); do whole "${parts[n + 1]}" | tail -c "+$((parts[n] + 1))"; done
    [ ! -e "$file" ] || tail -c "+$((from + 1))" -- "$file"
  } | text | LC_ALL=C awk "$TROUBLE" | tail -n 101
  if [ -n "$held" ]; then moved="held $(cut -d / -f 3 <<< "$held")"
  elif [ -n "$other" ]; then moved="elsewhere $other"
  elif [ -n "$from_other" ] && [ "$EUID" != 0 ] && [ ! -O "$file" ]; then echo unseen=yes; fi
  printf 'moved=%s\n' "$moved"
}
# The same for several logs: absolute paths with ":" between two, and their marks with "," between two.
each_log() {
  local files marks n
  mapfile -t files <<< "${1//:\//$'\n/'}"
  IFS=, read -ra marks <<< "$2"
  for ((n = 0; n < ${#files[@]}; n++)); do new_lines "${files[n]}" "${marks[n]:-${marks[0]:-0}}"; done
}
