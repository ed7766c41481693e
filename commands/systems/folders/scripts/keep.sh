# Saves a copy of a folder of the working copy, by commit. A copy with its final name is complete.
cd "$REPOSITORY"
[ -d "$FOLDER" ] || exit 65
mkdir -p "$COPIES"
# what a rollback has replaced, and its note about it
remove "$COPIES/.gone" "$COPIES/.back"-*
# the /. copies the contents of a folder behind a link, and not the link
need=$(du -sk "$FOLDER/." | cut -f 1)
free=$(df -Pk "$COPIES" | awk 'NR == 2 { print $4 }')
printf 'need=%s\nfree=%s\n' "$need" "$free"
[ "$free" -gt $((need + need / 10)) ] || exit 66
kept="$COPIES/$COMMIT"
remove "$COPIES/.part" "$COPIES/.whole-$COMMIT"
fits_files "$FOLDER/." "$COPIES" || exit 68
cp -a --reflink=auto "$FOLDER/." "$COPIES/.part" || { remove "$COPIES/.part"; exit 67; }
remove "$kept"
size_of "$COPIES/.part" > "$COPIES/.whole-$COMMIT"
mv "$COPIES/.part" "$kept"
touch "$kept"
tell_files "$(cat "$COPIES/.whole-$COMMIT")"
# keep the newest copies only; another folder's copies are none of them
ls -1t "$COPIES" | tail -n "+$((KEEP + 1))" | while IFS= read -r old; do remove "${COPIES:?}/$old" "$COPIES/.whole-$old"; done
# versions up to 0.6 named their copies otherwise
ls -1 "$STORE" | while IFS= read -r old; do
  commit=${old#"$OLD_NAME-"}
  [ "$commit" = "$old" ] || [[ ! $commit =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] || remove "${STORE:?}/$old"
done
