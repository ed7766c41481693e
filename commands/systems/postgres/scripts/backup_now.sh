# Reads every file of an archive again, and compares it with the checksums that were made with it. Changes nothing.
cd "$FOLDER"
[ "$(sha256sum < "$FILE.sha256" | cut -d ' ' -f 1)" = "$SHA256" ] || exit 67
[ -d "$FILE" ] || exit 69
printf 'reading %s files, %s kB\n' "$(wc -l < "$FILE.sha256")" "$(du -sk "$FILE" | cut -f 1)"
# each file is reported as soon as it was read
lines=; if command -v stdbuf > /dev/null; then lines='stdbuf -oL'; fi
(cd "$FILE" && LC_ALL=C $lines sha256sum -c -) < "$FILE.sha256" || exit 68
