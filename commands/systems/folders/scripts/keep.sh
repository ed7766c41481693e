# Saves a copy of a folder of the working copy, by commit. A copy with its final name is complete.
cd "$REPOSITORY"
[ -d "$FOLDER" ] || exit 65
mkdir -p "$STORE"
# what a rollback has replaced, and its note about it
rm -rf "$STORE/.gone-$NAME" "$STORE/.back-$NAME"-*
# the /. copies the contents of a folder behind a link, and not the link
need=$(du -sk "$FOLDER/." | cut -f 1)
free=$(df -Pk "$STORE" | awk 'NR == 2 { print $4 }')
printf 'need=%s\nfree=%s\n' "$need" "$free"
[ "$free" -gt $((need + need / 10)) ] || exit 66
kept="$STORE/$NAME-$COMMIT"
rm -rf "$kept.part"
fits_files "$FOLDER/." "$STORE" || exit 68
cp -a --reflink=auto "$FOLDER/." "$kept.part" || { rm -rf "$kept.part"; exit 67; }
rm -rf "$kept"
mv "$kept.part" "$kept"
touch "$kept"
files=$(find "$kept" ! -type d | wc -l)
printf 'files=%s\n' "$files"
# keep the newest copies only
ls -1dt "$STORE/$NAME"-* | tail -n "+$((KEEP + 1))" | while IFS= read -r old; do rm -rf "$old"; done
