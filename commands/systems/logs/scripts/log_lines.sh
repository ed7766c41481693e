# What a log got since a mark ("size:inode:hash of its first bytes:seconds", or a size alone), and its lines of trouble.
# What was rotated away meanwhile is read first: by a rename (logrotate), or copied and emptied (copytruncate, pm2-logrotate).
whole() { case $1 in *.gz) gzip -cd -- "$1" ;; *) cat -- "$1" ;; esac; }
begins() { [ "$(whole "$1" 2> /dev/null | head -c $((size < 65536 ? size : 65536)) | sha256sum | cut -c 1-16)" = "$head" ]; }
same_inode() { [ "$(stat -L -c %i -- "$1")" = "$inode" ]; }
# written since, and made since where the file system knows: a log that a process of before still ends in is of before
newer() {
  local born
  born=$(stat -L -c %W -- "$1")
  [[ ! $born =~ ^[1-9] ]] || [ "$born" -ge "${at%.*}" ] || return 1
  [ -n "$(find "$1" -prune -newermt "@$at")" ]
}
# whether the log is still the one of then, and holds all that it held
stands() {
  [ -e "$1" ] && [ "$(stat -L -c %s -- "$1")" -ge "$size" ] || return 1
  { [ -z "$inode" ] || same_inode "$1"; } && { [ -z "$head" ] || begins "$1"; }
}
# the names that logrotate and pm2-logrotate give, the oldest first
beside() {
  ls -1tr -- "$1"[.-][0-9]* "${1%.log}"__[0-9]* "${1%.log}"-[12][0-9][0-9][0-9]*.log* 2> /dev/null | awk '!seen[$0]++' || true
}
new_lines() {
  local file=$1 size inode head at from=0 moved= one n parts=()
  IFS=: read -r size inode head at <<< "$2"
  if stands "$file"; then from=$size; elif [ "$size" -gt 0 ]; then moved=lost; fi
  # one that was empty then looks the same after it was copied and emptied: only what lies beside it tells
  if [ "$from" = 0 ] && [ -n "$at" ]; then
    while IFS= read -r one; do
      if same_inode "$one"; then parts+=("$size" "$one"); moved=read
      elif [ "$size" -gt 0 ] && begins "$one"; then moved=read; ! newer "$one" || parts+=("$size" "$one")
      elif newer "$one"; then parts+=(0 "$one"); moved=${moved:-read}; fi
    done < <(beside "$file")
  fi
  [ -e "$file" ] || [ ${#parts[@]} -gt 0 ] || { printf 'moved=gone\n'; return 0; }
  {
    for ((n = 0; n < ${#parts[@]}; n += 2)); do whole "${parts[n + 1]}" | tail -c "+$((parts[n] + 1))"; done
    [ ! -e "$file" ] || tail -c "+$((from + 1))" -- "$file"
  } | LC_ALL=C awk "$TROUBLE" | tail -n 101
  printf 'moved=%s\n' "$moved"
}
