# Puts a kept folder in its place by two renames; what is kept stays kept, so that it can be done again.
cd "$REPOSITORY"
kept="$STORE/$NAME-$COMMIT"
[ -d "$kept" ] || exit 65
rm -rf "$FOLDER.next" "$FOLDER.gone"
cp -a --reflink=auto "$kept" "$FOLDER.next" || { rm -rf "$FOLDER.next"; exit 67; }
[ ! -e "$FOLDER" ] || mv -T "$FOLDER" "$FOLDER.gone"
mv -T "$FOLDER.next" "$FOLDER"
rm -rf "$FOLDER.gone"
printf 'files=%s\n' "$(find "$FOLDER" ! -type d | wc -l)"
