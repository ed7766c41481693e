# Defines `hidden`, which prints for each name in $IMAGES, with the image of before, what `hidden_by_volumes` does, for `remark`.
# After $HIDDEN_WITHIN seconds it prints only "unread" and the folder of each volume that was not compared.
hidden() {
  local name image id project until=$((SECONDS + HIDDEN_WITHIN))
  while IFS=$'\t' read -r name image; do
    read -r id project <<< "$(NAMES=$name found | awk -F '\t' '$1 == "container" { print $3, $5 }')"
    [ -z "$id" ] || [ "$project" = - ] || hidden_by_volumes "$image" "$id" | sed 's/^/remark=/' || true
  done <<< "$IMAGES"
}
# `hidden_by_volumes OLD ID`: files of the image of container ID that nobody sees there, because docker fills a named
# volume from the first image only and never again. For each such volume "volume", its folder, its name, the first such file and
# how many there are, with tabs between. OLD is the image of before: a file counts if the volume has that one's, or lacks a new one;
# what the application has written there does not. Of the files that may differ, by size and time, the first 20 are compared.
hidden_by_volumes() {
  local mounts old new folder volume said
  mounts=$(named_volumes "$2")
  [ -n "$mounts" ] || return 0
  new=$(image_files "$(image_of "$2")") || return 0
  old=$(image_files "$1") || old=
  while IFS=$'\t' read -r volume folder; do
    said=$(hidden_files "$old" "$new" "$2" "$folder" | awk -v folder="$folder" -v volume="$volume" '
      first == "" { first = $0 } END { if (NR) print "volume\t" folder "\t" volume "\t" first "\t" NR }') || said=
    # what was cut short by then may have lacked anything
    [ "$SECONDS" -lt "$until" ] || said=$(printf 'unread\t%s' "$folder")
    [ -z "$said" ] || printf '%s\n' "$said"
  done <<< "$mounts"
  # shellcheck disable=SC2086  # one or two
  $SUDO docker rm --force --volumes $new $old > /dev/null
}
named_volumes() {
  $SUDO docker inspect --type container --format '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}	{{println .Destination}}{{end}}{{end}}' -- "$1" |
    awk -F '\t' 'NF == 2 && !(length($1) == 64 && $1 !~ /[^0-9a-f]/)'
}
# a container of an image that never runs, from which its files can be read
image_files() { $SUDO docker create --network none --label gonogo=files -- "$1" true 2> /dev/null; }
hidden_files() {
  local name
  awk -F '\t' 'FILENAME == ARGV[1] { old[$2] = $1; next } old[$2] != $1 && ++n <= 20 { print $2 }' <([ -z "$1" ] || files_in "$1" "$4") <(files_in "$2" "$4") |
    while [ "$SECONDS" -lt "$until" ] && IFS= read -r name; do
      if has_file "$1" "$4" "$name"; then
        same_file "$2" "$1" "$4" "$name" || ! same_file "$3" "$1" "$4" "$name" || printf '%s\n' "$name"
      else has_file "$3" "$4" "$name" || printf '%s\n' "$name"; fi
    done
}
# files_in CONTAINER FOLDER: size, date and time of each file, a tab and its name in the folder
files_in() {
  copy_out "$1:$2" 2> /dev/null | TZ=UTC tar -tvf - 2> /dev/null |
    sed -nE 's/^-[^ ]+ +[^ ]+ +([0-9]+ [0-9-]+ [0-9:]+) [^/]*\/(.+)$/\1\t\2/p' || true
}
# as a tar, for as long as there is time
copy_out() { [ "$SECONDS" -ge "$until" ] || timeout $((until - SECONDS)) $SUDO docker cp "$1" -; }
file_of() { copy_out "$1:$2/$3" 2> /dev/null | tar -xOf - 2> /dev/null; }
has_file() { [ -n "$1" ] && file_of "$@" > /dev/null; }
same_file() { cmp -s <(file_of "$1" "$3" "$4") <(file_of "$2" "$3" "$4"); }
