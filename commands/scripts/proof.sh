# Proves a backup: restores it beside the scratch address, and compares the rows of every table with those that the dump saw.
export LC_ALL=C.UTF-8
cd "$FOLDER"
sha256sum --quiet -c - <<< "$SHA256  $FILE" || exit 68
tidy() { drop_copy; rm -f "$FILE.said" "$FILE.restored"; }
trap tidy EXIT
fits
restore "gonogo_proof_$(printf '%s' "$FILE" | sha256sum | cut -c 1-16)" "$FILE"
copy=$made scratch psql -XqAt -v ON_ERROR_STOP=1 <<< "$COUNTS" | sort > "$FILE.restored"
sort "$FILE.counts" | diff - "$FILE.restored" || exit 76
printf 'proof_tables=%s\nproof_rows=%s\n' "$(wc -l < "$FILE.restored")" "$(awk -F '\t' '{ n += $NF } END { print n + 0 }' "$FILE.restored")"
