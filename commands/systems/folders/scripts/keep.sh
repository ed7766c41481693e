# Keeps a folder of a working copy beside it, by commit; what is kept is whole, or not there under its name.
cd "$REPOSITORY"
[ -d "$FOLDER" ] || exit 65
mkdir -p "$STORE"
# what a rollback took away, and its word for it
rm -rf "$STORE/.gone-$NAME" "$STORE/.back-$NAME"-*
# with the /. a folder behind a link is kept with what is in it, not as the link
need=$(du -sk "$FOLDER/." | cut -f 1)
free=$(df -Pk "$STORE" | awk 'NR == 2 { print $4 }')
printf 'need=%s\nfree=%s\n' "$need" "$free"
[ "$free" -gt $((need + need / 10)) ] || exit 66
kept="$STORE/$NAME-$COMMIT"
rm -rf "$kept.part"
cp -a --reflink=auto "$FOLDER/." "$kept.part" || { rm -rf "$kept.part"; exit 67; }
rm -rf "$kept"
mv "$kept.part" "$kept"
touch "$kept"
files=$(find "$kept" ! -type d | wc -l)
printf 'files=%s\n' "$files"
# the newest stay
ls -1dt "$STORE/$NAME"-* | tail -n "+$((KEEP + 1))" | while IFS= read -r old; do rm -rf "$old"; done
